/** Losses: one number a sample, or a position of it. The program's loss is their mean over the batch. */
import { ShapeError } from '../../errors.js';
import { check, fraction, positive } from '../../fields.js';
import { Loss } from '../../program/generated/instructions.js';
import { apply, type Node, of, sameShape, showShape, size } from '../node.js';
import type { Operation, Values } from '../operation.js';
import { matrix } from '../storage.js';
import { sigmoid } from './activation.js';
import { checkIndex } from './choose.js';
import { abs, less, mul, neg, sub } from './elementwise.js';
import { gather } from './gather.js';
import { mean, repeat, spread, sum } from './reduce.js';
import { reshape } from './reshape.js';
import { logSumExpOf, softmax, softmaxGradient } from './softmax.js';
import { constant } from './source.js';

export type LossName = keyof typeof Loss;

interface LossAttributes {
  readonly kind: LossName;
  /** The label smoothing of softmaxCrossEntropy, the delta of huber; 0 for the others. */
  readonly alpha: number;
}

type Row = ArrayLike<number>;

interface LossRule {
  /** The loss of one sample from its logits z and targets t (for softmaxCrossEntropy, its label t[0]). */
  readonly loss: (z: Row, t: Row, alpha: number) => number;
  /** d loss / d z_i. */
  readonly gradient: (z: Row, t: Row, alpha: number) => (i: number) => number;
  /** d loss / d targets as graph, times dy; null where no gradient can flow. */
  readonly targets: ((node: Node, dy: Node) => Node) | null;
  /**
   * From v, one number an element, the derivatives of sum_i v_i (d loss / d z_i) by the logits and by the targets, as
   * graph; null where they are 0 almost everywhere.
   */
  readonly second: (inputs: readonly Node[], v: Node, alpha: number) => readonly (Node | null)[];
}

const average = (n: number, f: (i: number) => number): number => {
  let total = 0;
  for (let i = 0; i < n; i++) total += f(i);
  return total / n;
};

/** x / n for a mean over n elements of this shape. */
const share = (x: Node, factor = 1): Node => mul(x, factor / size(x.shape));

/**
 * The loss as a mean over elements of f(d), d = z - t, with f'(d) and, as graph, v f''(d); null where that is 0 almost
 * everywhere.
 */
const ofDifference = (
  f: (d: number, alpha: number) => number,
  derivative: (d: number, alpha: number) => number,
  curvature: ((v: Node, d: Node, alpha: number) => Node) | null,
): LossRule => ({
  loss: (z, t, alpha) => average(z.length, (i) => f(z[i] - t[i], alpha)),
  gradient: (z, t, alpha) => (i) => derivative(z[i] - t[i], alpha) / z.length,
  targets: (node, dy) => neg(apply(lossGradientOperation, [...node.inputs, dy], node.attributes as LossAttributes)),
  second([z, t], v, alpha) {
    if (!curvature) return [null, null];
    const dz = share(curvature(v, sub(z, t), alpha));
    return [dz, neg(dz)];
  },
});

const rules: { readonly [kind in LossName]: LossRule } = {
  // logsumexp(z) - sum_i q_i z_i with q = (1 - e) onehot + e / n, so dz = softmax(z) - q, whatever q is.
  softmaxCrossEntropy: {
    loss: (z, label, e) => logSumExpOf(z) - (1 - e) * z[label[0]] - e * average(z.length, (i) => z[i]),
    gradient(z, label, e) {
      const lse = logSumExpOf(z);
      return (i) => Math.exp(z[i] - lse) - (i === label[0] ? 1 - e : 0) - e / z.length;
    },
    targets: null,
    second: ([logits], v) => [softmaxGradient(softmax(logits), v, logits.shape.length - 1), null],
  },
  // max(z, 0) - z t + log(1 + e^-|z|), so dz = sigmoid(z) - t.
  binaryCrossEntropy: {
    loss: (z, t) => average(z.length, (i) => Math.max(z[i], 0) - z[i] * t[i] + Math.log1p(Math.exp(-Math.abs(z[i])))),
    gradient: (z, t) => (i) => (1 / (1 + Math.exp(-z[i])) - t[i]) / z.length,
    targets: ({ inputs: [z] }, dy) => mul(z, spread(dy, z.shape, -1 / size(z.shape))),
    second([z], v) {
      const p = sigmoid(z);
      return [share(mul(v, mul(p, sub(1, p)))), share(v, -1)];
    },
  },
  meanSquaredError: ofDifference(
    (d) => d * d,
    (d) => 2 * d,
    (v) => mul(v, 2),
  ),
  meanAbsoluteError: ofDifference(Math.abs, Math.sign, null),
  huber: ofDifference(
    (d, delta) => (Math.abs(d) <= delta ? (d * d) / 2 : delta * (Math.abs(d) - delta / 2)),
    (d, delta) => Math.max(-delta, Math.min(delta, d)),
    (v, d, delta) => mul(v, less(abs(d), delta)),
  ),
};

