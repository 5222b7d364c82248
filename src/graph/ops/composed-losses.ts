/** Losses composed of operations: one number a sample, with derivatives of any order by all that they take. */
import { ShapeError } from '../../errors.js';
import { check, positive as positiveNumber } from '../../fields.js';
import { checkNodes, type Node, sameShape, showNode, showShape } from '../node.js';
import { relu } from './activation.js';
import { add, div, equal, log, maximum, mul, neg, sqrt, square, sub } from './elementwise.js';
import { mean, sum } from './reduce.js';
import { logSoftmax } from './softmax.js';

/** Throws `ShapeError` unless all have the shape of the first. */
function checkAlike(name: string, first: Node, ...others: Node[]): void {
  checkNodes(name, [first, ...others]);
  for (const other of others)
    if (!sameShape(other.shape, first.shape))
      throw new ShapeError(
        `${name}: expected the shape ${showShape(first.shape)} of ${showNode(first)}, got ${showShape(other.shape)} of ${showNode(other)}`,
      );
}

/** The sum over the last axis, and the mean over positions if there are any: one number a sample. */
const perPosition = (x: Node): Node => (x.shape.length > 1 ? mean(sum(x, -1)) : sum(x));

/**
 * Cross-entropy of softmax(logits) against a distribution q over the classes: -sum_i q_i log softmax(z)_i. Logits and
 * targets are [classes], or [..., classes] with the mean over positions. Targets that do not sum to 1, such as a
 * distribution times weights of the classes, are taken as they are. Throws `ShapeError` if the shapes differ.
 */
export function softTargetCrossEntropy(logits: Node, targets: Node): Node {
  checkAlike('softTargetCrossEntropy', logits, targets);
  return neg(perPosition(mul(targets, logSoftmax(logits))));
}

/**
 * The Kullback-Leibler divergence of softmax(logits) from a distribution t over the classes (Kullback and Leibler, 1951):
 * sum_i t_i (log t_i - log softmax(z)_i), with 0 log 0 = 0. Logits and targets are [classes], or [..., classes] with the
 * mean over positions. Throws `ShapeError` if the shapes differ.
 */
export function klDivergence(logits: Node, targets: Node): Node {
  checkAlike('klDivergence', logits, targets);
  // Where t is 0 the logarithm is that of 1, so that neither the term nor its gradient is 0 times infinity.
  const logTargets = log(add(targets, equal(targets, 0)));
  return perPosition(mul(targets, sub(logTargets, logSoftmax(logits))));
}

/**
 * The hinge loss (Cortes and Vapnik, 1995): the mean over outputs y of max(0, 1 - t y), for targets t of -1 or 1 and of
 * the output's shape. Its derivative where t y = 1 is 0. Throws `ShapeError` if the shapes differ.
 */
export function hinge(output: Node, targets: Node): Node {
  checkAlike('hinge', output, targets);
  return mean(relu(sub(1, mul(targets, output))));
}

/** A length below 1e-8 counts as that, as in PyTorch's cosine similarity: a root has no derivative at 0. */
const SMALLEST_SQUARE = 1e-16;

/** |x| over all elements of each sample. */
const length = (x: Node): Node => sqrt(maximum(sum(square(x)), SMALLEST_SQUARE));

/**
 * 1 - cos of the angle between each sample's a and b, two tensors of one shape as vectors: 1 - a.b / (|a| |b|), with
 * lengths of at least 1e-8. Throws `ShapeError` if the shapes differ.
 */
export function cosineDistance(a: Node, b: Node): Node {
  checkAlike('cosineDistance', a, b);
  return sub(1, div(sum(mul(a, b)), mul(length(a), length(b))));
}

/**
 * The contrastive loss of a pair (Hadsell, Chopra and LeCun, 2006): with D = |a - b|, D^2/2 for a pair that belongs
 * together and max(0, margin - D)^2/2 for one that does not, the margin by default 1. a and b have one shape; `different`
 * is a single number, 0 for the former and 1 for the latter. D^2 counts as at least 1e-16, where its derivative is 0.
 * Throws `ShapeError` if the shapes do not fit, `ValueError` if the margin is not positive.
 */
export function contrastive(a: Node, b: Node, different: Node, margin = 1): Node {
  checkNodes('contrastive', [different]);
  checkAlike('contrastive', a, b);
  if (different.shape.length > 0)
    throw new ShapeError(
      `contrastive: expected a single number that is 0 or 1, got shape ${showShape(different.shape)} of ${showNode(different)}`,
    );
  check('contrastive', 'margin', margin, positiveNumber);
  const distance = length(sub(a, b));
  const together = mul(sub(1, different), square(distance));
  const apart = mul(different, square(relu(sub(margin, distance))));
  return mul(add(together, apart), 0.5);
}

/**
 * The triplet loss (Schroff, Kalenichenko and Philbin, 2015): max(0, |anchor - positive|^2 - |anchor - negative|^2 +
 * margin), the margin by default 0.2, for three tensors of one shape, there of unit length. Throws `ShapeError` if the
 * shapes differ, `ValueError` if the margin is not positive.
 */
export function triplet(anchor: Node, positive: Node, negative: Node, margin = 0.2): Node {
  checkAlike('triplet', anchor, positive, negative);
  check('triplet', 'margin', margin, positiveNumber);
  const [near, far] = [positive, negative].map((other) => sum(square(sub(anchor, other))));
  return relu(add(sub(near, far), margin));
}
