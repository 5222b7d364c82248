/** Activation instructions: derivatives, aliasing, slices. The error bounds of the functions are in `math.test.ts`. */
import { describe, expect, it } from 'vitest';
import { Activation } from '../../src/program/generated/instructions.js';
import { fillUniform } from '../../src/random.js';
import { tiers } from './harness.js';

type Name = keyof typeof Activation;

const names = Object.keys(Activation) as Name[];
const ALPHA = 0.25;
const FEATURES = 5;
const ROWS = 37;
const LENGTH = 3 * FEATURES * 16;

/** Derivatives by what is saved, where that is the output. */
const fromOutput: { readonly [name in Name]?: (y: number) => number } = {
  linear: () => 1,
  relu: (y) => (y > 0 ? 1 : 0),
  leakyRelu: (y) => (y > 0 ? 1 : ALPHA),
  elu: (y) => (y > 0 ? 1 : y + ALPHA),
  sigmoid: (y) => y * (1 - y),
  tanh: (y) => 1 - y * y,
};

function uniform(low: number, high: number, stream = 0): Float32Array<ArrayBuffer> {
  const values = new Float32Array(LENGTH);
  fillUniform(values, 1, stream, low, high);
  // The kinks, too.
  values.set([0, -0]);
  return values;
}

describe.each([...tiers])('on %s', (_, kernels) => {
  const fields = (name: Name) => ({ features: FEATURES, batched: 1, activation: Activation[name], alpha: ALPHA });
  const forward = (name: Name, x: Float32Array, y = new Float32Array(LENGTH).fill(NaN), threads = 1) => {
    kernels.execute('activationForward', { x, y, ...fields(name) }, { rows: ROWS, threads });
    return y;
  };
  const backward = (
    name: Name,
    saved: Float32Array,
    dy: Float32Array,
    dx = new Float32Array(dy.length).fill(NaN),
    threads = 1,
  ) => {
    kernels.execute('activationBackward', { saved, dy, dx, ...fields(name) }, { rows: ROWS, threads });
    return dx;
  };

  it.each(names)('%s: backward is dy times the derivative of forward', (name) => {
    const z = uniform(-6, 6);
    const dy = uniform(-3, 3, 1);
    const y = forward(name, z);
    const derivative = fromOutput[name];
    const dx = backward(name, derivative ? y : z, dy);
    if (derivative) {
      for (let i = 0; i < LENGTH; i++)
        expect(Math.abs(dx[i] - dy[i] * derivative(y[i]))).toBeLessThanOrEqual(2 ** -23 * Math.abs(dy[i]));
    } else {
      // Against a central difference: an f32 has 6e-8, divided by the distance of 2 h.
      const h = 2 ** -6;
      const [above, below] = [h, -h].map((step) =>
        forward(
          name,
          z.map((value) => value + step),
        ),
      );
      for (let i = 0; i < LENGTH; i++)
        expect(Math.abs(dx[i] - (dy[i] * (above[i] - below[i])) / (2 * h))).toBeLessThanOrEqual(3e-4);
    }
  });

  it.each(names)('%s: writes in place, and does not depend on the number of threads', (name) => {
    const z = uniform(-6, 6);
    const dy = uniform(-3, 3, 1);
    const y = forward(name, z);
    const dx = backward(name, y, dy);
    expect(forward(name, z, undefined, 7)).toEqual(y);
    expect(backward(name, y, dy, undefined, 7)).toEqual(dx);
    expect(forward(name, z, z)).toEqual(y);
    expect(backward(name, y, dy, dy)).toEqual(dx);
  });

  it.each(names)('%s: a NaN comes through', (name) => {
    const z = uniform(-6, 6);
    z[3] = NaN;
    const y = forward(name, z);
    expect([...y.keys()].filter((i) => Number.isNaN(y[i]))).toEqual([3]);
  });

  it('leakyRelu and elu have slope alpha below 0', () => {
    const z = new Float32Array(LENGTH).fill(-2);
    expect(forward('leakyRelu', z)[0]).toBe(-2 * ALPHA);
    expect(forward('elu', z)[0]).toBeCloseTo(ALPHA * Math.expm1(-2), 7);
  });
});
