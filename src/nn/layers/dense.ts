/** Fully connected layers. */
import { byName, flag, optional, positiveInteger } from '../../fields.js';
import { size } from '../../graph/node.js';
import type { ActivationName } from '../../graph/ops/activation.js';
import * as graph from '../../graph/ops/dense.js';
import { defaultInitializer, type Initializer, initializer, initialRange } from '../initialize.js';
import type { LayerBase, LayerOptions, LayerRule, RulesOf } from '../layer.js';
import { type Activated, activate, activatedFields } from './activation.js';

/** y = f(x W + b), with `units` outputs in place of the last axis of x. */
export interface DenseLayer extends LayerBase<'dense'>, Activated {
  readonly units: number;
  /** Whether a bias is added; by default yes. */
  readonly bias?: boolean | undefined;
  /** By default He for relu and its kin, LeCun for the rest of the unbounded, Glorot for sigmoid, tanh and linear. */
  readonly initializer?: Initializer | undefined;
}

/**
 * A dense layer of `units` outputs. Further options as in `DenseLayer`. Throws `ValueError` for options that are no
 * object.
 */
export const dense = (
  units: number,
  activation: ActivationName = 'linear',
  options: LayerOptions<DenseLayer, 'units' | 'activation'> = {},
): DenseLayer => ({ kind: 'dense', units, activation, ...byName('dense', options) });

const denseRule: LayerRule<DenseLayer> = {
  fields: { units: positiveInteger, ...activatedFields, bias: optional(flag), initializer: optional(initializer) },
  build(scope, [x], layer) {
    const { units, activation = 'linear', bias = true } = layer;
    const fanIn = x.shape.at(-1) as number;
    const range = initialRange(layer.initializer ?? defaultInitializer(activation), fanIn, units);
    const weight = scope.parameter('weight', [fanIn, units], range);
    scope.count(size(x.shape) * units);
    const y = bias ? graph.dense(x, weight, scope.parameter('bias', [units], 0)) : graph.dense(x, weight);
    return activate(y, layer);
  },
};

export const denseRules: RulesOf<DenseLayer> = { dense: denseRule };
