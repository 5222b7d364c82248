/** Pools: what windows of an image come to. */
import { byName, type Fields, notNegative, optional, pick } from '../../fields.js';
import type { Node } from '../../graph/node.js';
import * as graph from '../../graph/ops/pool.js';
import type { Extents } from '../../graph/window.js';
import { extents, orPair } from '../extents.js';
import type { LayerBase, LayerOptions, LayerRule, RulesOf } from '../layer.js';

interface Pool<Kind extends string> extends LayerBase<Kind> {
  /** Extents of a window. */
  readonly size: Extents;
  /** How far the window moves; by default its size, so that windows do not overlap. */
  readonly stride?: Extents | undefined;
  /** Padding on both sides; by default 0. */
  readonly padding?: Extents | undefined;
}

/** The greatest element of each window, channel by channel; padding is never chosen. */
export type MaxPool2dLayer = Pool<'maxPool2d'>;

/** The mean of each window, channel by channel; padding counts as zeros. */
export type AvgPool2dLayer = Pool<'avgPool2d'>;

/** The mean of each channel over all positions: [height, width, channels] to [channels], or [length, channels]. */
export type GlobalAvgPoolLayer = LayerBase<'globalAvgPool'>;

/**
 * The greatest element of each window. Further options as in `MaxPool2dLayer`. Throws `ValueError` for options that
 * are no object.
 */
export const maxPool2d = (size: Extents, options: LayerOptions<MaxPool2dLayer, 'size'> = {}): MaxPool2dLayer => ({
  kind: 'maxPool2d',
  size,
  ...byName('maxPool2d', options),
});

/**
 * The mean of each window. Further options as in `AvgPool2dLayer`. Throws `ValueError` for options that are no object.
 */
export const avgPool2d = (size: Extents, options: LayerOptions<AvgPool2dLayer, 'size'> = {}): AvgPool2dLayer => ({
  kind: 'avgPool2d',
  size,
  ...byName('avgPool2d', options),
});

/** The mean of each channel over all positions. */
export const globalAvgPool = (): GlobalAvgPoolLayer => ({ kind: 'globalAvgPool' });

const fields: Fields = { size: extents, stride: optional(extents), padding: optional(orPair(notNegative)) };

const pooling = <L extends Pool<string>>(pool: (x: Node, options: graph.PoolOptions) => Node): LayerRule<L> => ({
  fields,
  build: (_, [x], layer: graph.PoolOptions) => pool(x, pick(layer, graph.poolFields)),
});

const maxPool2dRule = pooling<MaxPool2dLayer>(graph.maxPool2d);
const avgPool2dRule = pooling<AvgPool2dLayer>(graph.avgPool2d);
const globalAvgPoolRule: LayerRule<GlobalAvgPoolLayer> = {
  fields: {},
  build: (_, [x]) => graph.globalAvgPool(x),
};

export type PoolLayer = MaxPool2dLayer | AvgPool2dLayer | GlobalAvgPoolLayer;

export const poolRules: RulesOf<PoolLayer> = {
  maxPool2d: maxPool2dRule,
  avgPool2d: avgPool2dRule,
  globalAvgPool: globalAvgPoolRule,
};
