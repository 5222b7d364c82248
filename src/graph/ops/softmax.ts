/** Softmax and its relatives along one axis of a sample. */
import { ShapeError } from '../../errors.js';
import { Softmax } from '../../program/generated/instructions.js';
import { axisOf, extentsAt } from '../axes.js';
import { apply, type Node, type Shape, size } from '../node.js';
import type { Operation } from '../operation.js';
import { exp, mul, sub } from './elementwise.js';
import { sum } from './reduce.js';
import { reshape } from './reshape.js';

interface AxisAttributes {
  /** From 0. */
  readonly axis: number;
}

/** ln sum_i e^(x_i). The greatest number is subtracted first, so that nothing overflows. */
export function logSumExpOf(x: ArrayLike<number>): number {
  let max = -Infinity;
  for (let i = 0; i < x.length; i++) max = Math.max(max, x[i]);
  if (!Number.isFinite(max)) return max;
  let total = 0;
  for (let i = 0; i < x.length; i++) total += Math.exp(x[i] - max);
  return max + Math.log(total);
}

/** Visits the groups of N elements along an axis of `count` tensors, each by the places of its elements. */
function visitGroups(
  shape: Shape,
  axis: number,
  count: number,
  visit: (places: readonly number[], group: number) => void,
): void {
  const { outer, N, inner } = extentsAt(shape, axis);
  for (let group = 0; group < count * outer * inner; group++) {
    const first = Math.floor(group / inner) * N * inner + (group % inner);
    visit(
      Array.from({ length: N }, (_, i) => first + i * inner),
      group,
    );
  }
}

const fieldsOf = (shape: Shape, axis: number) => {
  const { N, inner } = extentsAt(shape, axis);
  return { features: size(shape), N, inner };
};

/** A tensor without an axis, to be broadcast along it. */
const along = (x: Node, axis: number): Node => reshape(x, [...x.shape.slice(0, axis), 1, ...x.shape.slice(axis)]);

const sumAlong = (x: Node, axis: number): Node => along(sum(x, axis), axis);

/** y from x along an axis, which `logSumExp` takes away: its meaning for one group, and dx from dy, x and y. */
const operationOf = (
  name: keyof typeof Softmax,
  element: (x: number, logSum: number) => number,
  vjp: (dy: Node, x: Node, y: Node, axis: number) => Node,
): Operation<AxisAttributes> => ({
  name,
  shape([x], { axis }) {
    if (!x.batched) throw new ShapeError(`${name}: expected a tensor for each sample, got one for all samples`);
    return name === 'logSumExp' ? x.shape.filter((_, i) => i !== axis) : x.shape;
  },
  vjp: (node, dy, _, { axis }) => [vjp(dy, node.inputs[0], node, axis)],
  evaluate(node, [x], evaluation, { axis }) {
    const y = evaluation.allocate(node);
    visitGroups(node.inputs[0].shape, axis, evaluation.rows, (places, group) => {
      const logSum = logSumExpOf(places.map((i) => x[i]));
      if (name === 'logSumExp') y[group] = logSum;
      else for (const i of places) y[i] = element(x[i], logSum);
    });
    return y;
  },
  lower(node, lowering, { axis }) {
    const [x] = node.inputs;
    const fields = { x: lowering.buffer(x), y: lowering.buffer(node), kind: Softmax[name] };
    lowering.emit('softmax', { ...fields, ...fieldsOf(x.shape, axis) });
  },
});

const softmaxOperation = operationOf(
  'softmax',
  (x, logSum) => Math.exp(x - logSum),
  (dy, _, y, axis) => softmaxGradient(y, dy, axis),
);

const logSoftmaxOperation = operationOf(
  'logSoftmax',
  (x, logSum) => x - logSum,
  (dy, _, y, axis) => sub(dy, mul(exp(y), sumAlong(dy, axis))),
);

const logSumExpOperation = operationOf(
  'logSumExp',
  (_, logSum) => logSum,
  (dy, x, __, axis) => mul(softmax(x, axis), along(dy, axis)),
);

/** dx = y (dy - sum of y dy over the axis), with y the softmax. */
const gradientOperation: Operation<AxisAttributes> = {
  name: 'softmaxGradient',
  shape: ([y]) => y.shape,
  // With s = sum(y dy) and t = sum(y g): d/dy of g . y (dy - s) is g (dy - s) - t dy.
  vjp(node, g, [needsY, needsDy], { axis }) {
    const [y, dy] = node.inputs;
    const s = (a: Node): Node => sumAlong(mul(y, a), axis);
    return [needsY ? sub(mul(g, sub(dy, s(dy))), mul(dy, s(g))) : null, needsDy ? softmaxGradient(y, g, axis) : null];
  },
  evaluate(node, [y, dy], evaluation, { axis }) {
    const dx = evaluation.allocate(node);
    visitGroups(node.shape, axis, evaluation.rows, (places) => {
      const total = places.reduce((sum, i) => sum + y[i] * dy[i], 0);
      for (const i of places) dx[i] = y[i] * (dy[i] - total);
    });
    return dx;
  },
  lower(node, lowering, { axis }) {
    const [y, dy] = node.inputs.map((input) => lowering.buffer(input));
    lowering.emit('softmaxGradient', { y, dy, dx: lowering.buffer(node), ...fieldsOf(node.shape, axis) });
  },
};

/** The gradient dx of a softmax y, from dy: dx = y (dy - sum of y dy over the axis, which counts from 0). */
export const softmaxGradient = (y: Node, dy: Node, axis: number): Node => apply(gradientOperation, [y, dy], { axis });

/**
 * e^(x_i) / sum_j e^(x_j), j over an axis of each sample's tensor, by default the last. Throws `ShapeError` if there is
 * no such axis, and for a value without samples.
 */
export const softmax = (x: Node, axis = -1): Node => apply(softmaxOperation, [x], { axis: axisOf('softmax', x, axis) });

/**
 * x_i - ln sum_j e^(x_j), j over an axis of each sample's tensor, by default the last. Throws `ShapeError` if there is
 * no such axis, and for a value without samples.
 */
export const logSoftmax = (x: Node, axis = -1): Node =>
  apply(logSoftmaxOperation, [x], { axis: axisOf('logSoftmax', x, axis) });

/**
 * ln sum_j e^(x_j), j over an axis of each sample's tensor, by default the last, which the result no longer has. Throws
 * `ShapeError` if there is no such axis, and for a value without samples.
 */
export const logSumExp = (x: Node, axis = -1): Node =>
  apply(logSumExpOperation, [x], { axis: axisOf('logSumExp', x, axis) });

export const softmaxOperations = [softmaxOperation, logSoftmaxOperation, logSumExpOperation, gradientOperation];
