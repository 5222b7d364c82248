/** All kinds of layers: each kind's file holds its plain data, its function, its fields and its rule. */
import { ValueError } from '../../errors.js';
import { checkFields, optional, show } from '../../fields.js';
import type { LayerBase, LayerRule } from '../layer.js';
import { type ActivationLayer, activationRule } from './activation.js';
import {
  type Conv1dLayer,
  type Conv2dLayer,
  type ConvTranspose2dLayer,
  conv1dRule,
  conv2dRule,
  convTranspose2dRule,
} from './conv.js';
import { type DenseLayer, denseRule } from './dense.js';
import { type AddLayer, addRule, type ConcatLayer, concatRule, type MultiplyLayer, multiplyRule } from './merge.js';
import {
  type BatchNormLayer,
  batchNormRule,
  type GroupNormLayer,
  groupNormRule,
  type LayerNormLayer,
  layerNormRule,
  type RmsNormLayer,
  rmsNormRule,
} from './norm.js';
import {
  type AvgPool2dLayer,
  avgPool2dRule,
  type GlobalAvgPoolLayer,
  globalAvgPoolRule,
  type MaxPool2dLayer,
  maxPool2dRule,
} from './pool.js';
import { type ResidualLayer, residualRule } from './residual.js';
import {
  type FlattenLayer,
  flattenRule,
  type PermuteLayer,
  permuteRule,
  type ReshapeLayer,
  reshapeRule,
} from './shape.js';
import { type SoftmaxLayer, softmaxRule } from './softmax.js';

export type Layer =
  | DenseLayer
  | Conv2dLayer
  | Conv1dLayer
  | ConvTranspose2dLayer
  | ActivationLayer
  | SoftmaxLayer
  | MaxPool2dLayer
  | AvgPool2dLayer
  | GlobalAvgPoolLayer
  | BatchNormLayer
  | LayerNormLayer
  | GroupNormLayer
  | RmsNormLayer
  | FlattenLayer
  | ReshapeLayer
  | PermuteLayer
  | AddLayer
  | MultiplyLayer
  | ConcatLayer
  | ResidualLayer;

const rules: { readonly [Kind in Layer['kind']]: LayerRule<Extract<Layer, { kind: Kind }>> } = {
  dense: denseRule,
  conv2d: conv2dRule,
  conv1d: conv1dRule,
  convTranspose2d: convTranspose2dRule,
  activation: activationRule,
  softmax: softmaxRule,
  maxPool2d: maxPool2dRule,
  avgPool2d: avgPool2dRule,
  globalAvgPool: globalAvgPoolRule,
  batchNorm: batchNormRule,
  layerNorm: layerNormRule,
  groupNorm: groupNormRule,
  rmsNorm: rmsNormRule,
  flatten: flattenRule,
  reshape: reshapeRule,
  permute: permuteRule,
  add: addRule,
  multiply: multiplyRule,
  concat: concatRule,
  residual: residualRule,
};

/** The kinds of layers that there are. */
export const layerKinds: readonly string[] = Object.keys(rules);

export const ruleOf = (layer: LayerBase<string>): LayerRule<Layer> =>
  rules[layer.kind as Layer['kind']] as LayerRule<Layer>;

const isText = { holds: (x: unknown) => typeof x === 'string', text: 'the name of a layer' };
const isSource = {
  holds: (x: unknown) => isText.holds(x) || (Array.isArray(x) && x.length > 0 && x.every(isText.holds)),
  text: 'the name of an input or a layer, or a list of names',
};
const common = { from: optional(isSource), share: optional(isText) };

/** What errors call a layer. */
export function whereIs(name: string, layer?: LayerBase<string>): string {
  const shown = /^\d/.test(name) ? name : `'${name}'`;
  return layer ? `layer ${shown} (${layer.kind})` : `layer ${shown}`;
}

/** Throws `ValueError` unless this is a layer as its kind's function makes one. */
export function checkLayer(name: string, layer: unknown): asserts layer is Layer {
  const { kind, ...fields } = (typeof layer === 'object' && layer !== null ? layer : {}) as Layer;
  if (!layerKinds.includes(kind))
    throw new ValueError(
      `${whereIs(name)}: expected one of the kinds ${layerKinds.join(', ')}, got ${show(kind ?? layer)}`,
    );
  checkFields(whereIs(name, layer as Layer), fields, { ...rules[kind].fields, ...common });
}
