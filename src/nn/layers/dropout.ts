/** Elements left out at random. */
import { fraction } from '../../fields.js';
import * as graph from '../../graph/ops/dropout.js';
import type { LayerBase, LayerRule, RulesOf } from '../layer.js';

/** In training, each element is 0 with the probability `rate` and divided by 1 - rate otherwise; in prediction as it is. */
export interface DropoutLayer extends LayerBase<'dropout'> {
  readonly rate: number;
}

/** Sets each element to 0 with the probability `rate` in training, drawn from the network's seed and the step. */
export const dropout = (rate: number): DropoutLayer => ({ kind: 'dropout', rate });

const dropoutRule: LayerRule<DropoutLayer> = {
  fields: { rate: fraction },
  differs: ({ rate }) => rate > 0,
  build: (scope, [x], { rate }) => (scope.training ? graph.dropout(x, rate, scope.stream()) : x),
};

export const dropoutRules: RulesOf<DropoutLayer> = { dropout: dropoutRule };