/** The part of values that belongs to one of the losses that are computed. */
const part = (values: Values, index: number, losses: number): Values =>
  values.subarray((index * values.length) / losses, ((index + 1) * values.length) / losses);

/** With labels each position has a loss, which is over the last axis alone; the others have one over all. */
const isLabelled = ({ kind }: LossAttributes): boolean => kind === 'softmaxCrossEntropy';

const indices: Operation<LossAttributes>['indices'] = ([logits], attributes) =>
  isLabelled(attributes) ? [undefined, logits.shape.at(-1)] : [];

/** Outputs of a loss, and losses of a sample. */
const extentsOf = (logits: Node, attributes: LossAttributes): { N: number; positions: number } => {
  const { K: positions, N } = matrix(logits.shape);
  return isLabelled(attributes) ? { N, positions } : { N: size(logits.shape), positions: 1 };
};

const lossOperation: Operation<LossAttributes> = {
  name: 'loss',
  shape([logits, targets], attributes) {
    const { kind } = attributes;
    if (!logits.batched || !targets.batched)
      throw new ShapeError(`${kind}: expected an output and targets for each sample, got a value without samples`);
    if (isLabelled(attributes)) {
      if (logits.shape.length === 0 || !sameShape(logits.shape.slice(0, -1), targets.shape))
        throw new ShapeError(
          `${kind}: expected logits of shape [..., classes] and labels of shape [...], got ${showShape(logits.shape)} and ${showShape(targets.shape)}`,
        );
      return targets.shape;
    }
    if (!sameShape(logits.shape, targets.shape))
      throw new ShapeError(
        `${kind}: expected targets of the output's shape ${showShape(logits.shape)}, got ${showShape(targets.shape)}`,
      );
    return [];
  },
  indices,
  vjp(node, dy, [needsLogits, needsTargets], attributes) {
    const { targets } = rules[attributes.kind];
    return [
      needsLogits ? apply(lossGradientOperation, [...node.inputs, dy], attributes) : null,
      needsTargets && targets ? targets(node, dy) : null,
    ];
  },
  evaluate(node, [logits, targets], evaluation, { kind, alpha }) {
    const { loss } = rules[kind];
    const y = evaluation.allocate(node);
    return y.map((_, i) => loss(part(logits, i, y.length), part(targets, i, y.length), alpha));
  },
  lower(node, lowering, attributes) {
    const [logits, targets] = node.inputs.map((x) => lowering.buffer(x));
    const { kind, alpha } = attributes;
    const fields = { ...extentsOf(node.inputs[0], attributes), kind: Loss[kind], alpha };
    lowering.emit('lossForward', { logits, targets, y: lowering.buffer(node), ...fields });
  },
};

