/** What was measured, as tables in the terminal. */
import { styleText } from 'node:util';
import Table from 'cli-table3';
import { summary } from '../measure.mjs';
import { decimal, duration } from '../report/format.mjs';
import { OURS } from './sides.mjs';

/** Faster or slower by less than this is neither: two runs of one program differ as much. */
const EVEN = 0.03;
const HEAD = ['', 'best', 'median', 'GFLOP/s', 'lanegrad is', 'agrees to', 'samples'];

/** Colours are ours alone, as the library's do not ask whether there is a terminal; and no lines between rows. */
const STYLE = {
  style: { head: [], border: [] },
  chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
};

const colour = (format, text) => styleText(format, text, { stream: process.stdout });

/** How many times as fast as this row we are, by the best samples. */
export function ratioOf(row, rows) {
  const ours = rows.find(({ name }) => name === OURS);
  return row === ours || !row.samples?.length || !ours.samples?.length
    ? null
    : summary(row.samples).best / summary(ours.samples).best;
}

/** Lines of text: a row a side, fastest first, and below them those that cannot do this. */
export function jobTable({ title, unit, flops, tolerance }, threads, rows) {
  const table = new Table({
    head: HEAD.map((text, i) => (i === 1 ? `${text} ${unit}` : text)),
    colAligns: HEAD.map((_, i) => (i === 0 ? 'left' : 'right')),
    ...STYLE,
  });
  const measured = rows.filter(({ unable }) => !unable);
  measured.sort((a, b) => summary(a.samples).best - summary(b.samples).best);
  for (const row of measured) {
    const { best, median } = summary(row.samples);
    table.push([
      row.name === OURS ? colour('bold', row.name) : row.name,
      duration(best),
      duration(median),
      decimal(flops / best / 1e6),
      ratioText(ratioOf(row, rows)),
      agreementText(row, rows, tolerance),
      row.cold ? 'the first call' : row.samples.length,
    ]);
  }
  const others = rows.filter(({ unable }) => unable).map(({ name, unable }) => `  ${name}: ${unable}`);
  const heading = `${colour('bold', title)}, ${threads === 1 ? '1 thread' : `${threads} threads`}`;
  return [heading, table.toString(), ...others].join('\n');
}

function ratioText(ratio) {
  if (ratio === null) return '';
  const text = `${decimal(ratio)}x as fast`;
  if (Math.abs(ratio - 1) < EVEN) return text;
  return ratio > 1 ? colour('green', text) : colour('red', `loses, ${text}`);
}

/** The largest relative difference from our own losses, or from what we predict. */
function agreementText(row, rows, tolerance) {
  const ours = rows.find(({ name }) => name === OURS);
  if (row === ours || tolerance === undefined) return '';
  if (!row.check.length || !ours.check?.length) return 'not compared';
  const compared = row.check.slice(0, ours.check.length);
  const difference = Math.max(...compared.map((value, i) => Math.abs(value / ours.check[i] - 1)));
  if (difference <= tolerance) {
    const share = compared.length < ours.check.length ? ` (${compared.length} of ${ours.check.length})` : '';
    return difference.toExponential(0) + share;
  }
  return colour(
    'yellow',
    `differs: ${compared.at(-1).toPrecision(4)}, not ${ours.check[compared.length - 1].toPrecision(4)}`,
  );
}

/** Who took part with what, and what speaks against taking their figures for their best. */
export function aboutTable(results) {
  const lines = new Map();
  for (const { threads, rows } of results)
    for (const { name, version, about, warning } of rows) {
      if (!about) continue;
      lines.set(`${name} ${threads}`, `  ${[name, version].filter(Boolean).join(' ')}, ${about}, threads: ${threads}`);
      if (warning) lines.set(`${name} ${threads} !`, `  ${colour('yellow', `warning: ${name}: ${warning}`)}`);
    }
  return [colour('bold', 'Who was run'), ...lines.values()].join('\n');
}

/** Our speed as multiples of each rival's, all jobs at a glance. */
export function overview(results, names) {
  const rivals = names.filter((name) => name !== OURS);
  const table = new Table({
    head: ['lanegrad is, times as fast as', ...rivals],
    colAligns: ['left', ...rivals.map(() => 'right')],
    ...STYLE,
  });
  for (const { job, threads, rows } of results)
    table.push([
      `${job.name}, ${threads === 1 ? '1 thread' : `${threads} threads`}`,
      ...rivals.map((name) => {
        const ratio = ratioOf(
          rows.find((row) => row.name === name),
          rows,
        );
        return ratio === null ? '' : colour(ratio < 1 - EVEN ? 'red' : 'reset', decimal(ratio));
      }),
    ]);
  return table.toString();
}
