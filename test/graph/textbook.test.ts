/** The worked examples of backpropagation that every textbook has, on every tier. */
import { describe, expect, it } from 'vitest';
import {
  add,
  compile,
  constant,
  exp,
  input,
  maximum,
  mul,
  neg,
  parameter,
  reciprocal,
  sigmoid,
} from '../../src/lanegrad-graph.js';
import { availableTiers } from '../tiers.js';

describe.each(await availableTiers())('on %s', (tier) => {
  it('f = (x + y) z at x = -2, y = 5, z = -4 is -12, with gradients -4, -4 and 3', async () => {
    const [x, y, z] = ['x', 'y', 'z'].map((name) => input(name));
    const program = await compile(mul(add(x, y), z), { gradients: ['x', 'y', 'z'], tier });
    expect(program.forward({ x: -2, y: 5, z: -4 })).toBe(-12);
    expect(program.backward()).toEqual(new Map([['x', -4], ['y', -4], ['z', 3]])); // biome-ignore format: one line
    program.dispose();
  });

  describe('f = 1 / (1 + e^-(w0 x0 + w1 x1 + w2)) at w = 2, -3, -3 and x = -1, -2', () => {
    const names = ['w0', 'x0', 'w1', 'x1', 'w2'];
    const feeds = { w0: 2, x0: -1, w1: -3, x1: -2, w2: -3 };
    const [w0, x0, w1, x1, w2] = names.map((name) => input(name));
    const s = add(add(mul(w0, x0), mul(w1, x1)), w2);
    const f = 1 / (1 + Math.exp(-1));
    const local = f * (1 - f);

    it.each([
      ['of primitive nodes', reciprocal(add(exp(neg(s)), 1))],
      ['as one node', sigmoid(s)],
    ])('is 0.73, with local gradient 0.2, %s', async (_, node) => {
      const program = await compile(node, { gradients: names, tier });
      expect(program.forward(feeds)).toBeCloseTo(f, 6);
      const gradients = program.backward();
      const expected = { w0: -local, x0: 2 * local, w1: -2 * local, x1: -3 * local, w2: local };
      for (const [name, value] of Object.entries(expected)) expect(gradients.get(name)).toBeCloseTo(value, 6);
      program.dispose();
    });
  });

  it('max(0, 4) passes its gradient to the 4 alone', async () => {
    const program = await compile(maximum(input('x'), input('y')), { gradients: ['x', 'y'], tier });
    expect(program.forward({ x: 0, y: 4 })).toBe(4);
    expect(program.backward()).toEqual(new Map([['x', 0], ['y', 1]])); // biome-ignore format: one line
    program.dispose();
  });

  it('a value used twice gets the sum of both gradients', async () => {
    const x = input('x');
    const program = await compile(add(mul(x, 3), mul(x, x)), { gradients: ['x'], tier });
    expect(program.forward({ x: 5 })).toBe(40);
    expect(program.backward().get('x')).toBe(3 + 2 * 5);
    program.dispose();
  });

  it('works on parameters and constants without any input', async () => {
    const w = parameter('w', [], 3);
    const program = await compile(mul(w, constant(-4)), { tier });
    expect(program.forward()).toBe(-12);
    expect(program.backward().get('w')).toBe(-4);
    program.dispose();
  });
});
