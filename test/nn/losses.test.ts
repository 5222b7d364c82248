/** Losses by name in a configuration: what they come to, what predictions and accuracy mean under them. */
import { describe, expect, it } from 'vitest';
import { ValueError } from '../../src/errors.js';
import { activation, dense, type LossName, load, type NetworkOptions, network, sgd } from '../../src/index.js';
import { Generator } from '../../src/random.js';
import { integers, uniform } from '../numbers.js';
import { availableTiers } from '../tiers.js';
import { any, expectRefused } from './refusals.js';

const CLASSES = 3;
const ROWS = 21;
const x = uniform(new Generator(1), ROWS * 5);
const labels = integers(new Generator(2), ROWS, CLASSES);
const oneHot = Float32Array.from({ length: ROWS * CLASSES }, (_, i) =>
  labels[Math.floor(i / CLASSES)] === i % CLASSES ? 1 : 0,
);
const options = {
  input: 5,
  layers: [dense(6, 'tanh'), dense(CLASSES)],
  optimizer: sgd({ learningRate: 0.1 }),
} as const;

/** Outputs are inputs: two samples of the logits of 1/2, 1/4, 1/4, or sides, or directions. */
const outputs = { logits: [Math.log(2), 0, 0, 0, Math.log(2), 0], sides: [2, -0.5, 1, 3, 0.25, -1] };
const certain = [1, 0, 0, 0, 0, 1];
const even = new Array<number>(6).fill(1 / 3);

const worked: [LossName, keyof typeof outputs, number[], number, number | null][] = [
  ['softTargetCrossEntropy', 'logits', certain, 1.5 * Math.LN2, 1 / 2],
  ['klDivergence', 'logits', certain, 1.5 * Math.LN2, 1 / 2],
  ['klDivergence', 'logits', even, (5 / 3) * Math.LN2 - Math.log(3), 1 / 2],
  ['hinge', 'sides', [1, -1, 1, 1, -1, -1], 1.75 / 6, 1 / 2],
  ['cosineDistance', 'sides', [2, -0.5, 1, -3, -0.25, 1], 1, null],
];

describe.each(await availableTiers())('on %s', (tier) => {
  it.each(worked)('%s of %s', async (loss, kind, y, expected, accuracy) => {
    const net = await network({ input: 3, layers: [activation('linear')], loss, tier });
    const evaluation = net.evaluate({ x: outputs[kind], y });
    expect(evaluation.loss).toBeCloseTo(expected, 6);
    expect(evaluation.accuracy).toBe(accuracy);
    net.dispose();
  });

  // At logits of 1/2, 1/4, 1/4 the cross-entropy is ln 2 for the first class and ln 4 for the others.
  it('softmaxCrossEntropy takes a label at each position, and means their losses', async () => {
    const layers = [activation('linear')];
    const net = await network({ input: [2, 3], layers, loss: 'softmaxCrossEntropy', tier });
    const evaluation = net.evaluate({ x: [...outputs.logits, ...outputs.logits], y: [0, 1, 0, 2] });
    expect(evaluation.loss).toBeCloseTo((Math.LN2 + (Math.LN2 + Math.log(4)) / 2) / 2, 6);
    expect(evaluation.accuracy).toBe(1 / 2);
    expect(() => net.evaluate({ x: outputs.logits, y: [0] })).toThrow('rows of 2 numbers');
    net.dispose();
  });

  /** The losses of some steps. */
  const losses = async (given: Partial<NetworkOptions>, y: Float32Array, weights?: Float32Array) => {
    const net = await network({ ...options, ...given, tier });
    const steps = Array.from({ length: 5 }, () => net.trainStep(x, y, weights));
    net.dispose();
    return steps;
  };

  it.each([0, 0.1])('classWeights weigh the samples, with a labelSmoothing of %s', async (labelSmoothing) => {
    const common = { loss: 'softmaxCrossEntropy', labelSmoothing } as const;
    const classWeights = [0.5, 2, 1];
    const weights = Float32Array.from(labels, (label) => classWeights[label]);
    const expected = await losses({ ...common, sampleWeights: true }, labels, weights);
    const actual = await losses({ ...common, classWeights }, labels);
    actual.forEach((loss, step) => {
      expect(loss).toBeCloseTo(expected[step], 5);
    });
  });

  it.each(['softTargetCrossEntropy', 'klDivergence'] as const)('%s of labels is their cross-entropy', async (loss) => {
    const expected = await losses({ loss: 'softmaxCrossEntropy' }, labels);
    const actual = await losses({ loss }, oneHot);
    actual.forEach((value, step) => {
      expect(value).toBeCloseTo(expected[step], 5);
    });
  });
});

