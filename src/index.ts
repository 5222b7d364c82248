/** `lanegrad`: networks. Graphs are in `lanegrad/graph`, readers of data in `lanegrad/data`. */
export type { SaveOptions } from './checkpoint.js';
export type { RunOptions } from './compile.js';
export { type NetworkOptions, network, type PredictionOf } from './create.js';
export * from './errors.js';
export type { MemoryPlan, NamedTensors, RuntimeReport, Tensor } from './graph/model.js';
export type { ActivationName } from './graph/ops/activation.js';
export { load } from './load.js';
export type { Network, TrainedGraph } from './network.js';
export type { LayerReport } from './nn/build.js';
export { from, type InputShape, type NetworkConfig, type OutputConfig } from './nn/config.js';
export type { Initializer } from './nn/initialize.js';
export * from './nn/layers/public.js';
export type { LossConfig, LossFunction, LossName } from './nn/loss.js';
export * from './optim/public.js';
export type { TierName } from './tier.js';
export type { Arrays, Dataset } from './train/data.js';
export type { BatchReport, EpochReport, FitOptions } from './train/fit.js';
export type { Evaluation } from './train/metrics.js';