/** d logits = dy (d loss / d logits), dy one number a loss. */
const lossGradientOperation: Operation<LossAttributes> = {
  name: 'lossGradient',
  shape: ([logits]) => logits.shape,
  indices,
  vjp(node, g, [needsLogits, needsTargets, needsDy], attributes) {
    const { kind, alpha } = attributes;
    const [logits, targets, dy] = node.inputs;
    const each = dy.shape.length > 0 ? reshape(dy, [...dy.shape, 1]) : dy;
    const second = needsLogits || needsTargets ? rules[kind].second(node.inputs, mul(g, each), alpha) : [null, null];
    const ones = repeat(constant(new Float32Array(size(dy.shape)).fill(1), dy.shape));
    const unscaled = () => apply(lossGradientOperation, [logits, targets, ones], attributes);
    return [...second, needsDy ? sum(mul(g, unscaled()), isLabelled(attributes) ? -1 : undefined) : null];
  },
  evaluate(node, [logits, targets, dy], evaluation, { kind, alpha }) {
    const dx = evaluation.allocate(node);
    const n = dx.length / dy.length;
    for (let row = 0; row < dy.length; row++) {
      const gradient = rules[kind].gradient(part(logits, row, dy.length), part(targets, row, dy.length), alpha);
      for (let i = 0; i < n; i++) dx[row * n + i] = dy[row] * gradient(i);
    }
    return dx;
  },
  lower(node, lowering, attributes) {
    const [logits, targets, dy] = node.inputs.map((x) => lowering.buffer(x));
    const { kind, alpha } = attributes;
    const fields = { ...extentsOf(node, attributes), kind: Loss[kind], alpha };
    lowering.emit('lossBackward', { logits, targets, dy, dx: lowering.buffer(node), ...fields });
  },
};

const loss = (kind: LossName, logits: Node, targets: Node, alpha = 0): Node =>
  apply(lossOperation, [logits, targets], { kind, alpha });

/**
 * Cross-entropy of softmax(logits), logits of shape [n], against a label 0...n-1: logsumexp(z) - sum_i q_i z_i, with
 * q = (1 - labelSmoothing) onehot + labelSmoothing / n, by default onehot. Of logits [..., n] against labels [...] it is
 * the mean over the positions. The labels are an input, whose numbers are checked as they are fed, or an `argmax` along an
 * axis of at most n elements. With `classWeights` w of shape [n] a loss is multiplied by w_label; the mean over the batch
 * is still over the number of samples. Throws `ShapeError` or `ValueError` for shapes, or labels, that do not fit, and if
 * the smoothing is not in [0, 1).
 */
export function softmaxCrossEntropy(logits: Node, label: Node, labelSmoothing = 0, classWeights?: Node): Node {
  check('softmaxCrossEntropy', 'labelSmoothing', labelSmoothing, fraction);
  const plain = loss('softmaxCrossEntropy', logits, label, labelSmoothing);
  const classes = logits.shape.slice(-1);
  checkIndex('softmaxCrossEntropy', label, classes[0]);
  if (classWeights && !sameShape(classWeights.shape, classes))
    throw new ShapeError(
      `softmaxCrossEntropy: expected classWeights of shape ${showShape(classes)}, got ${showShape(classWeights.shape)}${of(classWeights)}`,
    );
  const weighted = classWeights ? mul(plain, gather(classWeights, label)) : plain;
  return weighted.shape.length > 0 ? mean(weighted) : weighted;
}

/**
 * Binary cross-entropy on logits, the mean over elements of max(z, 0) - z t + log(1 + e^-|z|). Throws `ShapeError` if the
 * shapes differ, as do the losses below.
 */
export const binaryCrossEntropy = (logits: Node, targets: Node): Node => loss('binaryCrossEntropy', logits, targets);

/** The mean over elements of d^2, d = output - target. */
export const meanSquaredError = (output: Node, targets: Node): Node => loss('meanSquaredError', output, targets);

/** The mean over elements of |d|, d = output - target; its derivative at 0 is 0. */
export const meanAbsoluteError = (output: Node, targets: Node): Node => loss('meanAbsoluteError', output, targets);

/**
 * The mean over elements of d^2/2 where |d| <= delta and delta (|d| - delta/2) elsewhere, d = output - target, delta
 * by default 1 (Huber, 1964). Throws `ValueError` if delta is not positive.
 */
export function huber(output: Node, targets: Node, delta = 1): Node {
  check('huber', 'delta', delta, positive);
  return loss('huber', output, targets, delta);
}

export const lossOperations = [lossOperation, lossGradientOperation];
