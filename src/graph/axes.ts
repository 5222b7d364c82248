/** The axes of a sample's tensor. */
import { ShapeError, ValueError } from '../errors.js';
import { show } from '../fields.js';
import { checkNodes, type Node, of, type Shape, showShape, size } from './node.js';

/** An axis or several, from 0, or from the end by negative numbers. */
export type Axes = number | readonly number[];

/** An axis of x counted from the front; -1 is the last one. Throws `ShapeError` if x has no such axis. */
export function axisOf(operation: string, x: Node, axis: number): number {
  checkNodes(operation, [x]);
  const { shape } = x;
  const fromFront = axis < 0 ? axis + shape.length : axis;
  if (Number.isInteger(axis) && fromFront >= 0 && fromFront < shape.length) return fromFront;
  throw new ShapeError(`${operation}: expected an axis of shape ${showShape(shape)}, got ${show(axis)}${of(x)}`);
}

/** The axes of x, ascending; all of them if none are named. Throws `ShapeError` if one does not exist, `ValueError` if one is named twice. */
export function axesOf(operation: string, x: Node, axes?: Axes): number[] {
  checkNodes(operation, [x]);
  if (axes === undefined) return x.shape.map((_, axis) => axis);
  if (typeof axes !== 'number' && !Array.isArray(axes))
    throw new ValueError(`${operation}: expected an axis or a list of them, got ${show(axes)}`);
  const list = (typeof axes === 'number' ? [axes] : axes).map((axis) => axisOf(operation, x, axis));
  if (new Set(list).size < list.length)
    throw new ValueError(`${operation}: expected every axis once, got [${list.join(', ')}]${of(x)}`);
  return list.sort((a, b) => a - b);
}

/** The extent N of an axis, and the number of elements in the axes before and behind it. */
export const extentsAt = (shape: Shape, axis: number): { outer: number; N: number; inner: number } => ({
  outer: size(shape.slice(0, axis)),
  N: shape[axis],
  inner: size(shape.slice(axis + 1)),
});

/**
 * The shape that both are broadcast to, as in NumPy: extents are compared from the last, and 1 goes with every other. Null
 * if they do not go together.
 */
export function broadcastShape(a: Shape, b: Shape): Shape | null {
  const rank = Math.max(a.length, b.length);
  const pairs = Array.from({ length: rank }, (_, i) => [a, b].map((shape) => shape[shape.length - rank + i] ?? 1));
  return pairs.every(([m, n]) => m === n || m === 1 || n === 1) ? pairs.map(([m, n]) => (m === 1 ? n : m)) : null;
}
