import { apply, type Node } from '../../../src/graph/node.js';
import * as composed from '../../../src/graph/ops/composed-losses.js';
import * as losses from '../../../src/graph/ops/loss.js';
import { integers, uniform } from '../../numbers.js';
import { all, type Case, type Draw, each, named, type Operand, positive, signed } from './operands.js';

const [, lossGradientOperation] = losses.lossOperations;

/** Each loss, with all that it can be told. */
const lossKinds: [string, (z: Node, t: Node) => Node, Draw | 'labels'][] = [
  ['softmaxCrossEntropy', (z, t) => losses.softmaxCrossEntropy(z, t), 'labels'],
  ['softmaxCrossEntropy, smoothing 0.1', (z, t) => losses.softmaxCrossEntropy(z, t, 0.1), 'labels'],
  ['binaryCrossEntropy', losses.binaryCrossEntropy, (generator, count) => uniform(generator, count, 0, 1)],
  ['meanSquaredError', losses.meanSquaredError, signed],
  ['meanAbsoluteError', losses.meanAbsoluteError, signed],
  ['huber', (z, t) => losses.huber(z, t), signed],
  ['huber, delta 0.3', (z, t) => losses.huber(z, t, 0.3), signed],
];

const label = (n: number): Operand => ({
  ...each([], (generator, count) => integers(generator, count, n)),
  smooth: false,
});

/** Each loss that is one operation, and its gradient times one number a sample as an operation of its own. */
const operationCases = (n: number): Case[] =>
  lossKinds.flatMap(([name, f, draw]) => {
    const operands = [each([n]), draw === 'labels' ? label(n) : each([n], draw)];
    return [
      named(name, operands, f),
      named(`the gradient of ${name}`, [...operands, each([])], (z, t, dy) =>
        apply(lossGradientOperation, [z, t, dy], f(z, t).attributes as never),
      ),
    ];
  });

/** With a label at each of three positions. */
const sequenceCases = (n: number): Case[] => {
  const { softmaxCrossEntropy } = losses;
  const labels: Operand = { ...label(n), shape: [3] };
  const attributes = { kind: 'softmaxCrossEntropy', alpha: 0 };
  return [
    named('softmaxCrossEntropy at positions', [each([3, n]), labels], (z, t) => softmaxCrossEntropy(z, t)),
    named('softmaxCrossEntropy at positions, weighted,', [each([3, n]), labels, all([n], positive)], (z, t, w) =>
      softmaxCrossEntropy(z, t, 0.1, w),
    ),
    named('the gradient of softmaxCrossEntropy at positions', [each([3, n]), labels, each([3])], (z, t, dy) =>
      apply(lossGradientOperation, [z, t, dy], attributes as never),
    ),
  ];
};

/** Losses that are composed of operations. */
const composedCases = (n: number): Case[] => {
  const { contrastive, cosineDistance, hinge, klDivergence, softTargetCrossEntropy, triplet } = composed;
  const { softmaxCrossEntropy } = losses;
  // Of order 1 together, as probabilities are.
  const shares: Draw = (generator, count) => positive(generator, count).map((x) => x / n);
  const different: Draw = (generator, count) => integers(generator, count, 2);
  return [
    ...[[n], [2, n]].flatMap((shape) => [
      named('softTargetCrossEntropy', [each(shape), each(shape, shares)], softTargetCrossEntropy),
      named('klDivergence', [each(shape), each(shape, shares)], klDivergence),
      named('hinge', [each(shape), each(shape)], hinge),
    ]),
    ...[0, 0.1].map((smoothing) =>
      named(
        `softmaxCrossEntropy, weighted, smoothing ${smoothing},`,
        [each([n]), label(n), all([n], positive)],
        (z, t, w) => softmaxCrossEntropy(z, t, smoothing, w),
      ),
    ),
    ...[each([n]), all([n])].flatMap((b) => [
      named('cosineDistance', [each([n]), b], cosineDistance),
      named('contrastive', [each([n]), b, each([], different)], (x, y, t) => contrastive(x, y, t, 3)),
      named('triplet', [each([n]), each([n]), b], (a, p, q) => triplet(a, p, q)),
    ]),
    named('triplet, all of them violated,', [each([2, n]), each([2, n]), each([2, n])], (a, p, q) =>
      triplet(a, p, q, 100 * n),
    ),
  ];
};

export const lossCases = (n: number): Case[] => [...operationCases(n), ...sequenceCases(n), ...composedCases(n)];
