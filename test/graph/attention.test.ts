/** What attention is made of: worked by hand on every tier, and what makes no sense refused. */
import { describe, expect, it } from 'vitest';
import { type LanegradError, ShapeError, ValueError } from '../../src/errors.js';
import * as g from '../../src/lanegrad-graph.js';
import { availableTiers } from '../tiers.js';

describe.each(await availableTiers())('on %s', (tier) => {
  it('matmul multiplies the matrices of each sample', async () => {
    const [a, b] = [g.input('a', [2, 3]), g.input('b', [3, 2])];
    const product = g.matmul(a, b);
    const program = await g.compile(g.sum(product), { outputs: [product], gradients: ['a', 'b'], batch: 2, tier });
    const feeds = { a: [1, 2, 3, 4, 5, 6, 1, 0, 0, 0, 1, 0], b: [7, 8, 9, 10, 11, 12, 1, 2, 3, 4, 5, 6] };
    program.forward(feeds);
    const gradients = program.backward();
    // Half of each sum, since the loss is the mean of two samples.
    expect([...(gradients.get('a') as g.Tensor).data.slice(0, 3)]).toEqual([7.5, 9.5, 11.5]);
    expect([...(gradients.get('b') as g.Tensor).data.slice(0, 2)]).toEqual([2.5, 2.5]);
    const [{ data }] = program.predict(feeds);
    expect([...data]).toEqual([58, 64, 139, 154, 1, 2, 3, 4]);
    program.dispose();
  });

  it('rows of a table that are named twice get both gradients, others none', async () => {
    const rows = g.embedding(g.parameter('table', [3, 2], [1, 2, 3, 4, 5, 6]), g.input('index', [3]));
    const program = await g.compile(g.sum(rows), { outputs: [rows], gradients: ['table'], tier });
    program.forward({ index: [2, 0, 2] });
    expect([...(program.backward().get('table') as g.Tensor).data]).toEqual([1, 1, 0, 0, 2, 2]);
    expect([...program.predict({ index: [2, 0, 2] })[0].data]).toEqual([5, 6, 1, 2, 5, 6]);
    for (const wrong of [3, -1, 0.5])
      expect(() => program.forward({ index: [0, wrong, 1] })).toThrow(
        expect.objectContaining({ message: expect.stringMatching(/0 to 2 in 'index', got (3|-1|0.5)/) }),
      );
    program.dispose();
  });
});

describe('refusals', () => {
  const a = g.input('a', [2, 3]);
  const weight = g.parameter('weight', [3, 4]);
  const cases: [string, () => g.Node, new (message: string) => LanegradError, RegExp][] = [
    ['a product of extents that differ', () => g.matmul(a, a), ShapeError, /matmul.*\[2, 3\] and \[2, 3\]/],
    ['a product by a weight', () => g.matmul(a, weight), ShapeError, /matmul.*dense takes a weight/],
    ['a product of vectors', () => g.matmul(g.input('v', [3]), g.input('w', [3])), ShapeError, /matmul/],
    ['other axes in front', () => g.matmul(g.input('x', [2, 2, 3]), g.input('y', [3, 3, 2])), ShapeError, /matmul/],
    ['dot of other shapes', () => g.dot(a, g.input('b', [3, 2])), ShapeError, /dot.*\[2, 3\] and \[3, 2\]/],
    ['softmax along no axis', () => g.softmax(a, 2), ShapeError, /softmax.*axis.*got 2/],
    ['softmax of a number', () => g.softmax(g.input('x')), ShapeError, /softmax/],
    ['softmax of a weight', () => g.softmax(weight), ShapeError, /softmax.*for each sample/],
    ['a table for each sample', () => g.embedding(a, g.input('i')), ShapeError, /embedding.*for each/],
    ['a table of one axis', () => g.embedding(g.parameter('t', [3]), g.input('i')), ShapeError, /embedding.*\[3\]/],
    ['an index that is computed', () => g.embedding(weight, g.neg(g.input('i'))), ValueError, /embedding.*got neg/],
  ];
  it.each(cases)('%s', (_, build, error, message) => {
    expect(build).toThrow(error);
    expect(build).toThrow(message);
  });
});
