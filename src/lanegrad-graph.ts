/** `lanegrad/graph`: computation graphs, differentiated and compiled. */
export { type CompileOptions, compile, type Gradient, GraphProgram } from './compile.js';
export type { Axes } from './graph/axes.js';
export type { Feeds } from './graph/feeds.js';
export { gradients } from './graph/gradient.js';
export type { MemoryPlan, NamedTensors, RuntimeReport, Tensor } from './graph/model.js';
export type { Node, Shape } from './graph/node.js';
export {
  type ActivationName,
  activation,
  elu,
  gelu,
  geluTanh,
  leakyRelu,
  relu,
  sigmoid,
  silu,
  softplus,
  tanh,
} from './graph/ops/activation.js';
export { argmax, max, min } from './graph/ops/choose.js';
export {
  contrastive,
  cosineDistance,
  hinge,
  klDivergence,
  softTargetCrossEntropy,
  triplet,
} from './graph/ops/composed-losses.js';
export {
  type Conv1dOptions,
  type ConvOptions,
  type ConvTransposeOptions,
  conv1d,
  conv2d,
  convTranspose2d,
} from './graph/ops/conv.js';
export { dense } from './graph/ops/dense.js';
export { type DropoutOptions, dropout } from './graph/ops/dropout.js';
export {
  abs,
  add,
  clip,
  div,
  equal,
  exp,
  greater,
  heaviside,
  keep,
  less,
  log,
  maximum,
  minimum,
  mul,
  neg,
  type Operand,
  pow,
  reciprocal,
  sqrt,
  square,
  sub,
  where,
} from './graph/ops/elementwise.js';
export { embedding } from './graph/ops/embedding.js';
export { gather } from './graph/ops/gather.js';
export {
  binaryCrossEntropy,
  huber,
  meanAbsoluteError,
  meanSquaredError,
  softmaxCrossEntropy,
} from './graph/ops/loss.js';
export { dot, type MatmulOptions, matmul } from './graph/ops/matmul.js';
export { broadcast, concat, pad, permute, slice, tile, transpose } from './graph/ops/move.js';
export { groupNorm, layerNorm, type NormOptions, rmsNorm } from './graph/ops/norm.js';
export { avgPool2d, globalAvgPool, maxPool2d, type PoolOptions } from './graph/ops/pool.js';
export { mean, sum } from './graph/ops/reduce.js';
export { flatten, reshape } from './graph/ops/reshape.js';
export { logSoftmax, logSumExp, softmax } from './graph/ops/softmax.js';
export { constant, input, parameter } from './graph/ops/source.js';
export { stopGradient } from './graph/ops/stop.js';
export * from './optim/public.js';
export { evaluate, type NodeValue, type WorkedExample } from './reference/evaluate.js';
