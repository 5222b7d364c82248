/** Values and gradients of every node, against those that the compiled graph gives. */
import { describe, expect, it } from 'vitest';
import { ShapeError, ValueError } from '../../src/errors.js';
import {
  add,
  compile,
  dense,
  evaluate,
  input,
  meanSquaredError,
  mul,
  parameter,
  type Tensor,
  tanh,
} from '../../src/lanegrad-graph.js';

const x = input('x', [2]);
const w = parameter('w', [2, 2], [1, -2, 0.5, 3]);
const h = tanh(dense(x, w));
const f = meanSquaredError(h, input('y', [2]));
const feeds = { x: [1, 2, -1, 0.5, 0.25, 0], y: [1, 0, 0, 1, -1, 1] };

describe('evaluate', () => {
  it('gives what a compiled graph gives', async () => {
    const program = await compile(f, { batch: 3, gradients: ['x', 'w'], outputs: [f, h], tier: 'js' });
    const { values, gradients } = evaluate(f, feeds);
    program.forward(feeds);
    const backward = program.backward();
    expect(gradients.get(x)).toEqual(backward.get('x'));
    expect(gradients.get(w)).toEqual(backward.get('w'));
    expect([values.get(f), values.get(h)]).toEqual(program.predict(feeds));
    expect(values.get(w)).toMatchObject({ shape: [2, 2] });
    program.dispose();
  });

  it('leaves the samples out of the shapes of one', () => {
    const { values } = evaluate(f, { x: [1, 2], y: [0, 0] });
    expect(values.get(h)).toMatchObject({ shape: [2] });
    expect(values.get(f)).toBeTypeOf('number');
  });

  it('takes other parameters than the initial ones', () => {
    const zeros: Tensor = { shape: [2, 2], data: new Float32Array(4) };
    expect(evaluate(f, { x: [1, 2], y: [3, 1] }, new Map([['w', zeros]])).values.get(f)).toBe(5);
  });

  it('parts the gradient of a value that is used more than once', () => {
    const [a, b] = [input('a'), input('b')];
    const product = mul(a, b);
    const { gradients, flows } = evaluate(add(product, mul(a, 3)), { a: 2, b: 5 });
    expect(gradients.get(a)).toBe(8);
    expect(flows.get(product)).toEqual([5, 2]);
  });

  it.each([
    ['a graph of no number', () => evaluate(h, { x: [1, 2] }), ShapeError],
    ['no feeds', () => evaluate(f), ValueError],
    ['NaN', () => evaluate(f, { x: [Number.NaN, 2], y: [0, 0] }), ValueError],
    [
      'an unknown parameter',
      () => evaluate(f, feeds, new Map([['v', { shape: [], data: new Float32Array(1) }]])),
      ValueError,
    ],
  ])('refuses %s', (_, call, error) => {
    expect(call).toThrow(error);
  });
});
