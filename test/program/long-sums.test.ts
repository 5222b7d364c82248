/** Sums keep their digits however many terms they have; see `assembly/ops/compensate.ts`. */
import { describe, expect, it } from 'vitest';
import type { Node } from '../../src/graph/node.js';
import {
  compile,
  conv2d,
  dense,
  globalAvgPool,
  groupNorm,
  input,
  layerNorm,
  mean,
  meanSquaredError,
  mul,
  parameter,
  sgd,
  sub,
  sum,
} from '../../src/lanegrad-graph.js';
import { Generator } from '../../src/random.js';
import { uniform } from '../numbers.js';
import { availableTiers } from '../tiers.js';
import { poisonMemory } from './poison.js';

poisonMemory();

/** The bound of a sum of terms of one sign: 16 + 2 ulp, and that of the scale. */
const BOUND = 19 * 2 ** -24;
const ROWS = 3;

describe.each(await availableTiers())('on %s', (tier) => {
  async function values(f: Node, feeds: Readonly<Record<string, Float32Array>>): Promise<Float32Array> {
    const program = await compile(mean(f), { batch: ROWS, tier, outputs: [f] });
    const [{ data }] = program.predict(feeds);
    program.dispose();
    return data;
  }

  const [H, C] = [190, 3];
  const image = input('x', [H, H, C]);
  const tenths = new Float32Array(ROWS * H * H * C).fill(0.1);
  const tenth = Math.fround(0.1);
  const positive = uniform(new Generator(1), ROWS * H * H * C, 0, 1);

  it.each<[string, Node, number]>([
    ['sum', sum(image), H * H * C],
    ['mean', mean(image), 1],
    ['sum over axes', sum(image, [0, 1]), H * H],
    ['sum over the last axes', sum(image, [1, 2]), H * C],
    ['globalAvgPool', globalAvgPool(image), 1],
  ])('%s of equal numbers', async (_, f, count) => {
    const want = tenth * count;
    for (const value of await values(f, { x: tenths }))
      if (!(Math.abs(value - want) <= BOUND * want)) expect.fail(`expected ${want}, got ${value}`);
  });

  it.each([1, 15, 16, 17, 31, 33, 4097])('sums of %d numbers of one sign, along an axis and in whole', async (n) => {
    const x = input('x', [n, 2]);
    const feeds = { x: positive.subarray(0, ROWS * n * 2) };
    const terms = (row: number, lane: number) => Array.from({ length: n }, (_, i) => feeds.x[(row * n + i) * 2 + lane]);
    const exact = [0, 1, 2].flatMap((row) => [0, 1].map((lane) => terms(row, lane).reduce((a, b) => a + b)));
    const along = await values(sum(x, 0), feeds);
    const whole = await values(sum(x), feeds);
    exact.forEach((want, i) => {
      expect(Math.abs(along[i] - want) / want).toBeLessThanOrEqual(BOUND);
    });
    whole.forEach((got, row) => {
      const want = exact[2 * row] + exact[2 * row + 1];
      expect(Math.abs(got - want) / want).toBeLessThanOrEqual(BOUND);
    });
  });

  it('an infinite term stays infinite, and NaN comes through', async () => {
    const x = input('x', [100, 2]);
    const feeds = new Float32Array(ROWS * 200).fill(2 ** 127);
    feeds.fill(1, 0, 200);
    const [finite, , infinite] = await values(sum(x, 0), { x: feeds });
    expect(finite).toBe(100);
    expect(infinite).toBe(Number.POSITIVE_INFINITY);
    expect((await values(sum(x), { x: feeds }))[1]).toBe(Number.POSITIVE_INFINITY);
    const difference = sub(sum(x, 0), sum(x, 0));
    expect((await values(sum(difference), { x: feeds }))[1]).toBeNaN();
    const loss = meanSquaredError(x, input('y', [100, 2]));
    const losses = await values(loss, { x: feeds, y: new Float32Array(ROWS * 200) });
    expect([...losses]).toEqual([1, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]);
  });

  it.each([1, 255, 256, 257, 512, 600, 65_535])('the gradient of a value that %d samples share', async (batch) => {
    const f = sum(mul(parameter('p', [3]), input('x', [3])));
    const program = await compile(f, { batch, tier, gradients: ['p'] });
    program.forward({ x: new Float32Array(3 * batch).fill(0.1) });
    const { data } = program.backward().get('p') as { data: Float32Array };
    // Lanes meet in four additions more.
    for (const value of data) expect(Math.abs(value - tenth) / tenth).toBeLessThanOrEqual(BOUND + 4 * 2 ** -24);
    program.dispose();
  });

  it.each([
    ['all', 1],
    ['few', 10],
  ])('a step of SGD over many samples, of numbers that %s are not zero, is rounded once', async (_, every) => {
    const [K, N, batch] = [30, 130, 1040];
    const x = positive.slice(0, K * batch).map((value, i) => (i % every ? 0 : value));
    const f = mean(dense(input('x', [K]), parameter('w', [K, N], new Float32Array(K * N).fill(1))));
    const trained = async (step: (program: Awaited<ReturnType<typeof compile>>) => void) => {
      const program = await compile(f, { batch, tier, optimizer: sgd({ learningRate: 2 ** -11 }) });
      for (let i = 0; i < 3; i++) step(program);
      const { data } = program.parameters().get('w') as { data: Float32Array };
      program.dispose();
      return data;
    };
    const whole = await trained((program) => program.trainStep({ x }));
    const apart = await trained((program) => {
      program.forward({ x });
      program.backward();
      program.step();
    });
    expect(whole.some((w) => w < 1)).toBe(true);
    expect(whole).toEqual(apart);
  });

  it('groupNorm of a large image has mean 0 and variance 1', async () => {
    const x = Float32Array.from({ length: ROWS * H * H * C }, (_, i) => 5 + 0.1 * ((i * 0.618034) % 1));
    const y = await values(groupNorm(image, 1), { x });
    const average = y.reduce((a, b) => a + b, 0) / y.length;
    const variance = y.reduce((a, b) => a + (b - average) ** 2, 0) / y.length;
    expect(Math.abs(average)).toBeLessThan(1e-4);
    // Less than 1 by the epsilon of 1e-5 beside a variance of 8.3e-4.
    expect(Math.abs(variance - 1 / (1 + 1e-5 / (0.01 / 12)))).toBeLessThan(1e-3);
  });

  it.each([3, 7, 49])('layerNorm of %d equal numbers is 0: the rounding of a mean is no deviation', async (n) => {
    const x = new Float32Array(ROWS * n).fill(1000.7);
    const y = await values(layerNorm(input('x', [n])), { x });
    expect(y.every((value) => value === 0)).toBe(true);
  });

  it('the gradient of a bias over all positions', async () => {
    const filters = parameter('filters', [1, 1, C, 2], new Float32Array(C * 2));
    const f = sum(conv2d(image, filters, parameter('bias', [2], [0, 0])));
    const program = await compile(f, { batch: ROWS, tier, gradients: ['bias'] });
    program.forward({ x: tenths });
    const { data } = program.backward().get('bias') as { data: Float32Array };
    expect([...data]).toEqual([H * H, H * H]);
    program.dispose();
  });
});
