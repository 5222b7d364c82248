/** Rows of a table that integers name. */
import { byName, optional, positiveInteger } from '../../fields.js';
import * as graph from '../../graph/ops/embedding.js';
import { type Initializer, initializer, initialRange } from '../initialize.js';
import type { LayerBase, LayerOptions, LayerRule, RulesOf } from '../layer.js';

/** Integers 0 to vocabulary - 1, of any shape, each to `dimensions` numbers along a new last axis. Takes an input alone. */
export interface EmbeddingLayer extends LayerBase<'embedding'> {
  readonly vocabulary: number;
  readonly dimensions: number;
  /** By default lecun: an output is made of a single number, so that the table has variance 1 (as in PyTorch). */
  readonly initializer?: Initializer | undefined;
}

/**
 * Integers 0 to `vocabulary` - 1, each to `dimensions` numbers that are trained. Throws `ValueError` for options that
 * are no object.
 */
export const embedding = (
  vocabulary: number,
  dimensions: number,
  options: LayerOptions<EmbeddingLayer, 'vocabulary' | 'dimensions'> = {},
): EmbeddingLayer => ({ kind: 'embedding', vocabulary, dimensions, ...byName('embedding', options) });

const embeddingRule: LayerRule<EmbeddingLayer> = {
  fields: { vocabulary: positiveInteger, dimensions: positiveInteger, initializer: optional(initializer) },
  build(scope, [x], layer) {
    const { vocabulary, dimensions } = layer;
    const range = initialRange(layer.initializer ?? 'lecun', 1, dimensions);
    return graph.embedding(scope.parameter('weight', [vocabulary, dimensions], range), x);
  },
};

export const embeddingRules: RulesOf<EmbeddingLayer> = { embedding: embeddingRule };
