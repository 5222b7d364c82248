/** A loss of one's own: a function from the output and the targets to graph. */
import { describe, expect, it } from 'vitest';
import { UnsupportedError, ValueError } from '../../src/errors.js';
import { batchNorm, dense, dropout, from, type LossFunction, type Network, network, sgd } from '../../src/index.js';
import { add, exp, gradients, mean, mul, neg, parameter, square, sub, sum } from '../../src/lanegrad-graph.js';
import { Generator } from '../../src/random.js';
import { uniform } from '../numbers.js';
import { availableTiers } from '../tiers.js';
import { any, expectRefused } from './refusals.js';

const ROWS = 9;
const x = uniform(new Generator(1), ROWS * 5);
const y = uniform(new Generator(2), ROWS * 3);
const options = { input: 5, layers: [dense(6, 'tanh'), dense(3)], optimizer: sgd({ learningRate: 0.1 }) } as const;
const squared: LossFunction = (output, targets) => mean(square(sub(output, targets)));

describe.each(await availableTiers())('a loss that does not look at the targets on %s', (tier) => {
  it('trains, with targets or without', async () => {
    const net = await network({
      input: 2,
      layers: [dense(1)],
      loss: (output) => mean(square(output)),
      optimizer: sgd({ learningRate: 0.01 }),
      tier,
    });
    const first = net.trainStep([1, 2], [0]);
    expect(net.forward([1, 2], any(undefined))).toBeLessThan(first);
    const [{ loss }] = await net.fit({ x: [1, 2], y: [0] });
    expect(net.evaluate({ x: [1, 2], y: [0] }).loss).toBeLessThan(loss);
    net.dispose();
  });

  it('nor at the output has no input to be written to', async () => {
    const loss: LossFunction = (_, targets) => mean(square(targets));
    const net = await network({ input: 2, layers: [dense(1)], loss, optimizer: sgd(), tier });
    expect(() => net.input).toThrow("input: expected a loss that depends on 'x'");
    net.dispose();
  });
});

describe.each(await availableTiers())('a loss that is a function, on %s', (tier) => {
  it('trains as the one that it spells out', async () => {
    const [own, known] = [
      await network({ ...options, loss: squared, tier }),
      await network({ ...options, loss: 'meanSquaredError', tier }),
    ];
    for (let step = 0; step < 5; step++) expect(own.trainStep(x, y)).toBeCloseTo(known.trainStep(x, y), 5);
    const { loss, accuracy } = own.evaluate({ x, y });
    expect(loss).toBeCloseTo(known.evaluate({ x, y }).loss, 5);
    expect(accuracy).toBeNull();
    expect(own.predict(x)).toEqual(own.predict(x, { logits: true }));
    for (const net of [own, known]) net.dispose();
  });

  it('may hold gradients, and parameters of its own', async () => {
    const penalized: LossFunction = (output, targets) => {
      const loss = squared(output, targets);
      const [slope] = gradients(loss, [output]);
      return mul(sum(square(slope)), parameter('strength', [], 2));
    };
    const net = await network({ ...options, loss: penalized, tier });
    const first = net.trainStep(x, y);
    for (let step = 0; step < 20; step++) net.trainStep(x, y);
    expect(net.forward(x, y)).toBeLessThan(first);
    expect(net.parameters().get('strength')?.data[0]).not.toBe(2);
    net.dispose();
  });
});

describe.each(await availableTiers())('a parameter of the loss, on %s', (tier) => {
  /** exp(-s) * squared + s, where s is learnt (Kendall et al., 2018). */
  const uncertain: LossFunction = (output, targets) => {
    const s = parameter('s', [], 0.5);
    return add(mul(exp(neg(s)), squared(output, targets)), s);
  };
  const value = (net: Network) => net.parameters().get('s')?.data[0] as number;

  it.each([
    ['dropout', dropout(0.5)],
    ['batchNorm', batchNorm()],
  ])('is one where %s makes two graphs: what is trained is evaluated', async (_, layer) => {
    const layers = [dense(6, 'tanh'), layer, dense(3)];
    const net = await network({ ...options, layers, loss: uncertain, tier });
    const plain = await network({ ...options, layers, loss: 'meanSquaredError', tier });
    await net.fit({ x, y }, { epochs: 3, validation: { x, y } });
    plain.setParameters(new Map([...net.parameters()].filter(([name]) => name !== 's')));
    plain.setParameters(net.statistics());
    expect(value(net)).not.toBe(0.5);
    const expected = Math.exp(-value(net)) * plain.evaluate({ x, y }).loss + value(net);
    expect(net.evaluate({ x, y }).loss).toBeCloseTo(expected, 5);
    for (const made of [net, plain]) made.dispose();
  });
});

it('goes with weights, beside other outputs', async () => {
  const net = await network({
    inputs: { x: 5 },
    layers: { h: from('x', dense(3)), k: from('h', dense(3)) },
    outputs: { h: { loss: squared, weight: 2 }, k: { loss: 'meanSquaredError' } },
    sampleWeights: true,
    tier: 'js',
  });
  const weights = new Float32Array(ROWS).fill(0.5);
  const { loss, outputs } = net.evaluate({ x, y: { h: y, k: y }, weights });
  expect(loss).toBeCloseTo(2 * (outputs?.h.loss as number) + (outputs?.k.loss as number), 5);
  net.dispose();
});

it('is no plain data, so it is not saved', async () => {
  const net = await network({ ...options, loss: squared, tier: 'js' });
  expect(net.config.loss).toBe(squared);
  await expectRefused(() => net.save(), UnsupportedError, 'save', 'function');
  net.dispose();
});

it.each<[string, unknown, string]>([
  ['gives an array for each sample', (output: never) => output, 'shape [3]'],
  ['gives one number for all', () => parameter('p'), 'without samples'],
  ['gives a number of JavaScript', () => 3, 'got 3'],
  ['gives nothing', () => undefined, 'got undefined'],
])('one that %s is refused', async (_, loss, words) => {
  await expectRefused(() => network({ ...options, loss: any(loss) }), ValueError, 'loss', words);
});
