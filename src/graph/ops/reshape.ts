/** Another shape for the same elements in the same order. */
import { ShapeError } from '../../errors.js';
import { show } from '../../fields.js';
import { apply, checkNodes, type Node, of, type Shape, sameShape, showShape, size } from '../node.js';
import type { Operation } from '../operation.js';
import { matrix } from '../storage.js';

const reshapeOperation: Operation<{ readonly shape: Shape }> = {
  name: 'reshape',
  shape: (_, { shape }) => shape,
  vjp: ({ inputs: [x] }, dy) => [reshape(dy, x.shape)],
  evaluate: (_, [x]) => x,
  lower(node, lowering) {
    const [x] = node.inputs;
    const [from, to] = [x, node].map(({ shape }) => matrix(shape));
    const sameLayout = from.N === to.N && Math.min(from.block, from.K) === Math.min(to.block, to.K);
    if (node.batched || sameLayout) lowering.alias(node, x);
    else lowering.emit('packPanels', { source: lowering.flat(x), target: lowering.buffer(node), ...to });
  },
};

/**
 * The same elements in row-major order, with another shape; one extent may be -1, for what is left. It costs nothing
 * where x has samples. Throws `ShapeError` if the shape has another number of elements.
 */
export function reshape(x: Node, shape: Shape): Node {
  checkNodes('reshape', [x]);
  if (!Array.isArray(shape)) throw new ShapeError(`reshape: expected a list of extents, got ${show(shape)}${of(x)}`);
  const known = size(shape.map((extent) => (extent === -1 ? 1 : extent)));
  const complete = shape.map((extent) => (extent === -1 ? size(x.shape) / known : extent));
  if (!complete.every((extent) => Number.isInteger(extent) && extent > 0) || size(complete) !== size(x.shape))
    throw new ShapeError(
      `reshape: expected a shape of ${size(x.shape)} elements like ${showShape(x.shape)}, got ${show(shape)}${of(x)}`,
    );
  return sameShape(complete, x.shape) ? x : apply(reshapeOperation, [x], { shape: complete });
}

/** All elements along one axis. */
export function flatten(x: Node): Node {
  checkNodes('flatten', [x]);
  return reshape(x, [-1]);
}

export const reshapeOperations = [reshapeOperation];
