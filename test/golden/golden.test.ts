/** Whole training runs against PyTorch's, computed in float64: every file of this folder. */
import { afterAll, describe, expect, it } from 'vitest';
import { type Network, type NetworkConfig, network } from '../../src/index.js';
import { compile, type Node, type Tensor } from '../../src/lanegrad-graph.js';
import { buildNetwork } from '../../src/nn/build.js';
import type { OptimizerConfig } from '../../src/optim/optimizer.js';
import { availableTiers } from '../tiers.js';
import { excess, type Golden, type GoldenArray, goldens, numbers, tensors } from './golden.js';

const configOf = (golden: Golden): NetworkConfig => ({
  ...(golden.network as unknown as NetworkConfig),
  optimizer: golden.optimizer as unknown as OptimizerConfig,
  ...(golden.clipGlobalNorm !== null && { clipGlobalNorm: golden.clipGlobalNorm }),
  batch: Math.max(...golden.batches.map(({ x }) => x.shape[0])),
});

/** The farthest that each quantity was from its golden value, over all files, as a share of the tolerance. */
const worst = new Map<string, number>();
afterAll(() => console.log('largest share of the tolerance:', Object.fromEntries(worst)));

function check(
  tier: string,
  quantity: string,
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  deviation: number,
) {
  const share = excess(actual, expected, deviation);
  const key = `${tier} ${quantity.split(' ')[0]}`;
  worst.set(key, Math.max(worst.get(key) ?? 0, share));
  expect(share, `${quantity}: difference as a share of the tolerance`).toBeLessThanOrEqual(1);
}

const tiers = await availableTiers();

describe.each(goldens.map((golden) => [golden.case, golden] as const))('%s', (_, golden) => {
  const config = configOf(golden);
  const batches = golden.batches.map(({ x, y }) => ({ x: Float32Array.from(numbers(x)), y: numbers(y) }));
  const { expect: expected, f32Deviation: deviation } = golden;

  const checkTrained = (tier: string, net: Network, losses: readonly number[]): void => {
    check(tier, 'losses', losses, expected.losses, deviation.losses);
    for (const [name, { data }] of net.parameters())
      check(
        tier,
        `finalParameters ${name}`,
        data,
        numbers(expected.finalParameters[name]),
        deviation.finalParameters[name],
      );
    for (const [name, { data }] of net.statistics())
      check(
        tier,
        `runningStats ${name}`,
        data,
        numbers(expected.runningStats?.[name] as GoldenArray),
        deviation.runningStats?.[name] as number,
      );
  };

  it.each(tiers)('on %s', async (tier) => {
    const net = await network({ ...config, tier, threads: 2 });
    net.setParameters(tensors(golden.parameters));
    const [{ x, y }] = batches;
    net.forward(x, y);
    for (const [name, { data }] of net.backward())
      check(tier, `gradients ${name}`, data, numbers(expected.gradients[name]), deviation.gradients[name]);

    const losses = golden.learningRates.map((rate, t) => {
      net.learningRate = rate;
      const batch = batches[t % batches.length];
      return net.trainStep(batch.x, batch.y);
    });
    checkTrained(tier, net, losses);
    check(
      tier,
      'evalLogits',
      net.predict(x, { logits: true }).data,
      numbers(expected.evalLogits),
      deviation.evalLogits,
    );
    net.dispose();
  });

  it.each(tiers)('with calls of their own for forward, backward and step, on %s', async (tier) => {
    const net = await network({ ...config, tier });
    net.setParameters(tensors(golden.parameters));
    const norms: number[] = [];
    const losses = golden.learningRates.map((rate, t) => {
      net.learningRate = rate;
      const batch = batches[t % batches.length];
      const loss = net.forward(batch.x, batch.y);
      norms.push(Math.hypot(...[...net.backward().values()].flatMap(({ data }) => [...data])));
      net.step();
      return loss;
    });
    checkTrained(tier, net, losses);
    const { gradientNorms } = expected;
    if (gradientNorms) check(tier, 'gradientNorms', norms, gradientNorms, deviation.gradientNorms as number);
    net.dispose();
  });

  it.each(tiers)('the output in training, and the gradient of the input, on %s', async (tier) => {
    const { loss, outputs } = buildNetwork(config).training;
    const { inputGradient } = expected;
    const gradients = inputGradient ? ['x'] : [];
    const program = await compile(loss as Node, { outputs, gradients, batch: config.batch as number, tier });
    program.setParameters(tensors(golden.parameters));
    const [batch] = batches;
    program.forward(batch);
    if (inputGradient) {
      const { data } = program.backward().get('x') as Tensor;
      check(tier, 'inputGradient', data, numbers(inputGradient), deviation.inputGradient as number);
    }
    const [logits] = program.predict({ x: batch.x });
    check(tier, 'logits', logits.data, numbers(expected.logits), deviation.logits);
    program.dispose();
  });
});
