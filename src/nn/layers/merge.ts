/** Layers that make one value of several. */
import { integer, optional } from '../../fields.js';
import type { Node } from '../../graph/node.js';
import * as elementwise from '../../graph/ops/elementwise.js';
import * as graph from '../../graph/ops/move.js';
import type { LayerBase, LayerRule, RulesOf } from '../layer.js';

/** The sum of all inputs, element by element. */
export type AddLayer = LayerBase<'add'>;

/** The product of all inputs, element by element. */
export type MultiplyLayer = LayerBase<'multiply'>;

/** The sum of all inputs, element by element; shapes broadcast as in the graph's `add`. */
export const add = (): AddLayer => ({ kind: 'add' });

/** The product of all inputs, element by element; shapes broadcast as in the graph's `mul`. */
export const multiply = (): MultiplyLayer => ({ kind: 'multiply' });

/** All inputs one after the other. */
export interface ConcatLayer extends LayerBase<'concat'> {
  /** The axis along which they stand, from the end if negative; by default the last. */
  readonly axis?: number | undefined;
}

/** All inputs one after the other along an axis, by default the last: features, or channels. */
export const concat = (axis = -1): ConcatLayer => ({ kind: 'concat', axis });

const concatRule: LayerRule<ConcatLayer> = {
  fields: { axis: optional(integer) },
  merges: true,
  build: (_, inputs, { axis = -1 }) => graph.concat(inputs, axis),
};

const folding = <L extends LayerBase<string>>(f: (a: Node, b: Node) => Node): LayerRule<L> => ({
  fields: {},
  merges: true,
  build: (_, inputs) => inputs.reduce((a, b) => f(a, b)),
});

const addRule = folding<AddLayer>(elementwise.add);
const multiplyRule = folding<MultiplyLayer>(elementwise.mul);

export type MergeLayer = AddLayer | MultiplyLayer | ConcatLayer;

export const mergeRules: RulesOf<MergeLayer> = { add: addRule, multiply: multiplyRule, concat: concatRule };
