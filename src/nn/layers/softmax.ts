/** Probabilities as a layer, for where they are needed within a network: losses on classes take logits. */
import { integer, optional } from '../../fields.js';
import * as graph from '../../graph/ops/softmax.js';
import type { LayerBase, LayerRule, RulesOf } from '../layer.js';

/** e^(x_i) / sum_j e^(x_j) along an axis. */
export interface SoftmaxLayer extends LayerBase<'softmax'> {
  /** From the end if negative; by default the last. */
  readonly axis?: number | undefined;
}

/** e^(x_i) / sum_j e^(x_j) along an axis, by default the last. */
export const softmax = (axis = -1): SoftmaxLayer => ({ kind: 'softmax', axis });

const softmaxRule: LayerRule<SoftmaxLayer> = {
  fields: { axis: optional(integer) },
  build: (_, [x], { axis }) => graph.softmax(x, axis),
};

export const softmaxRules: RulesOf<SoftmaxLayer> = { softmax: softmaxRule };
