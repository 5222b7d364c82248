/** Values that are taken as they are, without what they depend on. */
import { apply, type Node } from '../node.js';
import type { Operation } from '../operation.js';

const stopOperation: Operation = {
  name: 'stopGradient',
  shape: ([x]) => x.shape,
  vjp: () => [null],
  evaluate: (_, [x]) => x,
  lower: (node, lowering) => lowering.alias(node, node.inputs[0]),
};

/** x, as a value that depends on nothing: no gradient flows through it. */
export const stopGradient = (x: Node): Node => apply(stopOperation, [x], {});

export const stopOperations = [stopOperation];
