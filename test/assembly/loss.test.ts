/** Loss instructions against their definitions in f64. */
import { describe, expect, it } from 'vitest';
import { Loss } from '../../src/program/generated/instructions.js';
import { fillUniform } from '../../src/random.js';
import { fromPanels, tiers, toPanels } from './harness.js';

type Row = ArrayLike<number>;

interface Definition {
  readonly loss: (z: Row, t: Row) => number;
  readonly derivative: (z: Row, t: Row) => number[];
}

const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** A mean over elements of f(z, t). */
const elementwise = (
  f: (z: number, t: number) => number,
  derivative: (z: number, t: number) => number,
): Definition => ({
  loss: (z, t) => mean(Array.from(z, (zi, i) => f(zi, t[i]))),
  derivative: (z, t) => Array.from(z, (zi, i) => derivative(zi, t[i]) / z.length),
});

/** -sum q_k log softmax(z)_k. */
const crossEntropy = (smoothing: number): Definition => {
  const q = (label: number, n: number): number[] =>
    Array.from({ length: n }, (_, k) => (k === label ? 1 - smoothing : 0) + smoothing / n);
  const logSoftmax = (z: Row): number[] => {
    const max = Math.max(...Array.from(z));
    const log = Math.log(Array.from(z, (zi) => Math.exp(zi - max)).reduce((a, b) => a + b));
    return Array.from(z, (zi) => zi - max - log);
  };
  return {
    loss: (z, { 0: label }) => {
      const log = logSoftmax(z);
      return -q(label, z.length).reduce((sum, qk, k) => sum + (qk ? qk * log[k] : 0), 0);
    },
    derivative: (z, { 0: label }) => {
      const target = q(label, z.length);
      return logSoftmax(z).map((log, k) => Math.exp(log) - target[k]);
    },
  };
};

const DELTA = 1.5;
const cases: { name: string; kind: number; alpha: number; targets: 'label' | 'binary' | 'real'; is: Definition }[] = [
  { name: 'softmaxCrossEntropy', kind: Loss.softmaxCrossEntropy, alpha: 0, targets: 'label', is: crossEntropy(0) },
  {
    name: 'softmaxCrossEntropy, smoothed',
    kind: Loss.softmaxCrossEntropy,
    alpha: 0.1,
    targets: 'label',
    is: crossEntropy(Math.fround(0.1)),
  },
  {
    name: 'binaryCrossEntropy',
    kind: Loss.binaryCrossEntropy,
    alpha: 0,
    targets: 'binary',
    is: elementwise(
      (z, t) => Math.max(z, 0) - z * t + Math.log1p(Math.exp(-Math.abs(z))),
      (z, t) => 1 / (1 + Math.exp(-z)) - t,
    ),
  },
  {
    name: 'meanSquaredError',
    kind: Loss.meanSquaredError,
    alpha: 0,
    targets: 'real',
    is: elementwise(
      (z, t) => (z - t) ** 2,
      (z, t) => 2 * (z - t),
    ),
  },
  {
    name: 'meanAbsoluteError',
    kind: Loss.meanAbsoluteError,
    alpha: 0,
    targets: 'real',
    is: elementwise(
      (z, t) => Math.abs(z - t),
      (z, t) => Math.sign(z - t),
    ),
  },
  {
    name: 'huber',
    kind: Loss.huber,
    alpha: DELTA,
    targets: 'real',
    is: elementwise(
      (z, t) => (Math.abs(z - t) <= DELTA ? (z - t) ** 2 / 2 : DELTA * (Math.abs(z - t) - DELTA / 2)),
      (z, t) => Math.max(-DELTA, Math.min(DELTA, z - t)),
    ),
  },
];

/** f32 has 6e-8; a loss is some ten operations on numbers of its own size, or on logits that are subtracted first. */
const TOLERANCE = 4e-7;

