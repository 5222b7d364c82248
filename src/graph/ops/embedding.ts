/** Embedding: a table whose rows integers name, and its gradient. Each is the gradient of the other. */
import { ShapeError } from '../../errors.js';
import { apply, type Node, type Shape, showShape, size } from '../node.js';
import type { Operation } from '../operation.js';
import { checkIndex } from './choose.js';

/** What the kernels are told of a table [K, N] and the index into it. */
const extentsOf = ([K, N]: Shape, index: Node) => ({ K, N, positions: size(index.shape) });

/** y of shape [...index, D]: the rows of the table [V, D]. */
const embeddingOperation: Operation = {
  name: 'embedding',
  shape([table, index]) {
    if (table.batched || table.shape.length !== 2)
      throw new ShapeError(
        `embedding: expected a table of shape [rows, columns] for all samples, got ${showShape(table.shape)}${table.batched ? ' for each' : ''}`,
      );
    if (!index.batched) throw new ShapeError('embedding: expected an index for each sample, got one for all samples');
    return [...index.shape, table.shape[1]];
  },
  indices: ([table]) => [undefined, table.shape[0]],
  vjp({ inputs: [table, index] }, dy) {
    return [apply(gradientOperation, [index, dy], { shape: table.shape }), null];
  },
  evaluate(node, [table, index], evaluation) {
    const y = evaluation.allocate(node);
    const D = node.inputs[0].shape[1];
    return y.map((_, i) => table[index[Math.floor(i / D)] * D + (i % D)]);
  },
  lower(node, lowering) {
    const [table, index] = node.inputs;
    lowering.emit('embedding', {
      table: lowering.buffer(table),
      index: lowering.buffer(index),
      y: lowering.buffer(node),
      ...extentsOf(table.shape, index),
    });
  },
};

/** To each row of the table the sum of the dy of all samples and positions that named it. */
const gradientOperation: Operation<{ readonly shape: Shape }> = {
  name: 'embeddingGradient',
  shape: (_, { shape }) => shape,
  batched: () => false,
  indices: (_, { shape }) => [shape[0], undefined],
  vjp: ({ inputs: [index] }, g) => [null, apply(embeddingOperation, [g, index], {})],
  evaluate(node, [index, dy], evaluation) {
    const gradient = evaluation.allocate(node);
    const D = node.shape[1];
    for (let i = 0; i < dy.length; i++) gradient[index[Math.floor(i / D)] * D + (i % D)] += dy[i];
    return gradient;
  },
  lower(node, lowering) {
    const [index, dy] = node.inputs;
    lowering.emit('embeddingGradient', {
      index: lowering.buffer(index),
      dy: lowering.buffer(dy),
      gradient: lowering.buffer(node),
      ...extentsOf(node.shape, index),
    });
  },
};

/**
 * The rows of a table [V, D] that integers 0 to V - 1 name: of shape [...index, D] for an index of any shape, [T] or []
 * say. The table is a parameter or made of parameters. The index is an input, whose numbers are checked as they are fed,
 * or an `argmax` along an axis of at most V elements. Throws `ShapeError` or `ValueError` if they are not of this kind.
 */
export function embedding(table: Node, index: Node): Node {
  const rows = apply(embeddingOperation, [table, index], {});
  checkIndex('embedding', index, table.shape[0]);
  return rows;
}

export const embeddingOperations = [embeddingOperation, gradientOperation];
