/** Losses in a configuration: the targets that each takes, and the graph that it is. */
import { ShapeError, ValueError } from '../errors.js';
import { atLeastZero, type Fields, fraction, listOf, optional, positive, show } from '../fields.js';
import type { Expected } from '../graph/feeds.js';
import { type Node, operationName, type Shape, showShape } from '../graph/node.js';
import * as composed from '../graph/ops/composed-losses.js';
import * as losses from '../graph/ops/loss.js';
import { constant } from '../graph/ops/source.js';

export type LossName = losses.LossName | 'softTargetCrossEntropy' | 'klDivergence' | 'hinge' | 'cosineDistance';

/**
 * A loss of one's own: from a layer's output and its targets, which have the output's shape, to one number a sample. A
 * network with such a loss is no plain data and cannot be saved.
 */
export type LossFunction = (output: Node, targets: Node) => Node;

export interface LossConfig {
  /** Without a loss the network can only predict. */
  readonly loss?: LossName | LossFunction | undefined;
  /** For softmaxCrossEntropy: how much of the probability is spread evenly over all classes; by default 0. */
  readonly labelSmoothing?: number | undefined;
  /** For softmaxCrossEntropy: what a sample of each class counts for, at least 0; by default 1. */
  readonly classWeights?: readonly number[] | undefined;
  /** For huber: where it turns from square to linear; by default 1. */
  readonly huberDelta?: number | undefined;
}

interface LossRule {
  /** The options that the loss has. */
  readonly options: readonly (keyof LossConfig)[];
  /** The shape of a sample's targets. */
  readonly targets: (output: Node, config: LossConfig) => Shape;
  /** What the targets must be where the loss means nothing for others. */
  readonly range?: Expected['range'];
  readonly build: (output: Node, targets: Node, config: LossConfig) => Node;
  /** What the loss itself makes probabilities with, where it is on logits. */
  readonly squash?: 'softmax' | 'sigmoid';
}

const likeOutput = (build: LossRule['build'], ...options: LossRule['options']): LossRule => ({
  options,
  targets: (output) => output.shape,
  build,
});

/** The class weights as a constant. Throws `ValueError` unless there is one for each of the logits. */
function weightsOf({ shape }: Node, { classWeights }: LossConfig): Node | undefined {
  if (!classWeights) return undefined;
  const classes = shape.at(-1) ?? 1;
  if (classWeights.length === classes) return constant(classWeights, [classes]);
  throw new ValueError(`loss: expected classWeights for ${classes} classes, got ${classWeights.length}`);
}

/** How far what was computed as 0 or 1 may be from it: some steps of f32 at 1. */
const ROUNDING = 2 ** -20;

const rules: { readonly [Name in LossName]: LossRule } = {
  softmaxCrossEntropy: {
    squash: 'softmax',
    options: ['labelSmoothing', 'classWeights'],
    targets: (output) => output.shape.slice(0, -1),
    build: (logits, labels, config) =>
      losses.softmaxCrossEntropy(logits, labels, config.labelSmoothing, weightsOf(logits, config)),
  },
  // With a target below 0, or beyond 1, the loss has no least value.
  softTargetCrossEntropy: {
    ...likeOutput(composed.softTargetCrossEntropy),
    squash: 'softmax',
    range: { low: -ROUNDING, high: Infinity, text: 'of at least 0' },
  },
  // A logarithm is taken of them.
  klDivergence: {
    ...likeOutput(composed.klDivergence),
    squash: 'softmax',
    range: { low: 0, high: Infinity, text: 'of at least 0' },
  },
  binaryCrossEntropy: {
    ...likeOutput(losses.binaryCrossEntropy),
    squash: 'sigmoid',
    range: { low: -ROUNDING, high: 1 + ROUNDING, text: 'from 0 to 1' },
  },
  meanSquaredError: likeOutput(losses.meanSquaredError),
  meanAbsoluteError: likeOutput(losses.meanAbsoluteError),
  huber: likeOutput((output, targets, { huberDelta }) => losses.huber(output, targets, huberDelta), 'huberDelta'),
  // A target of 0 is a loss of 1, whatever the output.
  hinge: { ...likeOutput(composed.hinge), range: { low: -1, high: 1, ends: true, text: 'that are -1 or 1' } },
  cosineDistance: likeOutput(composed.cosineDistance),
};

const lossNames = Object.keys(rules);

/** The fields of `LossConfig`. */
export const lossFields: Fields = {
  loss: optional({
    holds: (x) => typeof x === 'function' || lossNames.includes(x as string),
    text: `one of ${lossNames.join(', ')} or a function`,
    instead: {
      categoricalCrossentropy: 'that is softTargetCrossEntropy, on logits',
      sparseCategoricalCrossentropy: 'that is softmaxCrossEntropy, on logits',
      crossEntropy: 'that is softmaxCrossEntropy',
    },
  }),
  labelSmoothing: optional(fraction),
  classWeights: optional(listOf(atLeastZero, 'numbers of at least 0, finite in f32')),
  huberDelta: optional(positive),
};

/** The rule of a configuration's loss; null without a loss. Throws `ValueError` for an option that the loss does not have. */
function ruleOf({ loss, ...options }: LossConfig): LossRule | null {
  const rule = loss === undefined ? null : typeof loss === 'function' ? likeOutput(loss) : rules[loss];
  for (const name of Object.keys(lossFields) as (keyof typeof options)[])
    if (options[name] !== undefined && !rule?.options.includes(name)) {
      const what = typeof loss === 'function' ? 'a loss that is a function' : (loss ?? 'no loss');
      throw new ValueError(`loss: expected no ${name} with ${what}, got ${show(options[name])}`);
    }
  return rule;
}

/** The shape of a sample's targets, and what they are expected to be; null without a loss. */
export function targetsOf(output: Node, config: LossConfig): ({ readonly shape: Shape } & Expected) | null {
  const rule = ruleOf(config);
  if (!rule) return null;
  const shape = rule.targets(output, config);
  const positions = shape.length > 0 && shape.length < output.shape.length;
  const note = `: the output ${showShape(output.shape)} takes a label at each of its positions, after flatten() one in all`;
  return { shape, range: rule.range, note: positions ? note : undefined };
}

/** The loss of each sample. Throws `ValueError` or `ShapeError` if the output does not suit it. */
export function buildLoss(output: Node, targets: Node, config: LossConfig): Node {
  const { build, squash } = ruleOf(config) as LossRule;
  // Taken for logits, probabilities would all say yes, or differ too little for a class to be sure.
  if (squash && operationName(output) === squash)
    throw new ValueError(
      `${config.loss}: expected logits, from a last layer without an activation, got probabilities of ${squash}: predict gives them`,
    );
  // A softmax of a single class is 1, whatever the output.
  if (squash === 'softmax' && output.shape.at(-1) === 1)
    throw new ShapeError(
      `${config.loss}: expected logits of two classes or more, got ${showShape(output.shape)}: a single one says yes or no under binaryCrossEntropy`,
    );
  const loss = build(output, targets, config);
  if (loss?.operation && loss.batched && loss.shape.length === 0) return loss;
  const got = loss?.operation ? `${loss.batched ? '' : 'without samples, '}shape ${showShape(loss.shape)}` : show(loss);
  throw new ValueError(`loss: expected a function that gives one number a sample, got ${got}`);
}
