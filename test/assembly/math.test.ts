/** The error bounds of the elementary functions and of the activations made of them, against f64. */
import { describe, expect, it } from 'vitest';
import { Activation, Elementwise } from '../../src/program/generated/instructions.js';
import { type Kernels, tiers } from './harness.js';

type Evaluate = (kernels: Kernels, x: Float32Array, y: Float32Array) => void;

const elementwise =
  (kind: number): Evaluate =>
  (kernels, a, y) =>
    kernels.execute('elementwise', {
      ...{ a, b: a, y, features: a.length / 16, period: a.length / 16, batched: 0, kind, alpha: 1 },
      ...{ aPanel: 4 * a.length, aGroup: 0, aRow: 64, aSplat: 0, bPanel: 4 * a.length, bGroup: 0, bRow: 64, bSplat: 0 },
    });

const forward =
  (activation: number): Evaluate =>
  (kernels, x, y) =>
    kernels.execute('activationForward', { x, y, features: x.length / 16, batched: 0, activation, alpha: 1 });

/** dx for dy = 1. */
const backward =
  (activation: number): Evaluate =>
  (kernels, saved, dx) => {
    const dy = new Float32Array(saved.length).fill(1);
    const features = saved.length / 16;
    kernels.execute('activationBackward', { saved, dy, dx, features, batched: 0, activation, alpha: 1 });
  };

/** Results smaller than this may be 0: exp has no smaller ones. */
const FLUSH = 2 ** -120;

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const density = (x: number): number => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);

/** P(Z > a), a >= 0: the series 26.2.11 and the continued fraction 26.2.14 of Abramowitz and Stegun. */
function upperTail(a: number): number {
  if (a < 3) {
    let sum = a;
    for (let n = 3, term = a; term > 1e-18 * sum; n += 2) sum += term *= (a * a) / n;
    return 0.5 - density(a) * sum;
  }
  let fraction = a;
  for (let n = 60; n > 0; n--) fraction = a + n / fraction;
  return density(a) / fraction;
}
const normal = (x: number): number => (x < 0 ? upperTail(-x) : 1 - upperTail(x));

const geluArgument = (x: number): number => Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3);
const geluSlope = (x: number): number => Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * x * x);

/** A derivative's factor that grows without bound, against a factor that is 0 long before. */
const within = (limit: number, f: (x: number) => number) => (x: number) => f(Math.max(-limit, Math.min(limit, x)));

interface Case {
  readonly name: string;
  readonly evaluate: Evaluate;
  readonly reference: (x: number) => number;
  /** The greatest error in ulp. */
  readonly ulp?: (x: number) => number;
  /** The greatest absolute error, where ulp say nothing because terms cancel. */
  readonly absolute?: number;
}

const cases: Case[] = [
  { name: 'exp', evaluate: elementwise(Elementwise.exp), reference: Math.exp, ulp: () => 1.2 },
  { name: 'log', evaluate: elementwise(Elementwise.log), reference: Math.log, ulp: () => 1.2 },
  { name: 'relu', evaluate: forward(Activation.relu), reference: (x) => Math.max(x, 0), ulp: () => 0 },
  { name: 'elu', evaluate: forward(Activation.elu), reference: (x) => (x > 0 ? x : Math.expm1(x)), ulp: () => 1 },
  {
    name: 'gelu',
    evaluate: forward(Activation.gelu),
    reference: (x) => (x === -Infinity ? 0 : x * normal(x)),
    ulp: (x) => (x < 0 ? 6 + (x * x) / 2 : 5.1),
  },
  {
    name: 'geluTanh',
    evaluate: forward(Activation.geluTanh),
    reference: (x) => (x === -Infinity ? 0 : x * sigmoid(2 * geluArgument(x))),
    ulp: (x) => (x < -1 ? 4 - 6 * geluArgument(x) : 3),
  },
  {
    name: 'silu',
    evaluate: forward(Activation.silu),
    reference: (x) => (x === -Infinity ? 0 : x * sigmoid(x)),
    ulp: () => 2.8,
  },
  { name: 'sigmoid', evaluate: forward(Activation.sigmoid), reference: sigmoid, ulp: () => 2.5 },
  { name: 'tanh', evaluate: forward(Activation.tanh), reference: Math.tanh, ulp: () => 2.5 },
  {
    name: 'softplus',
    evaluate: forward(Activation.softplus),
    reference: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
    ulp: () => 2.1,
  },
  {
    name: 'the derivative of gelu',
    evaluate: backward(Activation.gelu),
    reference: within(1000, (x) => normal(x) + x * density(x)),
    absolute: 1.8e-7,
  },
  {
    name: 'the derivative of geluTanh',
    evaluate: backward(Activation.geluTanh),
    reference: within(1000, (x) => {
      const s = sigmoid(2 * geluArgument(x));
      return s * (1 + x * (1 - s) * 2 * geluSlope(x));
    }),
    absolute: 3e-7,
  },
  {
    name: 'the derivative of silu',
    evaluate: backward(Activation.silu),
    reference: within(1000, (x) => sigmoid(x) * (1 + x * sigmoid(-x))),
    absolute: 2.5e-7,
  },
  { name: 'the derivative of softplus', evaluate: backward(Activation.softplus), reference: sigmoid, ulp: () => 2.5 },
];

