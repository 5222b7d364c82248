import { apply, type Node } from '../../../src/graph/node.js';
import { logSoftmax, logSumExp, softmax, softmaxOperations } from '../../../src/graph/ops/softmax.js';
import { type Case, each, named } from './operands.js';

const gradientOperation = softmaxOperations[3];

/** Along each axis of a vector, a matrix and an image. */
export const softmaxCases = (n: number): Case[] =>
  [[n], [3, n], [n, 3], [2, n, 3]].flatMap((shape) =>
    shape.flatMap((_, axis) => [
      ...[softmax, logSoftmax, logSumExp].map((f) =>
        named(`${f.name} along ${axis}`, [each(shape)], (x) => f(x, axis)),
      ),
      named(`the gradient of softmax along ${axis}`, [each(shape), each(shape)], (y: Node, dy: Node) =>
        apply(gradientOperation, [y, dy], { axis }),
      ),
    ]),
  );
