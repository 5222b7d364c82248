/** Figures as people read them, in the terminal and on the page. */

/** Three digits or so: 0.85, 9.41, 94.1, 1,204. */
export function decimal(x) {
  if (x >= 1000) return Math.round(x).toLocaleString('en');
  return x.toFixed(x >= 100 ? 0 : x >= 10 ? 1 : 2);
}

/** A time with the unit that suits it. */
export function duration(ms) {
  if (ms >= 1000) return `${decimal(ms / 1000)} s`;
  return ms >= 1 ? `${decimal(ms)} ms` : `${decimal(ms * 1000)} µs`;
}

export const percent = (share) => `${Math.round(100 * share)}%`;

export const multiple = (x) => (x === null ? '' : `${x >= 9.95 ? Math.round(x) : x.toFixed(1)}x`);

/** What a scenario's figures do not show by themselves: what did not run, what plain JavaScript beats, how threads scale. */
export const remarks = (scenario) => [
  ...scenario.rows.filter(({ note }) => note).map(({ name, note }) => `${name}: ${note}`),
  ...losses(scenario),
  ...scaling(scenario),
];

/** For each figure the sides that are slower than plain JavaScript. */
function losses({ figures, rows }) {
  return figures.flatMap(({ name }, i) => {
    const slower = rows.filter(({ cells }) => cells && cells[i].multiple !== null && cells[i].multiple < 1);
    return slower.length === 0 ? [] : [`${name}: plain JS is faster than ${slower.map((row) => row.name).join(', ')}`];
  });
}

/** A clause for each row that has several threads. */
function scaling({ figures, rows }) {
  const single = new Map(rows.filter(({ threads, cells }) => threads === 1 && cells).map((row) => [row.tier, row]));
  return rows
    .filter(({ threads, tier, cells }) => threads > 1 && cells && single.has(tier))
    .map(({ tier, threads, cells }) => {
      const factors = cells.map(({ best }, i) => (single.get(tier).cells[i].best / best).toFixed(2));
      const named = figures.length === 1 ? factors : figures.map(({ name }, i) => `${name} ${factors[i]}`);
      return `${threads} threads of ${tier} against one: ${named.join(', ')} times as fast`;
    });
}
