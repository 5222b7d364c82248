/** Losses composed of operations at numbers that can be done by hand, at their corners, and what they refuse. */
import { describe, expect, it } from 'vitest';
import { type LanegradError, ShapeError, ValueError } from '../../src/errors.js';
import {
  compile,
  constant,
  contrastive,
  cosineDistance,
  evaluate,
  gradients,
  hinge,
  input,
  klDivergence,
  type Node,
  softmaxCrossEntropy,
  softTargetCrossEntropy,
  square,
  sub,
  sum,
  triplet,
} from '../../src/lanegrad-graph.js';

const [a, b, c] = ['a', 'b', 'c'].map((name) => input(name, [2]));
const logits = input('logits', [3]);
const targets = input('targets', [3]);
const label = input('label');
const single = input('single');

/** A distribution, its entropy in nats, its logits, and those of a uniform one. */
const some = [0.5, 0.25, 0.25];
const entropy = 1.5 * Math.LN2;
const skewed = [Math.log(2), 0, 0];
const even = [5, 5, 5];

const weighted = softmaxCrossEntropy(logits, label, 0, constant([1, 4, 2], [3]));
const soft = softTargetCrossEntropy(logits, targets);
const divergence = klDivergence(logits, targets);
const angle = cosineDistance(a, b);
const pair = (margin?: number) => contrastive(a, b, single, margin);

/** A loss, its feeds, and what it is. */
const worked: [string, Node, Record<string, number[]>, number][] = [
  ['weights of classes', weighted, { logits: even, label: [1] }, 4 * Math.log(3)],
  ['soft targets, one of them', soft, { logits: skewed, targets: [1, 0, 0] }, Math.LN2],
  ['soft targets', soft, { logits: even, targets: some }, Math.log(3)],
  ['the divergence of equals', divergence, { logits: skewed, targets: some }, 0],
  ['a divergence', divergence, { logits: even, targets: some }, Math.log(3) - entropy],
  ['a divergence from what is certain', divergence, { logits: skewed, targets: [0, 1, 0] }, Math.log(4)],
  ['hinge', hinge(a, b), { a: [0.25, 3], b: [-1, 1] }, 0.625],
  ['the same direction', angle, { a: [1, 2], b: [3, 6] }, 0],
  ['a right angle', angle, { a: [1, 2], b: [-4, 2] }, 1],
  ['opposite directions', angle, { a: [1, 2], b: [-1, -2] }, 2],
  ['no direction', angle, { a: [0, 0], b: [1, 2] }, 1],
  ['a pair that belongs together', pair(), { a: [0, 1], b: [3, 5], single: [0] }, 12.5],
  ['a pair that does not', pair(7), { a: [0, 1], b: [3, 5], single: [1] }, 2],
  ['a pair that is apart', pair(4), { a: [0, 1], b: [3, 5], single: [1] }, 0],
  ['a pair of equals that belong together', pair(), { a: [1, 1], b: [1, 1], single: [0] }, 0],
  ['a pair of equals that do not', pair(), { a: [1, 1], b: [1, 1], single: [1] }, 0.5],
  ['a triplet', triplet(a, b, c, 0.5), { a: [0, 0], b: [0, 2], c: [1, 1] }, 2.5],
  ['a triplet in order', triplet(a, b, c), { a: [0, 0], b: [0, 1], c: [2, 1] }, 0],
];

describe('a loss composed of operations', () => {
  it.each(worked)('%s', (_, loss, feeds, expected) => {
    const { values, gradients } = evaluate(loss, feeds);
    expect(values.get(loss)).toBeCloseTo(expected, 6);
    for (const gradient of gradients.values()) {
      const numbers = typeof gradient === 'number' ? [gradient] : [...gradient.data];
      expect(numbers.every(Number.isFinite)).toBe(true);
    }
  });

  it.each([
    ['targets of another shape', () => softTargetCrossEntropy(logits, a), ShapeError, "got [2] of 'a'"],
    ['a distribution of another shape', () => klDivergence(logits, label), ShapeError, "got [] of 'label'"],
    ['sides for other outputs', () => hinge(logits, a), ShapeError, "expected the shape [3] of 'logits'"],
    ['vectors of other lengths', () => cosineDistance(a, logits), ShapeError, "got [3] of 'logits'"],
    ['a pair of other lengths', () => contrastive(a, logits, single), ShapeError, "got [3] of 'logits'"],
    ['a choice for each element', () => contrastive(a, b, c), ShapeError, "got shape [2] of 'c'"],
    ['a margin of 0', () => contrastive(a, b, single, 0), ValueError, 'got 0'],
    ['a margin that is NaN', () => triplet(a, b, c, Number.NaN), ValueError, 'got NaN'],
    ['a triplet of other lengths', () => triplet(a, b, logits), ShapeError, "got [3] of 'logits'"],
    [
      'a label at each output',
      () => softmaxCrossEntropy(logits, targets),
      ShapeError,
      'labels of shape [...], got [3] and [3]',
    ],
    [
      'one label for two positions',
      () => softmaxCrossEntropy(input('z', [2, 3]), label),
      ShapeError,
      'got [2, 3] and []',
    ],
    ['weights of other classes', () => softmaxCrossEntropy(logits, label, 0, a), ShapeError, 'got [2]'],
    ['a weighted label that is computed', () => softmaxCrossEntropy(logits, sum(a), 0, logits), ValueError, 'an input'],
  ])('refuses %s', (_, build, Class, words) => {
    expect(build).toThrow(Class as typeof LanegradError);
    expect(build).toThrow(words);
  });
});

describe('a label', () => {
  it('is checked where only the gradient of the loss is left', async () => {
    const [dz] = gradients(softmaxCrossEntropy(logits, label), [logits]);
    const program = await compile(sum(square(sub(dz, 1))), { tier: 'js', batch: 2 });
    expect(() => program.forward({ logits: even, label: [3] })).toThrow(/integers 0 to 2 in 'label', got 3/);
  });
});
