/** Layers that make one value of several. */
import type { Node } from '../../graph/node.js';
import * as elementwise from '../../graph/ops/elementwise.js';
import type { LayerBase, LayerRule } from '../layer.js';

/** The sum of all inputs, element by element. */
export type AddLayer = LayerBase<'add'>;

/** The product of all inputs, element by element. */
export type MultiplyLayer = LayerBase<'multiply'>;

/** The sum of all inputs, element by element; shapes broadcast as in the graph's `add`. */
export const add = (): AddLayer => ({ kind: 'add' });

/** The product of all inputs, element by element; shapes broadcast as in the graph's `mul`. */
export const multiply = (): MultiplyLayer => ({ kind: 'multiply' });

const folding = <L extends LayerBase<string>>(f: (a: Node, b: Node) => Node): LayerRule<L> => ({
  fields: {},
  merges: true,
  build: (_, inputs) => inputs.reduce((a, b) => f(a, b)),
});

export const addRule = folding<AddLayer>(elementwise.add);
export const multiplyRule = folding<MultiplyLayer>(elementwise.mul);
