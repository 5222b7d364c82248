import { apply } from '../../../src/graph/node.js';
import type { Operation } from '../../../src/graph/operation.js';
import { batchMean, mean, reduceOperations, repeat, spread, sum, sumBatch } from '../../../src/graph/ops/reduce.js';
import { all, type Case, each, layouts, named, signed } from './operands.js';

const shareBatchOperation = reduceOperations[3] as Operation<{ readonly mean: boolean }>;

export const sumsOf = (n: number): Case[] => [
  ...layouts(n).flatMap((layout) => [named('sum', [layout(signed)], sum), named('mean', [layout(signed)], mean)]),
  ...[each([]), all([])].flatMap((x) => [
    named(`spread over [${n}]`, [x], (node) => spread(node, [n], 0.3)),
    named(`spread over [2, ${n}]`, [x], (node) => spread(node, [2, n])),
  ]),
  ...[[n], [3, n], []].flatMap((shape) => [
    named('sumBatch', [each(shape)], sumBatch),
    named('batchMean', [each(shape)], batchMean),
    named('repeat', [all(shape)], repeat),
    ...[false, true].map((mean) =>
      named(`shareBatch, mean ${mean}`, [all(shape)], (x) => apply(shareBatchOperation, [x], { mean })),
    ),
  ]),
];
