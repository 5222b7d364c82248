import { apply } from '../../../src/graph/node.js';
import type { Operation } from '../../../src/graph/operation.js';
import { batchMean, mean, reduceOperations, spread, sum, sumBatch } from '../../../src/graph/ops/reduce.js';
import { all, type Case, each, layouts, named, signed } from './operands.js';

const repeatOperation = reduceOperations[3] as Operation<{ readonly mean: boolean }>;

export const sumsOf = (n: number): Case[] => [
  ...layouts(n).flatMap((layout) => [
    named('sum', [layout(signed)], (x) => sum(x)),
    named('mean', [layout(signed)], (x) => mean(x)),
  ]),
  ...[each, all].flatMap((operand) => [
    named('sum over axis 0', [operand([3, n])], (x) => sum(x, 0)),
    named('sum over the last axis', [operand([2, n])], (x) => sum(x, -1)),
    named('sum over an axis within', [operand([2, n, 3])], (x) => sum(x, [1])),
    named('mean over two axes', [operand([2, n, 3])], (x) => mean(x, [2, 0])),
    named('mean over all axes', [operand([2, n])], (x) => mean(x, [1, 0])),
  ]),
  ...[each([]), all([])].flatMap((x) => [
    named(`spread over [${n}]`, [x], (node) => spread(node, [n], 0.3)),
    named(`spread over [2, ${n}]`, [x], (node) => spread(node, [2, n])),
  ]),
  ...[[n], [3, n], []].flatMap((shape) => [
    named('sumBatch', [each(shape)], sumBatch),
    named('batchMean', [each(shape)], batchMean),
    ...[false, true].map((mean) =>
      named(`repeat, mean ${mean}`, [all(shape)], (x) => apply(repeatOperation, [x], { mean })),
    ),
  ]),
];
