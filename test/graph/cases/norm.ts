import { batchNorm, groupNorm, layerNorm, normalize, rmsNorm } from '../../../src/graph/ops/norm.js';
import { all, type Case, each, named, positive } from './operands.js';

/** Where a number is normalised by itself, its gradient is 0 but for epsilon: a small one would leave rounding alone. */
export const normCases = (n: number): Case[] => [
  named('layerNorm', [each([n]), all([n]), all([n])], (x, gamma, beta) => layerNorm(x, gamma, beta)),
  named('layerNorm of the last axis', [each([3, n]), all([n]), all([n])], (x, gamma, beta) =>
    layerNorm(x, gamma, beta),
  ),
  named('layerNorm of two axes', [each([2, 3, n])], (x) =>
    layerNorm(x, undefined, undefined, { axes: [1, 2], epsilon: 0.1 }),
  ),
  named('rmsNorm', [each([3, n]), all([n])], (x, gamma) => rmsNorm(x, gamma, { epsilon: 0.1 })),
  named('groupNorm', [each([2, 3, 2 * n]), all([2 * n]), all([2 * n])], (x, gamma, beta) =>
    groupNorm(x, 2, gamma, beta),
  ),
  named(
    'normalize',
    [each([2, n]), all([n]), all([n], positive), all([n]), all([n])],
    (x, mean, variance, gamma, beta) => normalize(x, { mean, variance }, gamma, beta),
  ),
  named('batchNorm', [each([n]), all([n]), all([n])], (x, gamma, beta) => batchNorm(x, gamma, beta, 0.1).output),
  named('batchNorm of channels', [each([2, 3, n])], (x) => batchNorm(x, undefined, undefined, 0.1).output),
  named('the mean of batchNorm', [each([3, n])], (x) => batchNorm(x).moments.mean),
  named('the variance of batchNorm', [each([n])], (x) => batchNorm(x).moments.variance),
];
