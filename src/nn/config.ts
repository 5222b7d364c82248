/** Networks as plain data: `JSON.stringify` keeps everything, and `network()` takes it back. */
import { anything, type Fields, flag, optional, positive, positiveInteger } from '../fields.js';
import type { OptimizerConfig } from '../optim/optimizer.js';
import type { Layer } from './layers/index.js';
import { type LossConfig, lossFields } from './loss.js';

/** Features of a sample, or its shape. */
export type InputShape = number | readonly number[];

/** What a layer's output is trained for. Without a loss it is only predicted. */
export interface OutputConfig extends LossConfig {
  /** What the loss counts for in the sum that is trained; by default 1. */
  readonly weight?: number | undefined;
}

/**
 * A chain of layers, with `input` and a loss; or named layers, each with `from`, that make any acyclic network of named
 * `inputs` and `outputs`.
 */
export interface NetworkConfig extends LossConfig {
  /** What the first of a chain of layers takes. */
  readonly input?: InputShape | undefined;
  /** What named layers take, by name. */
  readonly inputs?: Readonly<Record<string, InputShape>> | undefined;
  readonly layers: readonly Layer[] | Readonly<Record<string, Layer>>;
  /** The named layers whose outputs are predicted, each with its loss. */
  readonly outputs?: Readonly<Record<string, OutputConfig>> | undefined;
  /** Whether each sample comes with a weight, by which its loss is multiplied; by default no. */
  readonly sampleWeights?: boolean | undefined;
  /** Without an optimizer the network gives losses and gradients, and does not train. */
  readonly optimizer?: OptimizerConfig | undefined;
  /** The most that the norm of all gradients together may be in a step: longer ones are made shorter. By default any. */
  readonly clipGlobalNorm?: number | undefined;
  /** The most samples that a run takes; by default 32. Longer data is worked through in pieces by fit, predict and evaluate. */
  readonly batch?: number | undefined;
  /** Of everything random: initial parameters, the order of samples and dropout; by default 0. */
  readonly seed?: number | undefined;
}

/** The layer, taking the output of an input or a layer, or of several, by name. */
export const from = <L extends Layer>(source: string | readonly string[], layer: L): L => ({ ...layer, from: source });

/** The fields of `OutputConfig`. */
export const outputFields: Fields = { ...lossFields, weight: optional(positive) };

/** Where other libraries have as fields of a network what is elsewhere here. */
export const elsewhere = {
  batchSize: 'that is batch',
  epochs: 'that is an option of fit',
  validationSplit: 'that is the option validation of fit',
  callbacks: 'fit has the options onBatch and onEpoch',
  learningRate: 'that is an option of the optimizer, as adam({ learningRate })',
  metrics: 'evaluate gives the accuracy of losses on classes',
};

/** The fields of `NetworkConfig`. */
export const networkFields: Fields = {
  input: anything,
  inputs: anything,
  layers: anything,
  outputs: anything,
  ...lossFields,
  sampleWeights: optional(flag),
  optimizer: anything,
  clipGlobalNorm: optional(positive),
  batch: optional(positiveInteger),
  seed: anything,
};
