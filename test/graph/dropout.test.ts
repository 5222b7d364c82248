/** What dropout leaves out, on every tier, and when that changes. */
import { describe, expect, it } from 'vitest';
import { ValueError } from '../../src/errors.js';
import * as g from '../../src/lanegrad-graph.js';
import { availableTiers } from '../tiers.js';

const FEATURES = 37;
const ROWS = 130;
const SIZE = ROWS * FEATURES;

type Tier = Awaited<ReturnType<typeof availableTiers>>[number];

/** Masks, as dropout of ones makes them; the parameter is there to be trained. */
async function masks(tier: Tier, rate: number, options: g.DropoutOptions = {}) {
  const x = g.input('x', [FEATURES]);
  const kept = g.dropout(x, rate, options);
  const scaled = g.mul(kept, g.parameter('p', [], 1));
  const optimizer = g.sgd({ learningRate: 0.1 });
  const settings = { gradients: ['x'], outputs: [kept], batch: ROWS, optimizer, tier };
  const program = await g.compile(g.sum(scaled), settings);
  const feeds = { x: new Float32Array(SIZE).fill(1) };
  return { program, feeds, mask: () => program.predict(feeds)[0].data.slice() };
}

const differing = (a: Float32Array, b: Float32Array): number => a.filter((value, i) => value !== b[i]).length;

describe.each(await availableTiers())('on %s', (tier) => {
  it.each([0.1, 0.5, 0.9])('leaves out a share of %f and keeps the mean', async (rate) => {
    const { program, mask } = await masks(tier, rate, { seed: 3 });
    const values = mask();
    expect(new Set(values)).toEqual(new Set([0, Math.fround(1 / (1 - Math.fround(rate)))]));
    // Five standard deviations of a binomial share.
    const zeros = values.filter((value) => value === 0).length / SIZE;
    expect(Math.abs(zeros - rate)).toBeLessThan(5 * Math.sqrt((rate * (1 - rate)) / SIZE));
    program.dispose();
  });

  it('gives the bits of plain JavaScript', async () => {
    const options = { seed: 2 ** 45 + 1, stream: 9 };
    const here = await masks(tier, 0.4, options);
    const plain = await masks('js', 0.4, options);
    expect(differing(here.mask(), plain.mask())).toBe(0);
    for (const { program, feeds } of [here, plain]) program.trainStep(feeds);
    expect(differing(here.mask(), plain.mask())).toBe(0);
    for (const { program } of [here, plain]) program.dispose();
  });

  it('leaves out the same in forward and backward, and something else after a step', async () => {
    const { program, feeds, mask } = await masks(tier, 0.5);
    const first = mask();
    program.forward(feeds);
    const gradient = program.backward().get('x') as g.Tensor;
    expect(
      differing(
        gradient.data.map((value) => (value === 0 ? 0 : 2)),
        first,
      ),
    ).toBe(0);
    expect(differing(mask(), first)).toBe(0);
    program.step();
    // Half of all masks of 1/2 differ, give or take five standard deviations.
    expect(Math.abs(differing(mask(), first) / SIZE - 0.5)).toBeLessThan(2.5 / Math.sqrt(SIZE));
    program.dispose();
  });

  it('differs between samples, elements, streams and seeds', async () => {
    const [one, two, three] = await Promise.all([
      masks(tier, 0.5, { seed: 1 }),
      masks(tier, 0.5, { seed: 2 }),
      masks(tier, 0.5, { seed: 1, stream: 1 }),
    ]);
    const mask = one.mask();
    for (const other of [two, three])
      expect(Math.abs(differing(mask, other.mask()) / SIZE - 0.5)).toBeLessThan(2.5 / Math.sqrt(SIZE));
    const rows = Array.from({ length: ROWS }, (_, row) => mask.slice(row * FEATURES, (row + 1) * FEATURES).join());
    expect(new Set(rows).size).toBe(ROWS);
    const columns = Array.from({ length: FEATURES }, (_, f) => mask.filter((_, i) => i % FEATURES === f).join());
    expect(new Set(columns).size).toBe(FEATURES);
    for (const { program } of [one, two, three]) program.dispose();
  });
});

describe('dropout', () => {
  it('of rate 0 is nothing', () => {
    const x = g.input('x');
    expect(g.dropout(x, 0)).toBe(x);
  });

  it.each([-0.1, 1, Number.NaN, 1 - 1e-9])('refuses a rate of %f', (rate) => {
    expect(() => g.dropout(g.input('x'), rate)).toThrow(ValueError);
  });

  it.each([{ seed: -1 }, { seed: 0.5 }, { stream: 2 ** 32 }, { stream: 2 ** 32 - 1 }])('refuses %o', (options) => {
    expect(() => g.dropout(g.input('x'), 0.5, options)).toThrow(ValueError);
  });
});
