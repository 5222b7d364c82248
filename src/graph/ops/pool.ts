/** Pooling over the windows of images [height, width, channels]. */
import { ShapeError, ValueError } from '../../errors.js';
import { anything, checkFields, type FieldsOf } from '../../fields.js';
import { axisMaps, type LineMap, lineMap, range } from '../line-map.js';
import { checkNodes, type Node, of, type Shape, showShape, size } from '../node.js';
import { type Extents, pairOf } from '../window.js';
import { greatest } from './choose.js';
import { combination, combine } from './combine.js';
import { mean } from './reduce.js';

export interface PoolOptions {
  /** Extents of the window. */
  readonly size: Extents;
  /** Steps from one window to the next; by default the size, so that windows do not overlap. */
  readonly stride?: Extents | undefined;
  /** Lines on each side of the image, at most half a window; by default none. */
  readonly padding?: Extents | undefined;
}

/** The fields of `PoolOptions`, whose extents `pairOf` checks. */
export const poolFields: FieldsOf<PoolOptions> = { size: anything, stride: anything, padding: anything };

const avgPoolOperation = combination('avgPool2d');

/** The windows of a pool: the output's shape, the map to their elements in row-major order, and elements a window. */
function windows(operation: string, x: Node, options: PoolOptions): { shape: Shape; map: LineMap; count: number } {
  checkNodes(operation, [x]);
  if (x.shape.length !== 3)
    throw new ShapeError(
      `${operation}: expected an image [height, width, channels], got shape ${showShape(x.shape)}${of(x)}`,
    );
  checkFields(operation, options, poolFields);
  const sizes = pairOf(operation, 'size', options.size, 1);
  const strides = pairOf(operation, 'stride', options.stride ?? options.size, 1);
  const paddings = pairOf(operation, 'padding', options.padding ?? 0, 0);
  if (paddings.some((padding, axis) => 2 * padding > sizes[axis]))
    throw new ValueError(
      `${operation}: expected a padding of at most half the size ${showShape(sizes)}, got ${showShape(paddings)}`,
    );
  if (sizes.some((n, axis) => n > x.shape[axis] + 2 * paddings[axis]))
    throw new ShapeError(
      `${operation}: expected a window within the padded image, whose channels come last, got ${showShape(sizes)} over ${showShape(x.shape.slice(0, 2))} padded by ${showShape(paddings)}${of(x)}`,
    );
  const maps = axisMaps(x.shape, (axis, extent) => {
    if (axis === 2) return undefined;
    const [n, stride, padding] = [sizes[axis], strides[axis], paddings[axis]];
    const outputs = Math.floor((extent + 2 * padding - n) / stride) + 1;
    return range(outputs).map((i) => range(n, i * stride - padding).filter((index) => index >= 0 && index < extent));
  });
  const map = lineMap(size(x.shape), maps);
  return { shape: maps.map(({ sets }) => sets.length), map, count: sizes[0] * sizes[1] };
}

/**
 * The greatest element of each window, channel by channel: [h, w, c] to [h', w', c] with
 * h' = floor((h + 2 padding - size) / stride) + 1. What lies in the padding is never chosen; of equal elements the first
 * gets the gradient. Throws `ShapeError` for a window larger than the padded image, `ValueError` for options that
 * are not as above.
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
  checkNodes('globalAvgPool', [x]);
  if (x.shape.length < 2)
    throw new ShapeError(`globalAvgPool: expected x of shape [..., channels], got ${showShape(x.shape)}${of(x)}`);
  return mean(x, range(x.shape.length - 1));
}

export const poolOperations = [avgPoolOperation];
