/** Parts of a tensor that integers name. */
import { ShapeError } from '../../errors.js';
import { axisMaps, lineMap, range } from '../line-map.js';
import { checkNodes, type Node, of, showShape, size } from '../node.js';
import { checkIndex, pick } from './choose.js';
import { embedding } from './embedding.js';
import { repeat } from './reduce.js';
import { reshape } from './reshape.js';

/**
 * The parts of x, of shape [n, ...rest], that integers 0 to n - 1 name along axis 0: of shape [...index, ...rest] for
 * an index of any shape. The index is an input, whose numbers are checked as they are fed, or an `argmax` along an axis
 * of at most n elements. Throws `ShapeError` or `ValueError` if they are not of this kind.
 */
export function gather(x: Node, index: Node): Node {
  checkNodes('gather', [x, index]);
  const [n, ...rest] = x.shape;
  if (n === undefined)
    throw new ShapeError(`gather: expected a tensor of at least one axis, got ${showShape(x.shape)}${of(x)}`);
  checkIndex('gather', index, n);
  const shape = [...index.shape, ...rest];
  // What all samples have in common is a table: it is read by the index, while a map has an entry for each candidate.
  if (!x.batched && index.batched) return reshape(embedding(reshape(x, [n, size(rest)]), index), shape);
  const any = range(size(index.shape)).map(() => range(n));
  const map = lineMap(
    size(x.shape),
    axisMaps(x.shape, (axis) => (axis === 0 ? any : undefined)),
  );
  return pick(x, x.batched && !index.batched ? repeat(index) : index, shape, map);
}
