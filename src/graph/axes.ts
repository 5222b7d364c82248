/** Axes of a shape, as people name them: from 0, or from the end by negative numbers. */
import { ShapeError, ValueError } from '../errors.js';
import { type Shape, showShape, size } from './node.js';

/** The axis from 0 to rank - 1. Throws `ValueError` if the shape has no such axis. */
export function axisOf(operation: string, axis: number, shape: Shape): number {
  const rank = shape.length;
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank)
    throw new ValueError(`${operation}: expected an axis of the shape ${showShape(shape)}, got ${axis}`);
  return axis < 0 ? axis + rank : axis;
}

/** The axes, ascending. Throws `ValueError` if one does not exist or is named twice. */
export function axesOf(operation: string, axes: number | readonly number[], shape: Shape): number[] {
  const list = (typeof axes === 'number' ? [axes] : axes).map((axis) => axisOf(operation, axis, shape));
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
