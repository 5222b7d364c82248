/** Extents over the two axes of an image. */
import { ValueError } from '../errors.js';
import { show } from '../fields.js';

export type Pair = readonly [y: number, x: number];

/** One number for both axes, or [vertical, horizontal]. */
export type Extents = number | Pair;

export const each = (f: (axis: 0 | 1) => number): Pair => [f(0), f(1)];

/** Both extents. Throws `ValueError` unless they are integers of at least `least`. */
export function pairOf(operation: string, name: string, value: Extents, least: number): Pair {
  const pair = typeof value === 'number' ? [value, value] : value;
  if (Array.isArray(pair) && pair.length === 2 && pair.every((n) => Number.isInteger(n) && n >= least))
    return pair as unknown as Pair;
  throw new ValueError(
    `${operation}: expected ${name} to be one or two integers of at least ${least}, got ${show(value)}`,
  );
}