/** All binades of both signs, subnormal ones included; the range where most functions live, finer; special values. */
function sweep(): Float32Array {
  const special = [0, -0, Infinity, -Infinity, NaN, 2 ** -149, -(2 ** -149), 3.4028234e38, -3.4028234e38];
  const ends = [88.72283, 88.72284, 88.73, -86.98, -87, -87.3, -87.4, -88.8, -103, -104, -13.19, 14, -14, 0.41421356];
  const points = new Float32Array(32);
  points.set([...special, ...ends]);
  const bits = Uint32Array.from({ length: 2 ** 18 }, (_, i) => i * 16381);
  const fine = Float32Array.from({ length: 2 ** 19 }, (_, i) => (i / 2 ** 18 - 1) * (i % 2 ? 105 : 8));
  return Float32Array.from([points, new Float32Array(bits.buffer), fine].flatMap((part) => [...part]));
}

/** The distance of two neighbouring f32 at the size of y. */
const bitsOf = new Uint32Array(1);
const floatOf = new Float32Array(bitsOf.buffer);
function ulpAt(y: number): number {
  floatOf[0] = y;
  return 2 ** (Math.min(254, Math.max(1, (bitsOf[0] >>> 23) & 255)) - 150);
}

const x = sweep();

describe.each(cases)('$name', ({ evaluate, reference, ulp, absolute = 0 }) => {
  const expected = Float64Array.from(x, reference);
  const tolerance = expected.map((y, i) => {
    if (ulp === undefined) return absolute;
    return Math.abs(y) < FLUSH ? Math.max(Math.abs(y), 2 ** -149) : ulp(x[i]) * ulpAt(y);
  });

  it.each([...tiers.keys()])('keeps its error bound on %s', (tier) => {
    const y = new Float32Array(x.length).fill(123);
    evaluate(tiers.get(tier)!, x, y);
    const wrong: string[] = [];
    for (let i = 0; i < x.length && wrong.length < 5; i++) {
      // Rounded to f32 a result may be infinite; an infinite or undefined one has to be met exactly.
      const exact = Number.isFinite(Math.fround(expected[i])) ? expected[i] : Math.fround(expected[i]);
      if (Object.is(y[i], exact) || (Number.isNaN(exact) && Number.isNaN(y[i]))) continue;
      if (!(Math.abs(y[i] - exact) <= tolerance[i])) wrong.push(`f(${x[i]}) = ${y[i]}, not ${exact}`);
    }
    expect(wrong).toEqual([]);
  });
});

it.each([...tiers.keys()])('exp flushes to 0 below -86.99 and not before, on %s', (tier) => {
  const points = Float32Array.from({ length: 16 }, (_, i) => (i < 8 ? -86.98 : -87));
  const y = new Float32Array(16);
  elementwise(Elementwise.exp)(tiers.get(tier)!, points, y);
  expect([...y.subarray(0, 8)].every((value) => value > 1.6e-38)).toBe(true);
  expect([...y.subarray(8)].every((value) => value === 0)).toBe(true);
});

it('has the same results, to the last bit, on scalar and simd, and on relaxed and wide', () => {
  for (const [one, other] of [
    ['scalar', 'simd'],
    ['relaxed', 'wide'],
  ]) {
    const pair = [tiers.get(one), tiers.get(other)];
    if (!pair[0] || !pair[1]) continue;
    for (const { name, evaluate } of cases) {
      const [a, b] = pair.map((kernels) => {
        const y = new Float32Array(x.length);
        evaluate(kernels!, x, y);
        return new Int32Array(y.buffer);
      });
      // A NaN's sign and payload are the engine's choice.
      const undefinedBits = (bits: number): boolean => (bits & 0x7fffffff) > 0x7f800000;
      expect(
        a.findIndex((bits, i) => bits !== b[i] && !(undefinedBits(bits) && undefinedBits(b[i]))),
        name,
      ).toBe(-1);
    }
  }
});