function check(
  tier: string,
  { kind, alpha, targets, is }: (typeof cases)[number],
  N: number,
  rows: number,
  size: number,
) {
  const uniform = (length: number, stream: number, low: number, high: number): Float32Array => {
    const values = new Float32Array(length);
    fillUniform(values, N * 1000 + rows, stream, low, high);
    return values;
  };
  const z = uniform(rows * N, 0, -size, size);
  const width = targets === 'label' ? 1 : N;
  const t = uniform(rows * width, 1, 0, 1).map((u, i) => {
    if (targets === 'label') return Math.floor(u * N);
    // Now and then exactly on target, where the absolute error has its kink.
    return targets === 'binary' ? Math.round(u) : i % 5 ? z[i] + 4 * u - 2 : z[i];
  });
  const dy = uniform(rows, 2, -1, 1);
  const of = (values: Float32Array, n: number, row: number): Float32Array => values.subarray(row * n, (row + 1) * n);

  const logits = toPanels(rows, N, z);
  const panels = logits.length / (16 * N);
  const y = new Float32Array(16 * panels).fill(NaN);
  const dx = new Float32Array(logits.length).fill(NaN);
  const fields = { logits, targets: toPanels(rows, width, t), N, positions: 1, kind, alpha };
  for (const [name, output] of [
    ['lossForward', { y }],
    ['lossBackward', { dy: toPanels(rows, 1, dy), dx }],
  ] as const)
    tiers.get(tier)!.execute(name, { ...fields, ...output }, { rows, threads: 2 });

  const losses = fromPanels(rows, 1, y);
  const gradients = fromPanels(rows, N, dx);
  for (let row = 0; row < rows; row++) {
    const expected = is.loss(of(z, N, row), of(t, width, row));
    const where = `N ${N}, row ${row} of ${rows}, logits to ${size}`;
    if (!(Math.abs(losses[row] - expected) <= TOLERANCE * Math.max(1, Math.abs(expected))))
      expect.fail(`${where}: loss ${losses[row]}, not ${expected}`);
    is.derivative(of(z, N, row), of(t, width, row)).forEach((derivative, i) => {
      const dxi = gradients[row * N + i];
      const error = Math.abs(dxi - dy[row] * derivative);
      if (!(error <= TOLERANCE * Math.abs(dy[row]) * Math.max(1, Math.abs(derivative))))
        expect.fail(`${where}: dx ${dxi}, not ${dy[row] * derivative}`);
    });
  }
}

describe.each([...tiers.keys()])('on %s', (tier) => {
  it.each(cases)('$name and its gradient agree with the definition', (one) => {
    for (const N of [1, 3, 16, 17, 37])
      for (const rows of [1, 3, 17]) for (const size of [3, 200, 1e4]) check(tier, one, N, rows, size);
  });

  it.each(cases)('$name keeps its accuracy with 4096 outputs', (one) => {
    for (const size of [0.01, 3]) check(tier, one, 4096, 3, size);
  });

  it('a NaN among the logits makes the loss NaN, of its own sample only', () => {
    for (const { kind, alpha } of cases) {
      const logits = new Float32Array(5 * 16).fill(0.5);
      logits[3 * 16 + 7] = NaN;
      const y = new Float32Array(16);
      const targets = new Float32Array(5 * 16).fill(1);
      tiers.get(tier)!.execute('lossForward', { logits, targets, y, N: 5, positions: 1, kind, alpha }, { rows: 16 });
      expect([...y].map(Number.isNaN)).toEqual([...y].map((_, lane) => lane === 7));
    }
  });

  it('a label outside of the classes is never read or written out of bounds', () => {
    const logits = new Float32Array(16).fill(1);
    const targets = Float32Array.from({ length: 16 }, (_, lane) => [1, -1, NaN, 1e9][lane % 4]);
    const dx = new Float32Array(16);
    const dy = new Float32Array(16).fill(1);
    const kind = Loss.softmaxCrossEntropy;
    tiers
      .get(tier)!
      .execute('lossBackward', { logits, targets, dy, dx, N: 1, positions: 1, kind, alpha: 0 }, { rows: 16 });
    expect([...dx]).toEqual(new Array(16).fill(1));
  });
});
