/** What moves a tensor's elements and computes nothing. Axes are those of a sample; the batch is not one of them. */
import { ShapeError, ValueError } from '../../errors.js';
import { show } from '../../fields.js';
import { axisOf, broadcastShape } from '../axes.js';
import { type AxisMap, axisMaps, identity, lineMap, range, strides } from '../line-map.js';
import { apply, checkNodes, type Node, of, type Shape, sameShape, showShape, size } from '../node.js';
import type { Operation } from '../operation.js';
import { emitRowMajor } from '../storage.js';
import { combination, combine, emitCombine } from './combine.js';
import { repeat } from './reduce.js';
import { checkShape } from './source.js';

const sliceOperation = combination('slice');
const padOperation = combination('pad');
const permuteOperation = combination('permute');
const tileOperation = combination('tile');
const broadcastOperation = combination('broadcast');

const moved = (operation: typeof sliceOperation, x: Node, axes: readonly AxisMap[], shape?: Shape): Node =>
  combine(operation, x, {
    shape: shape ?? axes.map(({ sets }) => sets.length),
    map: lineMap(size(x.shape), axes),
    scale: 1,
  });

/** Throws `ShapeError` unless there is one of these for each axis of x. */
function checkRank(operation: string, what: string, list: readonly unknown[], x: Node): void {
  checkNodes(operation, [x]);
  if (!Array.isArray(list) || list.length !== x.shape.length)
    throw new ShapeError(
      `${operation}: expected ${what} for each axis of the shape ${showShape(x.shape)}, got ${show(list)}${of(x)}`,
    );
}

/**
 * The elements from `begin` to `end` - 1 along each axis; negative numbers count from the end, and `end` is by default
 * that of x: slice(x, [1, 0], [-1, 2]) is x[1:-1, 0:2]. Throws `ShapeError` or `ValueError` if they do not fit.
 */
export function slice(x: Node, begin: readonly number[], end?: readonly number[]): Node {
  checkRank('slice', 'a begin', begin, x);
  if (end) checkRank('slice', 'an end', end, x);
  const ranges = x.shape.map((extent, axis) => {
    const [first, last] = [begin[axis], end?.[axis] ?? extent].map((index) => (index < 0 ? index + extent : index));
    if (![first, last].every(Number.isInteger) || !(0 <= first && first < last && last <= extent))
      throw new ValueError(
        `slice: expected a range of at least one element within 0 to ${extent} for axis ${axis}, got ${show(begin[axis])} to ${show(end?.[axis] ?? extent)}${of(x)}`,
      );
    return range(last - first, first).map((index) => [index]);
  });
  return moved(
    sliceOperation,
    x,
    axisMaps(x.shape, (axis) => ranges[axis]),
  );
}

/** x with as many zeros before and after it along each axis: [before, after]. Throws `ShapeError` or `ValueError`. */
export function pad(x: Node, widths: readonly (readonly [number, number])[]): Node {
  checkRank('pad', 'a pair of widths', widths, x);
  for (const pair of widths)
    if (!Array.isArray(pair) || pair.length !== 2 || !pair.every((width) => Number.isInteger(width) && width >= 0))
      throw new ValueError(`pad: expected two numbers of zeros for each axis, got ${show(widths)}${of(x)}`);
  const sets = (axis: number, extent: number) =>
    range(widths[axis][0] + extent + widths[axis][1], -widths[axis][0]).map((index) =>
      index >= 0 && index < extent ? [index] : [],
    );
  return moved(padOperation, x, axisMaps(x.shape, sets));
}

/** x with its axes in another order: axis i of the result is axis axes[i] of x. Throws `ShapeError` or `ValueError`. */
export function permute(x: Node, axes: readonly number[]): Node {
  checkRank('permute', 'an axis', axes, x);
  const order = axes.map((axis) => axisOf('permute', x, axis));
  if (new Set(order).size < order.length)
    throw new ValueError(`permute: expected every axis once, got [${axes.join(', ')}]${of(x)}`);
  const maps = axisMaps(x.shape, () => undefined);
  return moved(
    permuteOperation,
    x,
    order.map((axis) => maps[axis]),
  );
}

/** The matrix transpose: the last two axes exchanged. Throws `ShapeError` if x has fewer. */
export function transpose(x: Node): Node {
  checkNodes('transpose', [x]);
  const rank = x.shape.length;
  if (rank < 2) throw new ShapeError(`transpose: expected at least two axes, got shape ${showShape(x.shape)}${of(x)}`);
  return permute(x, [...range(rank - 2), rank - 1, rank - 2]);
}

