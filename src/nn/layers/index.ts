/** All kinds of layers: each kind's file holds its plain data, its function, its fields and its rule. */
import { ValueError } from '../../errors.js';
import { checkFields, optional, show } from '../../fields.js';
import type { LayerBase, LayerRule, RulesOf } from '../layer.js';
import { type ActivationLayer, activationRules } from './activation.js';
import { type ConvLayer, convRules } from './conv.js';
import { type DenseLayer, denseRules } from './dense.js';
import { type DropoutLayer, dropoutRules } from './dropout.js';
import { type EmbeddingLayer, embeddingRules } from './embedding.js';
import { type MergeLayer, mergeRules } from './merge.js';
import { type NormLayer, normRules } from './norm.js';
import { type PoolLayer, poolRules } from './pool.js';
import { type ResidualLayer, residualRules } from './residual.js';
import { type ShapeLayer, shapeRules } from './shape.js';
import { type SoftmaxLayer, softmaxRules } from './softmax.js';

export type Layer =
  | ActivationLayer
  | SoftmaxLayer
  | DenseLayer
  | EmbeddingLayer
  | DropoutLayer
  | ResidualLayer
  | ConvLayer
  | PoolLayer
  | NormLayer
  | ShapeLayer
  | MergeLayer;

const rules: RulesOf<Layer> = {
  ...activationRules,
  ...softmaxRules,
  ...denseRules,
  ...embeddingRules,
  ...dropoutRules,
  ...residualRules,
  ...convRules,
  ...poolRules,
  ...normRules,
  ...shapeRules,
  ...mergeRules,
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

/** A layer and all layers within it by their names, each checked. */
export function layersOf(name: string, layer: unknown): [string, Layer][] {
  checkLayer(name, layer);
  const { layers = [] } = layer as { layers?: readonly Layer[] };
  const within = layers.flatMap((inner, index) => layersOf(`${name}.${index}`, inner));
  for (const [innerName, inner] of within)
    if (inner.from !== undefined)
      throw new ValueError(`${whereIs(innerName, inner)}: expected no from within a layer, got ${show(inner.from)}`);
  return [[name, layer], ...within];
}
