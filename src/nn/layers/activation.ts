/** Activations, alone or at the end of another layer. */
import { finite, oneOf, optional } from '../../fields.js';
import type { Node } from '../../graph/node.js';
import { type ActivationName, activationNames, activation as apply } from '../../graph/ops/activation.js';
import type { LayerBase, LayerRule, RulesOf } from '../layer.js';

/** What a layer says that ends in an activation. */
export interface Activated {
  /** By default linear: none. */
  readonly activation?: ActivationName | undefined;
  /** The slope of leakyRelu or the limit of elu; the others have none. */
  readonly alpha?: number | undefined;
}

/** An activation as a layer of its own. */
export interface ActivationLayer extends LayerBase<'activation'> {
  readonly activation: ActivationName;
  readonly alpha?: number | undefined;
}

/** An activation as a layer of its own. */
export const activation = (name: ActivationName, alpha?: number): ActivationLayer =>
  alpha === undefined ? { kind: 'activation', activation: name } : { kind: 'activation', activation: name, alpha };

const name = {
  ...oneOf(activationNames),
  instead: {
    softmax: 'losses of classes take logits, from a last layer without an activation, and predict gives probabilities',
  },
};

/** The fields of `Activated`. */
export const activatedFields = { activation: optional(name), alpha: optional(finite) };

export const activate = (x: Node, { activation = 'linear', alpha }: Activated): Node =>
  activation === 'linear' && alpha === undefined ? x : apply(x, activation, alpha);

const activationRule: LayerRule<ActivationLayer> = {
  fields: { ...activatedFields, activation: name },
  build: (_, [x], layer) => activate(x, layer),
};

export const activationRules: RulesOf<ActivationLayer> = { activation: activationRule };