describe('predictions', () => {
  const predict = async (loss: LossName) => {
    const net = await network({ input: 3, layers: [activation('linear')], loss, tier: 'js' });
    return [...net.predict(outputs.logits).data];
  };

  it.each(['softTargetCrossEntropy', 'klDivergence'] as const)('of %s are probabilities', async (loss) => {
    const expected = [0.5, 0.25, 0.25, 0.25, 0.5, 0.25];
    (await predict(loss)).forEach((p, i) => {
      expect(p).toBeCloseTo(expected[i], 6);
    });
  });

  it.each(['hinge', 'cosineDistance'] as const)('of %s are what the last layer gives', async (loss) => {
    expect(await predict(loss)).toEqual([...Float32Array.from(outputs.logits)]);
  });

  it('at several positions are right together', async () => {
    const loss = 'softTargetCrossEntropy';
    const net = await network({ input: [2, 3], layers: [activation('linear')], loss, tier: 'js' });
    const right = [1, 0, 0, 0, 1, 0];
    const x = [...outputs.logits, ...outputs.logits];
    expect(net.evaluate({ x, y: [...right, ...certain] }).accuracy).toBe(1 / 2);
    net.dispose();
  });
});

describe('classWeights', () => {
  const weighted = { ...options, loss: 'softmaxCrossEntropy', classWeights: [1, 2, 3] } as const;

  it('are kept in a file', async () => {
    const net = await network(weighted);
    const again = await load(await net.save());
    expect(again.config).toEqual(net.config);
    expect(again.forward(x, labels)).toBe(net.forward(x, labels));
    for (const made of [net, again]) made.dispose();
  });

  it.each([
    ['of other classes', { classWeights: [1, 2] }, 'loss', 'for 3 classes, got 2'],
    ['below 0', { classWeights: [1, -2, 1] }, 'network', 'got [1, -2, 1]'],
    ['that are one number', { classWeights: any(2) }, 'network', 'got 2'],
    ['without labels', { loss: 'softTargetCrossEntropy' }, 'loss', 'no classWeights with softTargetCrossEntropy'],
  ] as const)('%s are refused', async (_, changes, operation, words) => {
    await expectRefused(() => network({ ...weighted, ...changes }), ValueError, operation, words);
  });
});

describe('targets that a loss means nothing for are refused', () => {
  it.each<[LossName, number[], string]>([
    ['binaryCrossEntropy', [0, 1, -1, 1], "numbers from 0 to 1 in 'y', got -1 in row 1, element 0"],
    ['binaryCrossEntropy', [0, 255, 1, 1], "numbers from 0 to 1 in 'y', got 255 in row 0, element 1"],
    [
      'binaryCrossEntropy',
      any(new Float32Array([0, 1, 1, 2])),
      "numbers from 0 to 1 in 'y', got 2 in row 1, element 1",
    ],
    ['hinge', [-1, 1, 1, 0], "numbers that are -1 or 1 in 'y', got 0 in row 1, element 1"],
    ['hinge', [-1, 1, 0.5, 1], "numbers that are -1 or 1 in 'y', got 0.5 in row 1, element 0"],
    ['softTargetCrossEntropy', [0.5, 0.5, 1.5, -0.5], "numbers of at least 0 in 'y', got -0.5 in row 1, element 1"],
    ['klDivergence', [0.5, 0.5, 1.5, -1e-9], "numbers of at least 0 in 'y', got -1e-9 in row 1, element 1"],
  ])('%s of %j', async (loss, y, words) => {
    const x = [1, 2];
    const net = await network({ input: 1, layers: [dense(2)], loss, optimizer: sgd(), tier: 'js' });
    expect(() => net.trainStep(x, y)).toThrow(`trainStep: expected ${words}`);
    expect(() => net.evaluate({ x, y })).toThrow(`evaluate: expected ${words}`);
    await expect(net.fit({ x, y })).rejects.toThrow(`fit: expected ${words}`);
    expect(net.steps).toBe(0);
  });

  it.each<[LossName, number[]]>([
    ['binaryCrossEntropy', [0.25, 1 + 1e-7, 0, 1]],
    ['binaryCrossEntropy', any(new Float32Array([0.25, 1 + 1e-7, 0, 1]))],
    ['softTargetCrossEntropy', [1 - 0.9 - 0.1, 1, 2, 3]],
    ['klDivergence', [0, 1, 2, 3]],
    ['hinge', [-1, 1, 1, -1]],
  ])('but not those of %s that are rounded, between, or no distribution', async (loss, y) => {
    const net = await network({ input: 1, layers: [dense(2)], loss, optimizer: sgd(), tier: 'js' });
    expect(net.trainStep([1, 2], y)).toBeLessThan(10);
  });
});
