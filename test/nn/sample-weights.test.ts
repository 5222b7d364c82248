/** Weights of samples, by which their losses are multiplied. */
import { describe, expect, it } from 'vitest';
import { dense, sgd } from '../../src/index.js';
import { Generator } from '../../src/random.js';
import { integers, uniform } from '../numbers.js';
import { availableTiers } from '../tiers.js';
import { create } from './create.js';

const ROWS = 19;
const x = uniform(new Generator(1), ROWS * 5);
const digit = integers(new Generator(3), ROWS, 4);

describe.each(await availableTiers())('weights of samples on %s', (tier) => {
  const options = { input: 5, layers: [dense(4)], loss: 'softmaxCrossEntropy', batch: ROWS, tier } as const;
  const weights = uniform(new Generator(5), ROWS, 0, 2);

  it('multiply the losses, whose mean is over the samples', async () => {
    const [net, plain] = [await create({ ...options, sampleWeights: true }), await create({ ...options, batch: 1 })];
    let total = 0;
    for (let row = 0; row < ROWS; row++)
      total += weights[row] * plain.forward(x.subarray(5 * row, 5 * row + 5), digit.subarray(row, row + 1));
    expect(net.forward(x, digit, weights)).toBeCloseTo(total / ROWS, 5);
    expect(net.evaluate({ x, y: digit, weights }).loss).toBeCloseTo(total / ROWS, 5);
  });

  it('of 1 change nothing, and 0 leaves a sample out', async () => {
    const trained = { ...options, optimizer: sgd({ learningRate: 0.1 }), sampleWeights: true, batch: 10 } as const;
    const [net, plain] = [await create(trained), await create({ ...trained, sampleWeights: false })];
    const part = [x.subarray(0, 50), digit.subarray(0, 10)] as const;
    expect(net.trainStep(...part, new Float32Array(10).fill(1))).toBe(plain.trainStep(...part));
    expect(net.parameters()).toEqual(plain.parameters());
    const half = new Float32Array(10).fill(2, 0, 5);
    expect(net.forward(...part, half)).toBeCloseTo(plain.forward(x.subarray(0, 25), digit.subarray(0, 5)), 5);
  });

  it('come with the data of fit', async () => {
    const net = await create({ ...options, optimizer: sgd(), sampleWeights: true });
    const [{ loss }] = await net.fit({ x, y: digit, weights: new Float32Array(ROWS) });
    expect(loss).toBe(0);
  });

  it('are asked for, and refused where there are none', async () => {
    const [net, plain] = [await create({ ...options, sampleWeights: true }), await create(options)];
    expect(() => net.forward(x, digit)).toThrow("forward: expected numbers for 'weights', got undefined");
    expect(() => plain.forward(x, digit, weights)).toThrow("got one called 'weights'");
  });
});
