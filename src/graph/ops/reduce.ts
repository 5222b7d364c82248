/** Sums over a sample's elements, over some of its axes and over the batch, beside their adjoints, which spread. */
import { ShapeError } from '../../errors.js';
import { Elementwise } from '../../program/generated/instructions.js';
import { type Axes, axesOf } from '../axes.js';
import { range, reductionMap } from '../line-map.js';
import { apply, type Node, type Shape, showShape, size } from '../node.js';
import type { Operation } from '../operation.js';
import { emitElementwise, emitRowMajor, matrix } from '../storage.js';
import { combination, combine } from './combine.js';
import { reshape } from './reshape.js';

/** y = scale * (sum of x's elements), of each sample if x is batched. */
const sumOperation: Operation<{ readonly scale: number }> = {
  name: 'sum',
  shape: () => [],
  vjp: (node, dy, _, { scale }) => [spread(dy, node.inputs[0].shape, scale)],
  evaluate(node, [x], evaluation, { scale }) {
    const y = evaluation.allocate(node);
    const n = x.length / y.length;
    for (let row = 0; row < y.length; row++) {
      let total = 0;
      for (let i = 0; i < n; i++) total += x[row * n + i];
      y[row] = scale * total;
    }
    return y;
  },
  lower(node, lowering, { scale }) {
    const [x] = node.inputs;
    const fields = { x: lowering.buffer(x), y: lowering.buffer(node), scale };
    if (node.batched) lowering.emit('sumFeatures', { ...fields, features: size(x.shape) });
    else lowering.emit('sumPanels', { ...fields, ...matrix(x.shape) });
  },
};

/** Every element of y is scale * x, for a single number x. */
const spreadOperation: Operation<{ readonly shape: Shape; readonly scale: number }> = {
  name: 'spread',
  shape([x], { shape }) {
    if (x.shape.length > 0) throw new ShapeError(`spread: expected a single number, got shape ${showShape(x.shape)}`);
    return shape;
  },
  vjp: (_, dy, __, { scale }) => [apply(sumOperation, [dy], { scale })],
  evaluate(node, [x], evaluation, { scale }) {
    const y = evaluation.allocate(node);
    const n = y.length / x.length;
    return y.map((_, i) => scale * x[Math.floor(i / n)]);
  },
  lower: (node, lowering, { scale }) => emitElementwise(lowering, node, Elementwise.copy, node.inputs, scale),
};

interface BatchAttributes {
  /** Whether the sum, or what is given to each sample, is divided by the number of samples. */
  readonly mean: boolean;
}

/** The sum, or the mean, over the samples of a batched tensor. */
const sumBatchOperation: Operation<BatchAttributes> = {
  name: 'sumBatch',
  shape([x]) {
    if (!x.batched) throw new ShapeError('sumBatch: expected a tensor for each sample, got one without samples');
    return x.shape;
  },
  batched: () => false,
  vjp: (_, dy, __, attributes) => [apply(repeatOperation, [dy], attributes)],
  evaluate(node, [x], evaluation, { mean }) {
    const y = evaluation.allocate(node);
    for (let i = 0; i < y.length; i++) {
      let total = 0;
      for (let row = 0; row < evaluation.rows; row++) total += x[row * y.length + i];
      y[i] = mean ? total / evaluation.rows : total;
    }
    return y;
  },
  lower(node, lowering, { mean }) {
    const x = lowering.buffer(node.inputs[0]);
    const fields = { features: size(node.shape), mean: mean ? 1 : 0 };
    if (mean && node.shape.length === 0) lowering.emit('batchMean', { x, y: lowering.buffer(node) });
    else emitRowMajor(lowering, node, (y) => lowering.emit('sumBatch', { x, y, ...fields }));
  },
};

/** The same tensor for every sample of the batch, or an equal share of it. */
const repeatOperation: Operation<BatchAttributes> = {
  name: 'repeat',
  shape: ([x]) => x.shape,
  batched: () => true,
  vjp: (_, dy, __, attributes) => [apply(sumBatchOperation, [dy], attributes)],
  evaluate(node, [x], evaluation, { mean }) {
    const count = mean ? evaluation.rows : 1;
    return evaluation.allocate(node).map((_, i) => x[i % x.length] / count);
  },
  lower(node, lowering, { mean }) {
    const [x] = node.inputs;
    const y = lowering.buffer(node);
    if (mean) lowering.emit('shareBatch', { x: lowering.flat(x), y, features: size(node.shape) });
    else emitElementwise(lowering, node, Elementwise.copy, [x], 1);
  },
};

const sumAxesOperation = combination('sumAxes');

/** scale * (sum over the axes, which the result lacks); all axes if none are named. */
function scaledSum(name: string, x: Node, axes: Axes | undefined, scale: (count: number) => number): Node {
  const summed = axesOf(name, x, axes);
  const shape = x.shape.filter((_, axis) => !summed.includes(axis));
  if (shape.length === 0) return apply(sumOperation, [x], { scale: scale(size(x.shape)) });
  const map = reductionMap(x.shape, summed);
  return combine(sumAxesOperation, x, { shape, map, scale: scale(size(x.shape) / size(shape)) });
}

/**
 * The sum over axes of each sample's tensor, which the result lacks; over all of them by default: y = sum_i x_i.
 * Throws `ShapeError` for an axis that x does not have.
 */
export const sum = (x: Node, axes?: Axes): Node => scaledSum('sum', x, axes, () => 1);

/** The mean over axes, as `sum` takes them: y = (1/n) sum_i x_i. */
export const mean = (x: Node, axes?: Axes): Node => scaledSum('mean', x, axes, (n) => 1 / n);

/** A tensor of this shape with every element scale * x, for a single number x. */
export const spread = (x: Node, shape: Shape, scale = 1): Node =>
  shape.length === 0 && scale === 1 ? x : apply(spreadOperation, [x], { shape, scale });

/** The mean over the samples of the batch: what `forward()` returns of a loss. */
export const batchMean = (x: Node): Node => apply(sumBatchOperation, [x], { mean: true });

/** The same tensor for every sample. */
export const repeat = (x: Node): Node => apply(repeatOperation, [x], { mean: false });

/** The sum over all axes but the last. */
export const sumLeading = (x: Node): Node => (x.shape.length < 2 ? x : sum(x, range(x.shape.length - 1)));

/** The sum over the samples of the batch. */
export const sumBatch = (x: Node): Node => apply(sumBatchOperation, [x], { mean: false });

/** The gradient dy, summed over whatever `x` was broadcast along. */
export function unbroadcast(dy: Node, x: Node): Node {
  const added = dy.shape.length - x.shape.length;
  const axes = range(dy.shape.length).filter((axis) => axis < added || x.shape[axis - added] < dy.shape[axis]);
  const summed = axes.length > 0 ? reshape(sum(dy, axes), x.shape) : dy;
  return summed.batched && !x.batched ? sumBatch(summed) : summed;
}

export const reduceOperations = [sumOperation, spreadOperation, sumBatchOperation, repeatOperation, sumAxesOperation];
