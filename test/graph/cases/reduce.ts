import { apply } from '../../../src/graph/node.js';
import { batchMean, mean, reduceOperations, repeat, spread, sum, sumBatch } from '../../../src/graph/ops/reduce.js';
import { all, type Case, each, layouts, named, signed } from './operands.js';

export const sumsOf = (n: number): Case[] => [
  ...layouts(n).flatMap((layout) => [named('sum', [layout(signed)], sum), named('mean', [layout(signed)], mean)]),
  ...[each([]), all([])].flatMap((x) => [
    named(`spread over [${n}]`, [x], (node) => spread(node, [n], 0.3)),
    named(`spread over [2, ${n}]`, [x], (node) => spread(node, [2, n])),
  ]),
  ...[[n], [3, n], []].map((shape) => named('sumBatch', [each(shape)], sumBatch)),
  ...[[n], [3, n], []].map((shape) => named('repeat', [all(shape)], repeat)),
  named('batchMean', [each([])], batchMean),
  named('batchShare', [all([])], (x) => apply(reduceOperations[5], [x], {})),
];
