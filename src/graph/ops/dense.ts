/**
 * The dense product and its two gradients. Each of the three is the gradient of the others, so the family is closed
 * under differentiation.
 */
import { ShapeError } from '../../errors.js';
import { Activation, Rule } from '../../program/generated/instructions.js';
import { apply, type Node, type Shape, showShape } from '../node.js';
import type { Operation } from '../operation.js';
import { matrix } from '../storage.js';
import { sumBatch, sumLeading } from './reduce.js';

/** Products begin without an activation and an update; fusion gives them both. */
const LINEAR = { activation: Activation.linear, alpha: 0 };
const NO_UPDATE = { rule: Rule.none, w: null, s0: null, s1: null };

/** Axes before the last count as so many samples more. */
const positionsOf = (node: Node): number => matrix(node.shape).K;

/** The shape of a node with another last axis. */
const withLast = (node: Node, last: number): Shape => [...node.shape.slice(0, -1), last];

/** Y = X W + b, from x [..., K] of each sample, W [K, N] and b [N]: y_n = sum_k x_k W_kn + b_n. */
const denseOperation: Operation = {
  name: 'dense',
  shape([x, w, b]) {
    if (x.shape.length === 0 || !x.batched)
      throw new ShapeError(`dense: expected x of shape [..., inputs] for each sample, got ${showShape(x.shape)}`);
    const K = x.shape.at(-1);
    if (w.shape.length !== 2 || w.batched || w.shape[0] !== K)
      throw new ShapeError(`dense: expected a weight of shape [${K}, outputs], got ${showShape(w.shape)}`);
    if (b && (b.shape.length !== 1 || b.batched || b.shape[0] !== w.shape[1]))
      throw new ShapeError(`dense: expected a bias of shape [${w.shape[1]}], got ${showShape(b.shape)}`);
    return withLast(x, w.shape[1]);
  },
  // dX = dY W^T comes before dW = X^T dY: an update fused into dW may then change W.
  vjp(node, dy, [needsX, needsW, needsB]) {
    const [x, w] = node.inputs;
    const dx = needsX ? apply(inputGradientOperation, [dy, w], {}) : null;
    const dw = needsW ? apply(weightGradientOperation, [x, dy], {}) : null;
    const db = needsB ? sumBatch(sumLeading(dy)) : null;
    return [dx, dw, db].slice(0, node.inputs.length);
  },
  evaluate(node, [x, w, b], evaluation) {
    const y = evaluation.allocate(node);
    const [K, N] = node.inputs[1].shape;
    for (let m = 0; m < x.length / K; m++)
      for (let n = 0; n < N; n++) {
        let sum = b ? b[n] : 0;
        for (let k = 0; k < K; k++) sum += x[m * K + k] * w[k * N + n];
        y[m * N + n] = sum;
      }
    return y;
  },
  lower(node, lowering) {
    const [x, w, b] = node.inputs;
    const [K, N] = w.shape;
    const y = lowering.buffer(node);
    lowering.emit('denseForward', {
      x: lowering.buffer(x),
      w: lowering.buffer(w),
      b: b ? lowering.buffer(b) : null,
      z: y,
      y,
      K,
      N,
      positions: positionsOf(x),
      ...LINEAR,
    });
  },
};

/** dX = dY W^T: dx_k = sum_n dy_n W_kn. */
const inputGradientOperation: Operation = {
  name: 'denseInputGradient',
  shape: ([dy, w]) => withLast(dy, w.shape[0]),
  vjp(node, g, [needsDy, needsW]) {
    const [dy, w] = node.inputs;
    return [needsDy ? dense(g, w) : null, needsW ? apply(weightGradientOperation, [g, dy], {}) : null];
  },
  evaluate(node, [dy, w], evaluation) {
    const dx = evaluation.allocate(node);
    const [K, N] = node.inputs[1].shape;
    for (let m = 0; m < dy.length / N; m++)
      for (let k = 0; k < K; k++) {
        let sum = 0;
        for (let n = 0; n < N; n++) sum += dy[m * N + n] * w[k * N + n];
        dx[m * K + k] = sum;
      }
    return dx;
  },
  lower(node, lowering) {
    const [dy, w] = node.inputs;
    const [K, N] = w.shape;
    lowering.emit('denseBackwardInput', {
      dy: lowering.buffer(dy),
      w: lowering.buffer(w),
      saved: null,
      dx: lowering.buffer(node),
      K,
      N,
      positions: positionsOf(dy),
      ...LINEAR,
    });
  },
};

/** dW = X^T dY, summed over the batch: dW_kn = sum_m x_mk dy_mn. */
const weightGradientOperation: Operation = {
  name: 'denseWeightGradient',
  shape: ([x, dy]) => [x, dy].map((node) => node.shape.at(-1) as number),
  batched: () => false,
  vjp(node, g, [needsX, needsDy]) {
    const [x, dy] = node.inputs;
    return [needsX ? apply(inputGradientOperation, [dy, g], {}) : null, needsDy ? dense(x, g) : null];
  },
  evaluate(node, [x, dy], evaluation) {
    const dw = evaluation.allocate(node);
    const [K, N] = node.shape;
    for (let k = 0; k < K; k++)
      for (let n = 0; n < N; n++) {
        let sum = 0;
        for (let m = 0; m < x.length / K; m++) sum += x[m * K + k] * dy[m * N + n];
        dw[k * N + n] = sum;
      }
    return dw;
  },
  lower(node, lowering) {
    const [x, dy] = node.inputs;
    const [K, N] = node.shape;
    lowering.emit('denseBackwardWeight', {
      x: lowering.buffer(x),
      dyT: lowering.transposed(dy),
      dw: lowering.buffer(node),
      K,
      N,
      positions: positionsOf(x),
      ...NO_UPDATE,
    });
  },
};

/**
 * A dense layer: y = x W + b for each sample, with x of shape [K], the weight [K, N], the bias [N] or none. Where x has
 * more axes it is a layer on the last one, the same at all positions of the others.
 * Throws `ShapeError` when they do not fit.
 */
export const dense = (x: Node, weight: Node, bias?: Node): Node =>
  apply(denseOperation, bias ? [x, weight, bias] : [x, weight], {});

export const denseOperations = [denseOperation, inputGradientOperation, weightGradientOperation];
