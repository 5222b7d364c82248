/** Convolutions: of images, of sequences, and transposed. */
import { ShapeError } from '../../errors.js';
import {
  byName,
  type Fields,
  flag,
  notNegative,
  optional,
  pick,
  positiveInteger,
  type Requirement,
} from '../../fields.js';
import { type Node, type Shape, size } from '../../graph/node.js';
import type { ActivationName } from '../../graph/ops/activation.js';
import * as graph from '../../graph/ops/conv.js';
import { type Extents, pairOf } from '../../graph/window.js';
import { extents, orPair } from '../extents.js';
import { defaultInitializer, type Initializer, initializer, initialRange } from '../initialize.js';
import type { LayerBase, LayerOptions, LayerRule, RulesOf, Scope } from '../layer.js';
import { type Activated, activate, activatedFields } from './activation.js';

interface Convolution<Kind extends string, Extent> extends LayerBase<Kind>, Activated {
  readonly filters: number;
  /** Extents of the window. */
  readonly kernel: Extent;
  /** How far the window moves; by default 1. */
  readonly stride?: Extent | undefined;
  /** Zeros on both sides: `valid` for none (the default), `same` for the input's extent at stride 1, or how many. */
  readonly padding?: Extent | 'valid' | 'same' | undefined;
  /** From one tap of the window to the next; by default 1. */
  readonly dilation?: Extent | undefined;
  /** Groups of filters that see a group of the channels each; by default 1. As many as channels: depthwise. */
  readonly groups?: number | undefined;
  /** Whether a bias is added; by default yes. */
  readonly bias?: boolean | undefined;
  /** As of a dense layer; what one output is made of counts as its inputs. */
  readonly initializer?: Initializer | undefined;
}

/** A convolution of images [height, width, channels]: y = f(x * W + b) of shape [oh, ow, filters]; see `lanegrad/graph`. */
export type Conv2dLayer = Convolution<'conv2d', Extents>;

/** A convolution of sequences [length, channels]. */
export type Conv1dLayer = Convolution<'conv1d', number>;

/** A transposed convolution of images, which enlarges them by its stride. */
export interface ConvTranspose2dLayer extends Convolution<'convTranspose2d', Extents> {
  /** What the output is longer, less than the stride; by default 0. */
  readonly outputPadding?: Extents | undefined;
}

export type ConvLayer = Conv2dLayer | Conv1dLayer | ConvTranspose2dLayer;

type Placed = 'filters' | 'kernel' | 'activation';

/**
 * A convolution of images by `filters` windows. Further options as in `Conv2dLayer`. Throws `ValueError` for options
 * that are no object.
 */
export const conv2d = (
  filters: number,
  kernel: Extents,
  activation: ActivationName = 'linear',
  options: LayerOptions<Conv2dLayer, Placed> = {},
): Conv2dLayer => ({ kind: 'conv2d', filters, kernel, activation, ...byName('conv2d', options) });

/**
 * A convolution of sequences by `filters` windows. Further options as in `Conv1dLayer`. Throws `ValueError` for
 * options that are no object.
 */
export const conv1d = (
  filters: number,
  kernel: number,
  activation: ActivationName = 'linear',
  options: LayerOptions<Conv1dLayer, Placed> = {},
): Conv1dLayer => ({ kind: 'conv1d', filters, kernel, activation, ...byName('conv1d', options) });

/**
 * A transposed convolution of images by `filters` windows. Further options as in `ConvTranspose2dLayer`. Throws
 * `ValueError` for options that are no object.
 */
export const convTranspose2d = (
  filters: number,
  kernel: Extents,
  activation: ActivationName = 'linear',
  options: LayerOptions<ConvTranspose2dLayer, Placed> = {},
): ConvTranspose2dLayer => ({
  kind: 'convTranspose2d',
  filters,
  kernel,
  activation,
  ...byName('convTranspose2d', options),
});

const orWord = (one: Requirement): Requirement => ({
  holds: (x) => one.holds(x) || x === 'valid' || x === 'same',
  text: `valid, same, ${one.text}`,
});

