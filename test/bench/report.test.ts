/** The report of a benchmark is one file that stands alone, and says what did not run. */
import { describe, expect, it } from 'vitest';

// JavaScript without types.
const report = '../../bench/report';
const { pageOf } = await import(`${report}/page.mjs`);
const { scenarioTable } = await import(`${report}/table.mjs`);

const cell = (best: number, multiple: number | null) => ({
  best,
  median: 2 * best,
  rate: 10 / best,
  share: 0.5,
  multiple,
  samples: [best, 3 * best],
});
const scenario = {
  title: 'a step of <4>',
  section: 'Training steps',
  unit: 'GFLOP/s',
  figures: [{ name: 'step', work: 1e7, timed: true }],
  rows: [
    { name: 'plain JS', tier: 'plain', threads: 1, limit: 14, cells: [cell(4, 1)] },
    { name: 'wide', tier: 'wide', threads: 1, limit: 118, cells: [cell(0.5, 8)] },
    { name: 'wide x2', tier: 'wide', threads: 2, limit: 236, cells: [cell(0.25, 16)] },
    { name: 'scalar', tier: 'scalar', threads: 1, note: 'left out: too slow' },
  ],
};
const result = {
  date: '2026-01-02T03:04:05.678Z',
  machine: { cpu: 'A & B', cores: 2, memoryGiB: 8, system: 'Linux' },
  versions: { node: '26.0.0', v8: '14', lanegrad: '0.1.0', tinybench: '6' },
  method: 'The best of many.',
  missing: [{ name: 'relaxed', reason: 'tier: not supported here' }],
  scenarios: [scenario],
};

/** Names of tags that are opened and not closed, or the other way round. */
function unbalanced(html: string): string[] {
  const open: string[] = [];
  for (const [, slash, name, rest] of html.matchAll(/<(\/?)([a-z][\w-]*)((?:"[^"]*"|[^">])*)>/gi)) {
    if (slash && open.pop() !== name) return [`</${name}>`];
    if (!slash && !rest.endsWith('/') && !['meta', 'br'].includes(name)) open.push(name);
  }
  return open;
}

describe('the page', () => {
  const html: string = pageOf(result);

  it('is well-formed and needs nothing from elsewhere', () => {
    expect(html).toMatch(/^<!doctype html>/);
    expect(unbalanced(html)).toEqual([]);
    expect(html).not.toMatch(/{{|undefined|NaN|<script|(src|href)="(?!#)/);
  });

  it('shows figures as charts and in a table', () => {
    expect(html.match(/<svg /g)).toHaveLength(4); // the overview and the scenario, for wide and for narrow pages
    for (const text of ['A &amp; B', '250 µs', '16x', '50%']) expect(html).toContain(text);
  });

  it('says what did not run, and how threads scale', () => {
    expect(html).toContain('relaxed did not run. tier: not supported here.');
    expect(html).toContain('scalar: left out: too slow');
    expect(html).toContain('2 threads of wide against one: 2.00 times as fast');
  });
});

it('has a row for each side in the terminal', () => {
  const text: string = scenarioTable(scenario);
  for (const part of ['plain JS', 'wide x2', '250 µs', '16x', '50%', 'scalar: left out: too slow'])
    expect(text).toContain(part);
});
