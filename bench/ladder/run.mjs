/** Runs a scenario on all sides in alternation, and makes plain data of it. */
import { alternate, summary } from '../measure.mjs';
import { PLAIN } from './sides.mjs';

/** Five digits are more than any clock is good for. */
const rounded = (x) => Number(x.toPrecision(5));

/** Work a millisecond, in units of 10^9 a second. */
const rateOf = (work, ms) => work / ms / 1e6;

/** What a run has learnt so far: the best rate of each side's products, and of each limit. */
export const emptyRecords = () => ({ fastest: new Map(), limits: new Map() });

const raise = (map, key, rate) => map.set(key, Math.max(map.get(key) ?? 0, rate));

/** Measures a limit of all sides by itself, so that the first scenarios are held against the same as the last. */
export function findLimits(limit, sides, effort, records) {
  const bounds = boundsOf(limit, sides, sides);
  const samples = alternate(
    bounds.map(({ run }) => run),
    { ...effort, sliceMs: 4 * effort.sliceMs },
  );
  return recordBounds(bounds, samples, records);
}

/**
 * `{ title, section, unit, figures, bounds, rows }`. A row is a side, with its `limit` and a cell for each figure: the
 * best and the median call in milliseconds, the best as a rate, its share of the limit, how many times as fast as plain
 * JavaScript it is, and all samples. A row without cells has a `note` that says why. `bounds` are the limits as measured
 * here; what counts is the best of the run.
 */
export async function runScenario(scenario, sides, effort, records) {
  const { title, section, unit, figures, limit } = scenario;
  const rows = [];
  for (const side of sides)
    if (side.threads === 1 || scenario.threaded) rows.push(await enter(scenario, side, effort, records));
  const running = rows.filter(({ prepared }) => prepared);
  const bounds = boundsOf(
    limit,
    running.map(({ side }) => side),
    sides,
  );
  const runs = [...bounds.map(({ run }) => run), ...running.flatMap(({ prepared }) => prepared.runs)];
  const samples = alternate(runs, effort);
  for (const { prepared } of running) prepared.dispose();

  const measured = recordBounds(bounds, samples.splice(0, bounds.length), records);
  for (const row of running) {
    row.limit = rounded(limit.times(row.side) * records.limits.get(limit.key(row.side)));
    row.cells = figures.map(({ work }) => cell(samples.shift(), work, row.limit));
  }
  const plain = rows.find(({ side, cells }) => side.tier === PLAIN && cells);
  for (const { side, cells } of running)
    for (const [i, figure] of cells.entries()) {
      figure.multiple = plain ? rounded(plain.cells[i].best / figure.best) : null;
      if (unit === 'GFLOP/s') raise(records.fastest, side.name, figure.rate);
    }
  return { title, section, unit, figures, bounds: measured, rows: rows.map(plainRow) };
}

/** The limit made ready, once for all sides that share it. `all` are the rungs of the run, running or not. */
function boundsOf(limit, sides, all) {
  const distinct = new Map(sides.map((side) => [limit.key(side), side]));
  return [...distinct].map(([key, side]) => ({ key, ...limit.prepare(side, all) }));
}

/** Notes the best and gives the memory back; what was measured as plain data. */
function recordBounds(bounds, samples, { limits }) {
  return bounds.map(({ key, work, dispose }, i) => {
    dispose();
    const rate = rateOf(work, summary(samples[i]).best);
    raise(limits, key, rate);
    return { key, rate: rounded(rate), samples: samples[i].map(rounded) };
  });
}

/** The side made ready, or the reason why it is left out. */
async function enter({ unit, figures, prepare }, side, { longestMs }, { fastest }) {
  const foreseen = Math.max(...figures.map(({ work }) => work / fastest.get(side.name) / 1e6));
  if (unit === 'GFLOP/s' && foreseen > longestMs)
    return { side, note: `left out with --quick: a call takes some ${(foreseen / 1000).toFixed(1)} s` };
  try {
    return { side, prepared: await prepare(side) };
  } catch (error) {
    return { side, note: error.message };
  }
}

function cell(samples, work, limit) {
  const { best, median } = summary(samples);
  const rate = rateOf(work, best);
  return {
    best: rounded(best),
    median: rounded(median),
    rate: rounded(rate),
    share: rounded(rate / limit),
    samples: samples.map(rounded),
  };
}

const plainRow = ({ side: { name, tier, threads }, note, limit, cells }) => ({
  name,
  tier,
  threads,
  note,
  limit,
  cells,
});
