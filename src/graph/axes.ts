/** The axes of a sample's tensor. */
import { ShapeError, ValueError } from '../errors.js';
import { type Shape, showShape, size } from './node.js';

/** An axis or several, from 0, or from the end by negative numbers. */
export type Axes = number | readonly number[];

/** An axis counted from the front; -1 is the last one. Throws `ShapeError` if the shape has no such axis. */
export function axisOf(operation: string, shape: Shape, axis: number): number {
  const fromFront = axis < 0 ? axis + shape.length : axis;
  if (Number.isInteger(axis) && fromFront >= 0 && fromFront < shape.length) return fromFront;
  throw new ShapeError(`${operation}: expected an axis of shape ${showShape(shape)}, got ${axis}`);
}

/** The axes, ascending. Throws `ShapeError` if one does not exist, `ValueError` if one is named twice. */
export function axesOf(operation: string, shape: Shape, axes: Axes): number[] {
  const list = (typeof axes === 'number' ? [axes] : axes).map((axis) => axisOf(operation, shape, axis));
  if (new Set(list).size < list.length)
    throw new ValueError(`${operation}: expected every axis once, got [${list.join(', ')}]`);
  return list.sort((a, b) => a - b);
}

/** The extent N of an axis, and the number of elements in the axes before and behind it. */
export const extentsAt = (shape: Shape, axis: number): { outer: number; N: number; inner: number } => ({
  outer: size(shape.slice(0, axis)),
  N: shape[axis],
  inner: size(shape.slice(axis + 1)),
});

/** The shape that both are broadcast to, as in NumPy: extents are compared from the last, and 1 goes with every other. */
export function broadcastShape(operation: string, a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const [m, n] = [a, b].map((shape) => shape[shape.length - rank + i] ?? 1);
    if (m !== n && m !== 1 && n !== 1)
      throw new ShapeError(
        `${operation}: expected shapes that go together from the last axis on, got ${showShape(a)} and ${showShape(b)}`,
      );
    return m === 1 ? n : m;
  });
}
