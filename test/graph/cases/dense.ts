import { apply } from '../../../src/graph/node.js';
import { dense, denseOperations } from '../../../src/graph/ops/dense.js';
import { square } from '../../../src/graph/ops/elementwise.js';
import { sumBatch } from '../../../src/graph/ops/reduce.js';
import { all, type Case, each, named } from './operands.js';

/** Dense layers of K inputs and N outputs. */
export const denseCases = (K: number, N: number): Case[] => {
  const x = each([K]);
  const w = all([K, N]);
  return [
    named('dense', [x, w, all([N])], dense),
    named('dense without a bias', [x, w], dense),
    // Samples beyond the batch must not reach the weight's gradient through a sum over the batch.
    named('dense, summed over the batch', [x, w], (a, b) => sumBatch(dense(a, b))),
    named('dense by a computed weight', [x, w], (a, b) => dense(a, square(b))),
  ];
};

const [, inputGradientOperation, weightGradientOperation] = denseOperations;

/** The gradients of a dense layer as operations of their own. */
export const denseGradientCases = (K: number, N: number): Case[] => [
  named('the input gradient of dense', [each([N]), all([K, N])], (dy, w) => apply(inputGradientOperation, [dy, w], {})),
  named('the weight gradient of dense', [each([K]), each([N])], (x, dy) => apply(weightGradientOperation, [x, dy], {})),
];
