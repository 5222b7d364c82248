/** What users take: the layers' functions and what they make. */
export type { Extents } from '../../graph/window.js';
export { type ActivationLayer, activation } from './activation.js';
export {
  type Conv1dLayer,
  type Conv2dLayer,
  type ConvTranspose2dLayer,
  conv1d,
  conv2d,
  convTranspose2d,
} from './conv.js';
export { type DenseLayer, dense } from './dense.js';
export { type DropoutLayer, dropout } from './dropout.js';
export { type EmbeddingLayer, embedding } from './embedding.js';
export type { Layer } from './index.js';
export { type AddLayer, add, type ConcatLayer, concat, type MultiplyLayer, multiply } from './merge.js';
export {
  type BatchNormLayer,
  batchNorm,
  type GroupNormLayer,
  groupNorm,
  type LayerNormLayer,
  layerNorm,
  type RmsNormLayer,
  rmsNorm,
} from './norm.js';
export {
  type AvgPool2dLayer,
  avgPool2d,
  type GlobalAvgPoolLayer,
  globalAvgPool,
  type MaxPool2dLayer,
  maxPool2d,
} from './pool.js';
export { type ResidualLayer, residual } from './residual.js';
export { type FlattenLayer, flatten, type PermuteLayer, permute, type ReshapeLayer, reshape } from './shape.js';
export { type SoftmaxLayer, softmax } from './softmax.js';
