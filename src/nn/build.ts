/** From a configuration to a graph. Parameters are called '<layer index>.weight' and '<layer index>.bias'. */
import { ShapeError, ValueError } from '../errors.js';
import type { Node, Shape } from '../graph/node.js';
import * as activations from '../graph/ops/activation.js';
import { dense } from '../graph/ops/dense.js';
import * as losses from '../graph/ops/loss.js';
import { input, parameter } from '../graph/ops/source.js';
import type { ActivationLayer, DenseLayer, Layer, NetworkConfig } from './config.js';
import { defaultInitializer, initialRange } from './initialize.js';

/** A parameter's initial range; its stream of the generator is its number in order. */
interface Initial {
  readonly name: string;
  readonly low: number;
  readonly high: number;
}

export interface NetworkGraph {
  /** The last layer's output. */
  readonly logits: Node;
  readonly loss: Node | null;
  /** The labels or targets; null without a loss. */
  readonly targets: Node | null;
  readonly initial: readonly Initial[];
}

/** What a layer makes of its input. */
interface Built {
  readonly output: Node;
  readonly initial?: readonly Initial[];
}

type Builder<L extends Layer> = (x: Node, layer: L, index: number) => Built;

function buildActivation(x: Node, { activation, alpha }: Pick<ActivationLayer, 'activation' | 'alpha'>): Node {
  return activation === 'linear' ? x : activations.activation(x, activation, alpha);
}

function buildDense(x: Node, layer: DenseLayer, index: number): Built {
  const { units, activation = 'linear', bias = true, alpha } = layer;
  const where = `layer ${index} (dense)`;
  if (!Number.isInteger(units) || units < 1)
    throw new ValueError(`${where}: expected units to be a positive integer, got ${units}`);
  if (x.shape.length !== 1)
    throw new ShapeError(`${where}: expected an input of shape [features], got [${x.shape.join(', ')}]`);
  const [fanIn] = x.shape;
  const weight = parameter(`${index}.weight`, [fanIn, units]);
  const { low, high } = initialRange(layer.initializer ?? defaultInitializer(activation), fanIn, units);
  const z = bias ? dense(x, weight, parameter(`${index}.bias`, [units])) : dense(x, weight);
  const output = buildActivation(z, { activation, ...(alpha === undefined ? {} : { alpha }) });
  return { output, initial: [{ name: `${index}.weight`, low, high }] };
}

const builders: { readonly [Kind in Layer['kind']]: Builder<Extract<Layer, { kind: Kind }>> } = {
  dense: buildDense,
  activation: (x, layer) => ({ output: buildActivation(x, layer) }),
};

/** The kinds of layers that there are. */
export const layerKinds: readonly string[] = Object.keys(builders);

/** What a layer may say besides its kind. */
const fields: { readonly [Kind in Layer['kind']]: readonly string[] } = {
  dense: ['units', 'activation', 'alpha', 'bias', 'initializer'],
  activation: ['activation', 'alpha'],
};

function checkLayer(layer: Layer, index: number): void {
  if (typeof layer !== 'object' || layer === null || !layerKinds.includes(layer.kind))
    throw new ValueError(
      `layer ${index}: expected one of the kinds ${layerKinds.join(', ')}, got ${JSON.stringify(layer?.kind ?? layer)}`,
    );
  for (const name in layer)
    if (name !== 'kind' && !fields[layer.kind].includes(name))
      throw new ValueError(`layer ${index} (${layer.kind}): expected ${fields[layer.kind].join(', ')}, got '${name}'`);
  const { activation } = layer;
  const optional = layer.kind !== 'activation' && activation === undefined;
  if (!optional && !activations.activationNames.includes(activation as activations.ActivationName))
    throw new ValueError(
      `layer ${index} (${layer.kind}): expected an activation of ${activations.activationNames.join(', ')}, got ${JSON.stringify(activation)}`,
    );
}

/** The shape of a sample. Throws `ValueError` if the configuration has none. */
export function inputShape({ input: given }: NetworkConfig): Shape {
  const shape = typeof given === 'number' ? [given] : given;
  if (!Array.isArray(shape) || shape.length === 0 || !shape.every((n) => Number.isInteger(n) && n > 0))
    throw new ValueError(`network: expected an input of positive integers, got ${JSON.stringify(given)}`);
  return shape;
}

/** Builds the graph of a network. Throws `ValueError` or `ShapeError` that name the layer. */
export function buildNetwork(config: NetworkConfig): NetworkGraph {
  const { layers } = config;
  if (!Array.isArray(layers) || layers.length === 0)
    throw new ValueError(`network: expected at least one layer, got ${JSON.stringify(layers)}`);
  let x = input('x', inputShape(config));
  const initial: Initial[] = [];
  layers.forEach((layer: Layer, index) => {
    checkLayer(layer, index);
    const build = builders[layer.kind] as Builder<Layer>;
    const built = build(x, layer, index);
    x = built.output;
    initial.push(...(built.initial ?? []));
  });
  const loss = buildLoss(config, x);
  return { logits: x, loss, targets: loss?.inputs[1] ?? null, initial };
}

const lossBuilders: { readonly [Kind in losses.LossName]: (logits: Node, config: NetworkConfig) => Node } = {
  softmaxCrossEntropy: (logits, { labelSmoothing }) => losses.softmaxCrossEntropy(logits, input('y'), labelSmoothing),
  binaryCrossEntropy: (logits) => losses.binaryCrossEntropy(logits, input('y', logits.shape)),
  meanSquaredError: (logits) => losses.meanSquaredError(logits, input('y', logits.shape)),
  meanAbsoluteError: (logits) => losses.meanAbsoluteError(logits, input('y', logits.shape)),
  huber: (logits, { huberDelta }) => losses.huber(logits, input('y', logits.shape), huberDelta),
};

function buildLoss(config: NetworkConfig, logits: Node): Node | null {
  const { loss } = config;
  if (loss === undefined) return null;
  if (!Object.hasOwn(lossBuilders, loss))
    throw new ValueError(`loss: expected one of ${Object.keys(lossBuilders).join(', ')}, got ${JSON.stringify(loss)}`);
  return lossBuilders[loss](logits, config);
}
