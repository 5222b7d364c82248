import { apply } from '../../../src/graph/node.js';
import { dense, denseOperations } from '../../../src/graph/ops/dense.js';
import { square } from '../../../src/graph/ops/elementwise.js';
import { sumBatch } from '../../../src/graph/ops/reduce.js';
import { all, type Case, type Draw, each, named, signed } from './operands.js';

/** Dense layers of K inputs and N outputs. */
export const denseCases = (K: number, N: number, x = each([K])): Case[] => {
  const w = all([K, N]);
  return [
    named('dense', [x, w, all([N])], dense),
    named('dense without a bias', [x, w], dense),
    // Samples beyond the batch must not reach the weight's gradient through a sum over the batch.
    named('dense, summed over the batch', [x, w], (a, b) => sumBatch(dense(a, b))),
    named('dense by a computed weight', [x, w], (a, b) => dense(a, square(b))),
  ];
};

/**
 * Samples of K numbers that products leave out many of: a third of the features is 0 in all samples, a third in every
 * other panel of 16 samples, a third here and there; and so are all of the second block of 120 features.
 */
export const withZeros =
  (K: number): Draw =>
  (generator, count) =>
    signed(generator, count).map((number, i) => {
      const [sample, feature] = [Math.floor(i / K), i % K];
      if (Math.floor(feature / 120) === 1) return 0;
      return [0, (sample >> 4) % 2 ? number : 0, generator.uniform() < 0.5 ? number : 0][feature % 3];
    });

const [, inputGradientOperation, weightGradientOperation] = denseOperations;

/** The gradients of a dense layer as operations of their own. */
export const denseGradientCases = (K: number, N: number): Case[] => [
  named('the input gradient of dense', [each([N]), all([K, N])], (dy, w) => apply(inputGradientOperation, [dy, w], {})),
  named('the weight gradient of dense', [each([K]), each([N])], (x, dy) => apply(weightGradientOperation, [x, dy], {})),
];
