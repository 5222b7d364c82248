/** What becomes of a network whose loss is no longer finite. */
import { describe, expect, it } from 'vitest';
import {
  adam,
  type BatchReport,
  batchNorm,
  DivergenceError,
  dense,
  type EpochReport,
  type Network,
  type NetworkOptions,
  network,
  residual,
  sgd,
} from '../../src/index.js';
import { add, log, meanSquaredError, parameter, square, sum } from '../../src/lanegrad-graph.js';
import { Generator } from '../../src/random.js';
import { uniform } from '../numbers.js';
import { availableTiers } from '../tiers.js';

const ROWS = 37;
const values = { x: uniform(new Generator(1), ROWS * 5), y: uniform(new Generator(3), ROWS) };

const [best] = await availableTiers();

describe.each(['js', best] as const)('a loss that is not finite on %s', (tier) => {
  const create = (learningRate: number, batch = 16): Promise<Network> =>
    network({
      input: 5,
      layers: [dense(8, 'relu'), dense(1)],
      loss: 'meanSquaredError',
      optimizer: sgd({ learningRate, momentum: 0.9 }),
      batch,
      seed: 9,
      tier,
    });

  it('ends the training with a sentence, and the network as it was', async () => {
    const net = await create(1e30);
    const before = net.parameters();
    const error = await net.fit(values, { epochs: 2 }).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(DivergenceError);
    expect(error.message).toMatch(
      /^fit: expected a finite loss, got (NaN|Infinity) in step 2 \(epoch 1, batch 2\); .* start of epoch 1; try a smaller/,
    );
    expect(net.parameters()).toEqual(before);
    expect(net.steps).toBe(0);
  });

  it('brings back the start of the epoch, optimizer and order of samples included', async () => {
    const [net, twin] = [await create(0.01), await create(0.01)];
    const onBatch = ({ epoch, batch }: BatchReport) => {
      if (epoch === 3 && batch === 1) net.learningRate = 1e30;
    };
    await expect(net.fit(values, { epochs: 4, onBatch })).rejects.toThrow('start of epoch 3');
    await twin.fit(values, { epochs: 2 });
    const both = () =>
      expect([net.parameters(), net.steps, net.learningRate]).toEqual([twin.parameters(), twin.steps, 0.01]);
    both();
    await net.fit(values, { epochs: 2 });
    await twin.fit(values, { epochs: 2 });
    both();
  });

  it('brings back a state whose loss was finite, if the last step of an epoch has spoilt it', async () => {
    const [net, twin] = [await create(0.01, ROWS), await create(0.01, ROWS)];
    const onEpoch = ({ epoch }: EpochReport) => {
      if (epoch === 1) net.learningRate = 1e30;
    };
    // The one step of epoch 2 leaves parameters beyond all bounds, and only the loss of epoch 3 tells.
    await expect(net.fit(values, { epochs: 4, onEpoch })).rejects.toThrow('start of epoch 2');
    await twin.fit(values);
    expect(net.parameters()).toEqual(twin.parameters());
    net.learningRate = 0.01;
    await net.fit(values);
    await twin.fit(values);
    expect(net.parameters()).toEqual(twin.parameters());
  });
});

describe.each(await availableTiers())('lanes beyond the numbers of a tensor on %s are no divergence', (tier) => {
  const fitted = async (options: Partial<NetworkOptions>) => {
    const base = {
      input: 5,
      layers: [dense(1)],
      loss: 'meanSquaredError',
      optimizer: adam(),
      batch: 16,
      tier,
    } as const;
    const net = await network({ ...base, ...options });
    const [{ loss }] = await net.fit(values);
    expect(loss).toBeGreaterThan(0);
    net.dispose();
  };

  it.each<[string, Partial<NetworkOptions>]>([
    ['where a single number is clipped', { clipGlobalNorm: 1 }],
    ['where a single channel is normalised', { layers: [dense(1), batchNorm()] }],
    ['where it is so within a layer', { layers: [dense(1), residual([batchNorm()])] }],
  ])('%s', (_, options) => fitted(options));

  it('where a gradient is infinite at 0', async () => {
    const scale = parameter('scale', [3], [1, 2, 3]);
    await fitted({ loss: (output, targets) => add(meanSquaredError(output, targets), sum(square(log(scale)))) });
  });
});
