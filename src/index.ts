/** `lanegrad`: networks. Graphs are in `lanegrad/graph`, readers of data in `lanegrad/data`. */
export * from './errors.js';
export type { MemoryPlan, RuntimeReport, Tensor } from './graph/model.js';
export type { ActivationName } from './graph/ops/activation.js';
export type { LossName } from './graph/ops/loss.js';
export { load, type Network, type NetworkOptions, network } from './network.js';
export {
  type ActivationLayer,
  activation,
  type DenseLayer,
  dense,
  type Layer,
  type NetworkConfig,
} from './nn/config.js';
export type { Initializer } from './nn/initialize.js';
export * from './optim/optimizer.js';
export type { TierName } from './runtime/tiers.js';
export type { BatchReport, Dataset, EpochReport, Evaluation, FitOptions } from './train/fit.js';
