/** Layers that arrange the elements of a sample anew. */
import { integer, listOf } from '../../fields.js';
import type { Shape } from '../../graph/node.js';
import * as graph from '../../graph/ops/move.js';
import { flatten as flat, reshape as shaped } from '../../graph/ops/reshape.js';
import type { LayerBase, LayerRule, RulesOf } from '../layer.js';

/** All elements along one axis, the last of the axes running fastest. */
export type FlattenLayer = LayerBase<'flatten'>;

/** The same elements in another shape, of which one extent may be -1. */
export interface ReshapeLayer extends LayerBase<'reshape'> {
  readonly shape: Shape;
}

/** The axes of a sample in another order. */
export interface PermuteLayer extends LayerBase<'permute'> {
  readonly axes: readonly number[];
}

/** All elements along one axis. */
export const flatten = (): FlattenLayer => ({ kind: 'flatten' });

/** The same elements in another shape, of which one extent may be -1. */
export const reshape = (shape: Shape): ReshapeLayer => ({ kind: 'reshape', shape });

/** The axes of a sample in another order: axis i of the output is axis `axes[i]` of the input. */
export const permute = (axes: readonly number[]): PermuteLayer => ({ kind: 'permute', axes });

const flattenRule: LayerRule<FlattenLayer> = { fields: {}, build: (_, [x]) => flat(x) };

const reshapeRule: LayerRule<ReshapeLayer> = {
  fields: { shape: listOf(integer, 'a list of integers') },
  build: (_, [x], { shape }) => shaped(x, shape),
};

const permuteRule: LayerRule<PermuteLayer> = {
  fields: { axes: listOf(integer, 'a list of integers') },
  build: (_, [x], { axes }) => graph.permute(x, axes),
};

export type ShapeLayer = FlattenLayer | ReshapeLayer | PermuteLayer;

export const shapeRules: RulesOf<ShapeLayer> = { flatten: flattenRule, reshape: reshapeRule, permute: permuteRule };
