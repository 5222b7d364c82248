import { apply, type Node, type Shape } from '../../../src/graph/node.js';
import { argmax, chooseOperations, max, min } from '../../../src/graph/ops/choose.js';
import { gather } from '../../../src/graph/ops/gather.js';
import { avgPool2d, globalAvgPool, maxPool2d, type PoolOptions } from '../../../src/graph/ops/pool.js';
import { input } from '../../../src/graph/ops/source.js';
import { all, type Case, type Draw, each, index, named } from './operands.js';

/** Numbers of which no two are near, so that a small step changes no choice. */
const spaced: Draw = (generator, count) => {
  const numbers = Float32Array.from({ length: count }, (_, i) => 0.02 * (i - count / 2));
  for (let i = count - 1; i > 0; i--) {
    const j = generator.integer(i + 1);
    [numbers[i], numbers[j]] = [numbers[j], numbers[i]];
  }
  return numbers;
};

const pools: [string, PoolOptions][] = [
  ['', { size: 2 }],
  [', overlapping and padded', { size: 3, stride: 2, padding: 1 }],
  [', other across', { size: [2, 3], stride: [1, 2], padding: [1, 0] }],
];

const [, , , unpick] = chooseOperations;

/** The gradient of a gather from this shape as an operation of its own. */
const ungather = (shape: Shape) => (dy: Node, at: Node) => {
  const { map } = gather(input('x', shape), at).attributes as Parameters<typeof unpick.shape>[1];
  return apply(unpick, [dy, at], { shape, map });
};

export const chooseCases = (n: number): Case[] => [
  ...[each, all].flatMap((operand) => [
    named('max over axis 0', [operand([3, n], spaced)], (x) => max(x, 0)),
    named('max over the last axis', [operand([2, n], spaced)], (x) => max(x, -1)),
    named('max over all axes', [operand([2, n], spaced)], (x) => max(x)),
    named('max over an axis within', [operand([2, n, 3], spaced)], (x) => max(x, 1)),
    named('min over axis 0', [operand([3, n], spaced)], (x) => min(x, 0)),
    named('argmax', [operand([2, n], spaced)], (x) => argmax(x)),
    named('argmax over axis 0', [operand([4, n], spaced)], (x) => argmax(x, 0)),
    ...pools.flatMap(([name, options]) => [
      named(`maxPool2d${name}`, [operand([5, 4, n], spaced)], (x) => maxPool2d(x, options)),
      named(`avgPool2d${name}`, [operand([5, 4, n])], (x) => avgPool2d(x, options)),
    ]),
    named('globalAvgPool', [operand([2, 3, n])], globalAvgPool),
    named('gather', [operand([4, n]), index([3], 4)], gather),
    named('gather of numbers', [operand([n]), index([], n)], gather),
    named('gather of matrices', [operand([3, 2, n]), index([2, 2], 3)], gather),
  ]),
  named('gather at the greatest', [each([4, n], spaced), each([5, n])], (x, y) => gather(y, argmax(x, 0))),
  named('the gradient of gather', [each([3, n]), index([3], 4)], ungather([4, n])),
];
