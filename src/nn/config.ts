/** Networks as plain data: `JSON.stringify` keeps everything, and `network()` takes it back. */
import type { ActivationName } from '../graph/ops/activation.js';
import type { LossName } from '../graph/ops/loss.js';
import type { OptimizerConfig } from '../optim/optimizer.js';
import type { Initializer } from './initialize.js';

/** y = f(x W + b), with `units` outputs. */
export interface DenseLayer {
  readonly kind: 'dense';
  readonly units: number;
  readonly activation?: ActivationName;
  /** The slope of leakyRelu or the limit of elu. */
  readonly alpha?: number;
  /** Whether a bias is added; by default yes. */
  readonly bias?: boolean;
  /** By default He for relu and its kin, LeCun for the rest of the unbounded, Glorot for sigmoid, tanh and linear. */
  readonly initializer?: Initializer;
}

/** An activation as a layer of its own. */
export interface ActivationLayer {
  readonly kind: 'activation';
  readonly activation: ActivationName;
  readonly alpha?: number;
}

export type Layer = DenseLayer | ActivationLayer;

export interface NetworkConfig {
  /** Features of a sample, or its shape. */
  readonly input: number | readonly number[];
  readonly layers: readonly Layer[];
  /** Without a loss the network can only predict. */
  readonly loss?: LossName;
  /** For softmaxCrossEntropy: how much of the probability is spread evenly over all classes; by default 0. */
  readonly labelSmoothing?: number;
  /** For huber: where it turns from square to linear; by default 1. */
  readonly huberDelta?: number;
  /** Without an optimizer the network gives losses and gradients, and does not train. */
  readonly optimizer?: OptimizerConfig;
  /** The most samples that a run takes; by default 32. Longer data is worked through in pieces by fit, predict and evaluate. */
  readonly batch?: number;
  /** Of everything random: initial parameters and the order of samples; by default 0. */
  readonly seed?: number;
}

/** A dense layer of `units` outputs. Further options as in `DenseLayer`. */
export const dense = (
  units: number,
  activation: ActivationName = 'linear',
  options: Partial<Omit<DenseLayer, 'kind' | 'units' | 'activation'>> = {},
): DenseLayer => ({ kind: 'dense', units, activation, ...options });

/** An activation as a layer of its own. */
export const activation = (name: ActivationName, alpha?: number): ActivationLayer =>
  alpha === undefined ? { kind: 'activation', activation: name } : { kind: 'activation', activation: name, alpha };