const fieldsOf = (extent: Requirement, padding: Requirement): Fields => ({
  filters: positiveInteger,
  kernel: extent,
  stride: optional(extent),
  padding: optional(padding),
  dilation: optional(extent),
  groups: optional(positiveInteger),
  ...activatedFields,
  bias: optional(flag),
  initializer: optional(initializer),
});

/** Channels of the input that a filter sees. Throws `ShapeError` where the groups do not divide them, or the filters. */
function channelsOf(x: Node, { kind, filters, groups = 1 }: ConvLayer): number {
  const channels = x.shape.at(-1) as number;
  if (channels % groups === 0 && filters % groups === 0) return channels / groups;
  throw new ShapeError(
    `${kind}: expected groups that divide ${channels} channels and ${filters} filters, got ${groups}`,
  );
}

/** The weight and the bias of a convolution, each of whose outputs is a sum over `fanIn` inputs. */
function parametersOf(scope: Scope, layer: ConvLayer, shape: Shape, fanIn: number, fanOut: number): [Node, Node?] {
  const { filters, activation = 'linear', bias = true } = layer;
  const range = initialRange(layer.initializer ?? defaultInitializer(activation), fanIn, fanOut);
  const weight = scope.parameter('weight', shape, range);
  return bias ? [weight, scope.parameter('bias', [filters], 0)] : [weight];
}

/** A convolution whose window has `window` extents; f makes its graph. */
function build(
  scope: Scope,
  x: Node,
  layer: Conv2dLayer | Conv1dLayer,
  window: readonly number[],
  f: (weight: Node, bias?: Node) => Node,
): Node {
  const { filters, groups = 1 } = layer;
  const channels = channelsOf(x, layer);
  const taps = size(window);
  const shape = [...window, channels, filters];
  const y = f(...parametersOf(scope, layer, shape, taps * channels, (taps * filters) / groups));
  scope.count((size(shape) * size(y.shape)) / filters);
  return activate(y, layer);
}

const conv2dRule: LayerRule<Conv2dLayer> = {
  fields: fieldsOf(extents, orWord(orPair(notNegative))),
  build: (scope, [x], layer) =>
    build(scope, x, layer, pairOf(layer.kind, 'kernel', layer.kernel, 1), (weight, bias) =>
      graph.conv2d(x, weight, bias, pick(layer, graph.convFields)),
    ),
};

const conv1dRule: LayerRule<Conv1dLayer> = {
  fields: fieldsOf(positiveInteger, orWord(notNegative)),
  build: (scope, [x], layer) =>
    build(scope, x, layer, [layer.kernel], (weight, bias) =>
      graph.conv1d(x, weight, bias, pick(layer, graph.convFields)),
    ),
};

const convTranspose2dRule: LayerRule<ConvTranspose2dLayer> = {
  fields: { ...fieldsOf(extents, orWord(orPair(notNegative))), outputPadding: optional(orPair(notNegative)) },
  build(scope, [x], layer) {
    const { kind, filters, groups = 1 } = layer;
    const channels = x.shape.at(-1) as number;
    const kernel = pairOf(kind, 'kernel', layer.kernel, 1);
    const taps = size(kernel);
    // Of a window's taps, one in stride squared falls on an input; all of them on an output.
    const fanIn = (taps * channelsOf(x, layer)) / size(pairOf(kind, 'stride', layer.stride ?? 1, 1));
    const shape = [...kernel, filters / groups, channels];
    const [weight, bias] = parametersOf(scope, layer, shape, fanIn, (taps * filters) / groups);
    scope.count((size(shape) * size(x.shape)) / channels);
    return activate(graph.convTranspose2d(x, weight, bias, pick(layer, graph.convTransposeFields)), layer);
  },
};

export const convRules: RulesOf<ConvLayer> = {
  conv2d: conv2dRule,
  conv1d: conv1dRule,
  convTranspose2d: convTranspose2dRule,
};
