/** A scenario as a table in the terminal: a row a side, a bar for the share of the limit. */
import { styleText } from 'node:util';
import Table from 'cli-table3';
import { decimal, duration, multiple, percent, remarks } from './format.mjs';

const BAR = 8;
/** Terminals that do not say how wide they are. */
const COLUMNS = 100;
/** What a name and its limit take, and a figure beside them. */
const NAME_COLUMNS = 20;
const FIGURE_COLUMNS = 26;

/** Borderless: the columns are all there is to see. */
const chars = Object.fromEntries(
  ['top', 'bottom', 'left', 'right', 'mid']
    .flatMap((side) => [side, `${side}-mid`, `${side}-left`, `${side}-right`])
    .concat('left-mid', 'mid-mid', 'right-mid')
    .map((name) => [name, '']),
);

const colour = (format, text) => styleText(format, text, { stream: process.stdout });
const limitNames = { 'GFLOP/s': 'ceiling', 'GB/s': 'read' };

/** Lines of text. */
export function scenarioTable(scenario) {
  const { title, unit, figures } = scenario;
  const fitting = Math.max(1, Math.floor(((process.stdout.columns ?? COLUMNS) - NAME_COLUMNS) / FIGURE_COLUMNS));
  const lines = [`${colour('bold', title)}, ${unit}`];
  for (let first = 0; first < figures.length; first += fitting)
    lines.push(table(scenario, figures.slice(first, first + fitting), first));
  for (const remark of remarks(scenario)) lines.push(`  ${remark}`);
  return lines.join('\n');
}

/** The figures from the `first` on, as many as there is room for. */
function table({ unit, rows }, figures, first) {
  const output = new Table({
    head: ['', ...figures.map(({ name }) => name), limitNames[unit]],
    style: { head: [], border: [], 'padding-left': 2, 'padding-right': 0 },
    chars: { ...chars, middle: '' },
    colAligns: ['left', ...figures.map(() => 'left'), 'right'],
  });
  for (const { name, cells, limit } of rows)
    if (cells) output.push([name, ...figures.map((figure, i) => figureText(figure, cells[first + i])), decimal(limit)]);
  return output.toString();
}

function figureText({ timed }, { best, rate, share, multiple: times }) {
  const speed = decimal(rate).padStart(5);
  const filled = Math.min(BAR, Math.round(BAR * share));
  const bar = colour('cyan', '█'.repeat(filled)) + colour('dim', '·'.repeat(BAR - filled));
  const time = timed ? `${duration(best).padStart(8)}  ` : '';
  return `${time}${speed} ${colour('bold', multiple(times).padStart(4))} ${bar} ${percent(share).padStart(4)}`;
}