/** x repeated as a whole this often along each axis. Throws `ShapeError` or `ValueError` if the numbers do not fit. */
export function tile(x: Node, repeats: readonly number[]): Node {
  checkRank('tile', 'a number of repeats', repeats, x);
  if (!repeats.every((count) => Number.isInteger(count) && count >= 1))
    throw new ValueError(`tile: expected numbers of repeats of at least 1, got ${show(repeats)}${of(x)}`);
  const sets = (axis: number, extent: number) => range(repeats[axis] * extent).map((index) => [index % extent]);
  return moved(tileOperation, x, axisMaps(x.shape, sets));
}

/**
 * x with this shape, repeated along new leading axes and along those where its extent is 1, as in NumPy. Throws
 * `ShapeError` if the shape does not go with x.
 */
export function broadcast(x: Node, shape: Shape): Node {
  checkNodes('broadcast', [x]);
  checkShape('broadcast', shape);
  if (!sameShape(broadcastShape(x.shape, shape) ?? [], shape))
    throw new ShapeError(
      `broadcast: expected a shape that ${showShape(x.shape)} fits into, got ${showShape(shape)}${of(x)}`,
    );
  const added = shape.length - x.shape.length;
  const padded = [...shape.slice(0, added).fill(1), ...x.shape];
  const sets = (axis: number, extent: number) => range(shape[axis]).map((index) => [extent === 1 ? 0 : index]);
  return moved(broadcastOperation, x, axisMaps(padded, sets));
}

/** The inputs one after the other along an axis. */
const concatOperation: Operation<{ readonly axis: number }> = {
  name: 'concat',
  shape(inputs, { axis }) {
    const [{ shape }] = inputs;
    for (const x of inputs)
      if (x.shape.length !== shape.length || x.shape.some((extent, i) => i !== axis && extent !== shape[i]))
        throw new ShapeError(
          `concat: expected shapes that differ along axis ${axis} alone, got ${inputs.map((x) => showShape(x.shape)).join(' and ')}`,
        );
    return shape.map((extent, i) => (i === axis ? inputs.reduce((total, x) => total + x.shape[axis], 0) : extent));
  },
  vjp(node, dy, needed, { axis }) {
    let first = 0;
    return node.inputs.map((x, i) => {
      const begin = node.shape.map((_, a) => (a === axis ? first : 0));
      first += x.shape[axis];
      return needed[i]
        ? slice(
            dy,
            begin,
            node.shape.map((extent, a) => (a === axis ? first : extent)),
          )
        : null;
    });
  },
  evaluate(node, inputs, evaluation, { axis }) {
    const y = evaluation.allocate(node);
    const step = strides(node.shape)[axis];
    let first = 0;
    node.inputs.forEach((x, i) => {
      const block = step * x.shape[axis];
      inputs[i].forEach((value, j) => {
        y[Math.floor(j / block) * step * node.shape[axis] + first + (j % block)] = value;
      });
      first += block;
    });
    return y;
  },
  lower(node, lowering, { axis }) {
    const step = strides(node.shape)[axis];
    const stride = step * node.shape[axis];
    emitRowMajor(lowering, node, (y) => {
      let first = 0;
      for (const x of node.inputs) {
        const block = step * x.shape[axis];
        emitCombine(lowering, node, identity(block, size(node.shape) / stride), { kind: 'sum', x, y, first, stride });
        first += block;
      }
    });
  },
};

/**
 * The tensors one after the other along an axis, by default the first, in which alone their shapes differ. Throws
 * `ValueError` for an empty list, `ShapeError` for an axis that they do not have or shapes that do not go together.
 */
export function concat(xs: readonly Node[], axis = 0): Node {
  if (!Array.isArray(xs) || xs.length === 0)
    throw new ValueError(`concat: expected a list of at least one tensor, got ${show(xs)}`);
  checkNodes('concat', xs);
  const batched = xs.some((x) => x.batched);
  const inputs = xs.map((x) => (batched && !x.batched ? repeat(x) : x));
  return apply(concatOperation, inputs, { axis: axisOf('concat', xs[0], axis) });
}

export const moveOperations = [
  sliceOperation,
  padOperation,
  permuteOperation,
  tileOperation,
  broadcastOperation,
  concatOperation,
];
