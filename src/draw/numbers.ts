/** Numbers as a picture has room for them. */
import { type Shape, showShape, size } from '../graph/node.js';

/** What stands beside a node: a number, or numbers in row-major order, with a shape or in that of the node. */
export type Drawable = number | ArrayLike<number> | { readonly shape: Shape; readonly data: ArrayLike<number> };

/** A number in two to four significant digits; a whole one as it is. */
export function showNumber(x: number): string {
  if (!Number.isFinite(x)) return String(x);
  const magnitude = Math.abs(x);
  if (magnitude >= 1e4 || (magnitude < 1e-3 && magnitude > 0)) return x.toExponential(1).replace('e+', 'e');
  if (Number.isInteger(x)) return String(x === 0 ? 0 : x);
  if (magnitude >= 100) return x.toFixed(0);
  return magnitude < 0.1 ? x.toPrecision(2) : x.toFixed(2);
}

/** A number, or the Euclidean norm of several: ‖x‖ = sqrt(sum_i x_i^2). */
export function showMagnitude(value: Drawable): string {
  if (typeof value === 'number') return showNumber(value);
  const data = 'data' in value ? value.data : value;
  let squares = 0;
  for (let i = 0; i < data.length; i++) squares += data[i] * data[i];
  return `‖${showNumber(Math.sqrt(squares))}‖`;
}

/** A number, or the shape and norm of several. `shape` is that of one sample. */
export function showValue(value: Drawable, shape: Shape): string {
  if (typeof value === 'number') return showNumber(value);
  const rows = 'data' in value ? 0 : value.length / size(shape);
  const whole = 'data' in value ? value.shape : rows === 1 ? shape : [rows, ...shape];
  return `${showShape(whole)} ${showMagnitude(value)}`;
}
