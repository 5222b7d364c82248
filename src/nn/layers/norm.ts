/** Normalisations, each followed by a scale and, except for rmsNorm, a shift that are trained. */
import { byName, fraction, optional, pick, positiveInteger, type Requirement } from '../../fields.js';
import type { Node } from '../../graph/node.js';
import { add, mul } from '../../graph/ops/elementwise.js';
import * as graph from '../../graph/ops/norm.js';
import type { LayerBase, LayerOptions, LayerRule, RulesOf, Scope } from '../layer.js';

interface Normalizing<Kind extends string> extends LayerBase<Kind> {
  /** Added to the variance; by default 1e-5, for rmsNorm 1e-6. */
  readonly epsilon?: number | undefined;
}

/**
 * Batch normalisation of each feature, or channel: by the batch's mean and variance in training, by running ones in
 * prediction. These are the statistics 'runningMean' and 'runningVariance'.
 */
export interface BatchNormLayer extends Normalizing<'batchNorm'> {
  /** How far a step moves the running statistics: (1 - momentum) old + momentum new; by default 0.1. */
  readonly momentum?: number | undefined;
}

/** Layer normalisation over the last axis. */
export type LayerNormLayer = Normalizing<'layerNorm'>;

/** Normalisation by the root mean square over the last axis. */
export type RmsNormLayer = Normalizing<'rmsNorm'>;

/** Normalisation over groups of channels and all positions. */
export interface GroupNormLayer extends Normalizing<'groupNorm'> {
  readonly groups: number;
}

/** Batch normalisation. Defaults: momentum 0.1, epsilon 1e-5. Throws `ValueError` for options that are no object. */
export const batchNorm = (options: LayerOptions<BatchNormLayer> = {}): BatchNormLayer => ({
  kind: 'batchNorm',
  ...byName('batchNorm', options),
});

/** Layer normalisation over the last axis. Throws `ValueError` for options that are no object. */
export const layerNorm = (options: LayerOptions<LayerNormLayer> = {}): LayerNormLayer => ({
  kind: 'layerNorm',
  ...byName('layerNorm', options),
});

/** Normalisation by the root mean square over the last axis. Throws `ValueError` for options that are no object. */
export const rmsNorm = (options: LayerOptions<RmsNormLayer> = {}): RmsNormLayer => ({
  kind: 'rmsNorm',
  ...byName('rmsNorm', options),
});

/** Normalisation over groups of channels and all positions. Throws `ValueError` for options that are no object. */
export const groupNorm = (groups: number, options: LayerOptions<GroupNormLayer, 'groups'> = {}): GroupNormLayer => ({
  kind: 'groupNorm',
  groups,
  ...byName('groupNorm', options),
});

const fromZeroToOne: Requirement = {
  holds: (x) => fraction.holds(x) || x === 1,
  text: 'a number from 0 to 1',
};

const scale = (scope: Scope, x: Node): Node => scope.parameter('weight', [x.shape.at(-1) as number], 1);
const shift = (scope: Scope, x: Node): Node => scope.parameter('bias', [x.shape.at(-1) as number], 0);

const batchNormRule: LayerRule<BatchNormLayer> = {
  fields: { momentum: optional(fromZeroToOne), ...graph.epsilonField },
  differs: () => true,
  build(scope, [x], { momentum = 0.1, epsilon }) {
    const channels = [x.shape.at(-1) as number];
    const [gamma, beta] = [scale(scope, x), shift(scope, x)];
    const running = {
      mean: scope.statistic('runningMean', channels, 0),
      variance: scope.statistic('runningVariance', channels, 1),
    };
    if (!scope.training) return graph.normalize(x, running, gamma, beta, epsilon);
    const { output, moments } = graph.batchNorm(x, gamma, beta, epsilon);
    for (const moment of ['mean', 'variance'] as const)
      scope.assign(running[moment], add(mul(running[moment], 1 - momentum), mul(moments[moment], momentum)));
    return output;
  },
};

const layerNormRule: LayerRule<LayerNormLayer> = {
  fields: graph.epsilonField,
  build: (scope, [x], layer) => graph.layerNorm(x, scale(scope, x), shift(scope, x), pick(layer, graph.epsilonField)),
};

const rmsNormRule: LayerRule<RmsNormLayer> = {
  fields: graph.epsilonField,
  build: (scope, [x], layer) => graph.rmsNorm(x, scale(scope, x), pick(layer, graph.epsilonField)),
};

const groupNormRule: LayerRule<GroupNormLayer> = {
  fields: { groups: positiveInteger, ...graph.epsilonField },
  build: (scope, [x], layer) =>
    graph.groupNorm(x, layer.groups, scale(scope, x), shift(scope, x), pick(layer, graph.epsilonField)),
};

export type NormLayer = BatchNormLayer | LayerNormLayer | GroupNormLayer | RmsNormLayer;

export const normRules: RulesOf<NormLayer> = {
  batchNorm: batchNormRule,
  layerNorm: layerNormRule,
  groupNorm: groupNormRule,
  rmsNorm: rmsNormRule,
};
