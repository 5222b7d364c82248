/** Pooling over the windows of images [height, width, channels]. */
import { ShapeError, ValueError } from '../../errors.js';
import { axisMaps, type LineMap, lineMap, range } from '../line-map.js';
import { type Node, type Shape, showShape, size } from '../node.js';
import { greatest } from './choose.js';
import { combination, combine } from './combine.js';
import { mean } from './reduce.js';

/** One number for both axes of an image, or [vertical, horizontal]. */
export type Both = number | readonly [number, number];

export interface PoolOptions {
  readonly size: Both;
  /** Steps from one window to the next; by default the size, so that windows do not overlap. */
  readonly stride?: Both;
  /** Lines on each side of the image, at most half a window; by default none. */
  readonly padding?: Both;
}

const avgPoolOperation = combination('avgPool2d');

/** The windows of a pool: the output's shape, the map to their elements in row-major order, and elements a window. */
function windows(operation: string, x: Node, options: PoolOptions): { shape: Shape; map: LineMap; count: number } {
  if (x.shape.length !== 3)
    throw new ShapeError(`${operation}: expected an image [height, width, channels], got shape ${showShape(x.shape)}`);
  const sizes = pairOf(operation, 'size', options.size, 1);
  const strides = pairOf(operation, 'stride', options.stride ?? options.size, 1);
  const paddings = pairOf(operation, 'padding', options.padding ?? 0, 0);
  const maps = axisMaps(x.shape, (axis, extent) => {
    if (axis === 2) return undefined;
    const [n, stride, padding] = [sizes[axis], strides[axis], paddings[axis]];
    if (2 * padding > n)
      throw new ValueError(`${operation}: expected a padding of at most half the size ${n}, got ${padding}`);
    if (extent + 2 * padding < n)
      throw new ShapeError(`${operation}: expected windows within ${extent + 2 * padding} lines, got a size of ${n}`);
    const outputs = Math.floor((extent + 2 * padding - n) / stride) + 1;
    return range(outputs).map((i) => range(n, i * stride - padding).filter((index) => index >= 0 && index < extent));
  });
  const map = lineMap(size(x.shape), maps);
  return { shape: maps.map(({ sets }) => sets.length), map, count: sizes[0] * sizes[1] };
}

function pairOf(operation: string, name: string, value: Both, least: number): readonly [number, number] {
  const pair: readonly [number, number] = typeof value === 'number' ? [value, value] : value;
  if (pair.length !== 2 || !pair.every((n) => Number.isInteger(n) && n >= least))
    throw new ValueError(
      `${operation}: expected a ${name} of one or two integers of at least ${least}, got ${JSON.stringify(value)}`,
    );
  return pair;
}

/**
 * The greatest element of each window, channel by channel: [h, w, c] to [h', w', c] with
 * h' = floor((h + 2 padding - size) / stride) + 1. What lies in the padding is never chosen; of equal elements the first
 * gets the gradient. Throws `ShapeError` for a window larger than the padded image, `ValueError` for options that are
 * none.
 */
export function maxPool2d(x: Node, options: PoolOptions): Node {
  const { shape, map } = windows('maxPool2d', x, options);
  return greatest(x, shape, map);
}

/** The mean of each window, as `maxPool2d` takes them. Padding counts as zeros, as PyTorch has it by default. */
export function avgPool2d(x: Node, options: PoolOptions): Node {
  const { shape, map, count } = windows('avgPool2d', x, options);
  return combine(avgPoolOperation, x, { shape, map, scale: 1 / count });
}

/**
 * The mean of each channel over all positions: [height, width, channels] to [channels], or [length, channels]. Throws
 * `ShapeError` for a shape without positions.
 */
export function globalAvgPool(x: Node): Node {
  if (x.shape.length < 2)
    throw new ShapeError(`globalAvgPool: expected x of shape [..., channels], got ${showShape(x.shape)}`);
  return mean(x, range(x.shape.length - 1));
}

export const poolOperations = [avgPoolOperation];
