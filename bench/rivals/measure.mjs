/** One job at one number of threads: sides get ready one after the other, then take turns, one computing at a time. */
import { setTimeout as sleep } from 'node:timers/promises';
import { summary } from '../measure.mjs';
import { Contestant } from './contestant.mjs';
import { kindOf } from './jobs.mjs';

/** Threads that wait for more work by spinning are given this long to fall asleep before the next side has its turn. */
const SETTLE_MS = 20;
/** What a start, data and weights may take before the first call. */
const START_MS = 15_000;

/**
 * What a run may take: `rounds`, in each of which a side samples for `sliceMs`, at least once, until its samples have
 * taken `budgetMs`. Of calls that take longer than `coldMs` the first is the only sample, and calls that would take
 * longer than `longestMs` are left out.
 */
export const efforts = {
  full: { rounds: 8, sliceMs: 150, budgetMs: 6000, coldMs: 10_000, longestMs: 60_000 },
  quick: { rounds: 3, sliceMs: 60, budgetMs: 1500, coldMs: 6000, longestMs: 5000 },
};

/** Speeds of each side so far, so as to foresee what a call would take. */
export class Speeds {
  #slowest = new Map();

  record(side, threads, job, ms) {
    const key = keyOf(side, threads, kindOf(job));
    this.#slowest.set(key, Math.min(this.#slowest.get(key) ?? Infinity, job.flops / ms));
  }

  /** Milliseconds of a call, or 0 where nothing is known. */
  foresee(side, threads, job) {
    const speed =
      this.#slowest.get(keyOf(side, threads, kindOf(job))) ?? this.#slowest.get(keyOf(side, threads, 'forward'));
    return speed ? job.flops / speed : 0;
  }
}

const keyOf = ({ name }, threads, kind) => `${name}, ${threads}, ${kind}`;

/** A row a side: `{ name, about, warning, check, samples, cold }`, milliseconds a call, or `{ name, unable }`. */
export async function runJob(job, threads, sides, effort, speeds) {
  const entries = [];
  for (const side of sides) entries.push(await enter(job, threads, side, effort, speeds));
  const running = entries.filter(({ contestant }) => contestant);
  for (let round = 0; round < effort.rounds; round++) for (const entry of running) await turn(entry, effort);
  for (const { side, row, contestant } of running) {
    await contestant.end();
    if (!row.unable) speeds.record(side, threads, job, summary(row.samples).best);
  }
  return entries.map(({ row }) => row);
}

/** Makes a side ready; without a `contestant` where it cannot or need not run again. */
async function enter(job, threads, side, { budgetMs, coldMs, longestMs }, speeds) {
  const { name, version } = side;
  const reason = reasonToStay(job, threads, side, longestMs, speeds);
  if (reason) return { row: { name, unable: reason } };
  const contestant = new Contestant(side, threads);
  const question = { prepare: job, patienceMs: budgetMs };
  const { ms, late, ...answer } = await contestant.ask(question, START_MS + longestMs);
  const row = { name, version, samples: [], ...answer };
  if (!row.unable && ms <= coldMs) return { side, row, contestant };
  await contestant.end();
  if (late) speeds.record(side, threads, job, longestMs);
  if (row.unable) return { row };
  speeds.record(side, threads, job, ms);
  return { row: { ...row, cold: true, samples: [ms] } };
}

function reasonToStay(job, threads, side, longestMs, speeds) {
  if (side.missing) return side.missing;
  if (threads > 1 && side.single) return side.single;
  const foreseen = speeds.foresee(side, threads, job);
  return foreseen > longestMs ? `left out: one ${job.unit} would take some ${Math.round(foreseen / 1000)} s` : null;
}

async function turn({ row, contestant }, { sliceMs, budgetMs, longestMs }) {
  const spent = row.samples.reduce((sum, ms) => sum + ms, 0);
  if (row.unable || spent >= budgetMs) return;
  await sleep(SETTLE_MS);
  const { samples, unable } = await contestant.ask({ run: sliceMs }, sliceMs + START_MS + longestMs);
  if (unable) row.unable = unable;
  else row.samples = row.samples.concat(samples);
}
