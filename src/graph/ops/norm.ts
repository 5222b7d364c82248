/** Normalisations, composed of operations: their derivatives of any order follow. */
import { ShapeError } from '../../errors.js';
import { anything, check, checkFields, type FieldsOf, optional, positive, show } from '../../fields.js';
import { type Axes, axesOf, broadcastShape } from '../axes.js';
import { checkNodes, type Node, of, sameShape, showShape, size } from '../node.js';
import { add, div, maximum, mul, sqrt, square, sub } from './elementwise.js';
import { batchMean, mean, repeat, sumBatch, sumLeading } from './reduce.js';
import { reshape } from './reshape.js';
import { constant } from './source.js';
import { stopGradient } from './stop.js';

export interface NormOptions {
  /** Added to the variance, so that it may be 0; by default 1e-5, for `rmsNorm` 1e-6. */
  readonly epsilon?: number | undefined;
  /** The axes that are normalised together; by default the last. */
  readonly axes?: Axes | undefined;
}

/** A mean and a variance. */
export interface Moments {
  readonly mean: Node;
  readonly variance: Node;
}

export const epsilonField = { epsilon: optional(positive) };
/** The fields of `NormOptions`; the axes are checked against x. */
const normFields: FieldsOf<NormOptions> = { ...epsilonField, axes: anything };

const checkEpsilon = (operation: string, epsilon: number): void => check(operation, 'epsilon', epsilon, positive);

/** y = x gamma + beta, of those that are given. Throws `ShapeError` if one does not go with x, or would enlarge it. */
function affine(operation: string, x: Node, gamma?: Node, beta?: Node): Node {
  for (const [name, node] of Object.entries({ gamma, beta })) {
    if (node === undefined) continue;
    checkNodes(operation, [node]);
    if (!sameShape(broadcastShape(x.shape, node.shape) ?? [], x.shape))
      throw new ShapeError(
        `${operation}: expected ${name} of a shape that goes with ${showShape(x.shape)}, got ${showShape(node.shape)}${of(node)}`,
      );
  }
  const scaled = gamma ? mul(x, gamma) : x;
  return beta ? add(scaled, beta) : scaled;
}

/** The mean over axes, which stay as extents of 1. */
function meanOver(x: Node, axes: readonly number[]): Node {
  const kept = x.shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
  // All axes: a single number goes with any shape as it is.
  return axes.length === x.shape.length ? mean(x) : reshape(mean(x, axes), kept);
}

/** (x - mean) / sqrt(variance + epsilon), both over the same axes, the variance divided by n. */
function standardized(x: Node, axes: readonly number[], epsilon: number): Node {
  const rounded = sub(x, meanOver(x, axes));
  const centred = sub(rounded, stopGradient(meanOver(rounded, axes)));
  return div(centred, sqrt(add(meanOver(square(centred), axes), epsilon)));
}

/**
 * Layer normalisation (Ba, Kiros and Hinton, 2016): y = (x - mean) / sqrt(variance + epsilon) gamma + beta, with each
 * sample's own mean and variance over `axes`, the variance divided by n. gamma and beta have the shape of those axes, or one
 * that goes with x; without them they are 1 and 0. Throws `ShapeError` for axes or shapes that do not fit, `ValueError` for
 * options that are none.
 */
export function layerNorm(x: Node, gamma?: Node, beta?: Node, options: NormOptions = {}): Node {
  checkFields('layerNorm', options, normFields);
  const { epsilon = 1e-5, axes = -1 } = options;
  return affine('layerNorm', standardized(x, axesOf('layerNorm', x, axes), epsilon), gamma, beta);
}

/**
 * Root mean square normalisation (Zhang and Sennrich, 2019): y = x / sqrt(mean of x^2 + epsilon) gamma, over `axes`. Throws
 * as `layerNorm`.
 */
export function rmsNorm(x: Node, gamma?: Node, options: NormOptions = {}): Node {
  checkFields('rmsNorm', options, normFields);
  const { epsilon = 1e-6, axes = -1 } = options;
  const over = axesOf('rmsNorm', x, axes);
  const meanSquare = meanOver(square(x), over);
  return affine('rmsNorm', div(x, sqrt(add(meanSquare, epsilon))), gamma);
}

/**
 * Group normalisation (Wu and He, 2018): as `layerNorm`, over groups of the channels (the last axis) and all positions.
 * gamma and beta are [channels]. Throws `ShapeError` if the groups do not divide the channels.
 */
export function groupNorm(
  x: Node,
  groups: number,
  gamma?: Node,
  beta?: Node,
  options: Pick<NormOptions, 'epsilon'> = {},
): Node {
  checkNodes('groupNorm', [x]);
  checkFields('groupNorm', options, epsilonField);
  const { epsilon = 1e-5 } = options;
  const channels = x.shape.at(-1) ?? 1;
  if (!Number.isInteger(groups) || groups < 1 || channels % groups !== 0)
    throw new ShapeError(
      `groupNorm: expected groups that divide the channels of ${showShape(x.shape)}, got ${show(groups)}${of(x)}`,
    );
  const grouped = reshape(x, [-1, groups, channels / groups]);
  return affine('groupNorm', reshape(standardized(grouped, [0, 2], epsilon), x.shape), gamma, beta);
}

/** Elements of a channel in a sample. */
const positionsOf = ({ shape }: Node): number => size(shape.slice(0, -1));

/** The mean of each channel (the last axis) over the batch and all positions. */
const channelMean = (x: Node): Node => div(batchMean(sumLeading(x)), positionsOf(x));

/** (x - mean) / sqrt(variance + epsilon) gamma + beta, all of them [channels]: x of shape [..., channels] has been centred. */
const scaled = (centred: Node, variance: Node, epsilon: number, gamma?: Node, beta?: Node): Node => {
  const deviation = sqrt(add(variance, epsilon));
  return affine('batchNorm', centred, gamma ? div(gamma, deviation) : div(1, deviation), beta);
};

/** As `batchNorm`, with a mean and a variance [channels] that are given. */
export function normalize(x: Node, { mean, variance }: Moments, gamma?: Node, beta?: Node, epsilon = 1e-5): Node {
  checkEpsilon('normalize', epsilon);
  return scaled(sub(x, mean), variance, epsilon, gamma, beta);
}

/**
 * Batch normalisation (Ioffe and Szegedy, 2015): y = (x - mean) / sqrt(variance + epsilon) gamma + beta, with the mean and
 * the variance of each channel (the last axis) over the batch and all positions, the variance divided by n. gamma and
 * beta are [channels]; without them they are 1 and 0. `moments` are that mean and the variance divided by n - 1, or by 1
 * where n is 1: what running statistics are made of.
 */
export function batchNorm(x: Node, gamma?: Node, beta?: Node, epsilon = 1e-5): { output: Node; moments: Moments } {
  checkEpsilon('batchNorm', epsilon);
  // The rounding of a mean is a mean too, and has no gradient. It would be all that is left of a constant channel, where
  // it is divided by sqrt(epsilon).
  const rounded = channelMean(x);
  const mean = add(rounded, stopGradient(channelMean(sub(x, rounded))));
  const centred = sub(x, mean);
  const variance = channelMean(square(centred));
  const samples = sumBatch(repeat(constant(1)));
  const n = mul(samples, positionsOf(x));
  const unbiased = mul(variance, div(n, maximum(sub(n, 1), 1)));
  return { output: scaled(centred, variance, epsilon, gamma, beta), moments: { mean, variance: unbiased } };
}
