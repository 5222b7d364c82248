/** k steps, `save`, `load` and n steps are k + n steps, to the last bit. */
import { describe, expect, it } from 'vitest';
import {
  adagrad,
  adam,
  adamw,
  batchNorm,
  dense,
  dropout,
  load,
  type Network,
  network,
  type OptimizerConfig,
  rmsprop,
  sgd,
} from '../../src/index.js';
import { decodeSafetensors } from '../../src/io/safetensors.js';
import { Generator } from '../../src/random.js';
import type { TierName } from '../../src/tier.js';
import { bits, integers, uniform } from '../numbers.js';
import { testedTiers } from './refusals.js';

const BATCH = 12;
const ROWS = 40;
const x = uniform(new Generator(1), ROWS * 6);
const y = integers(new Generator(2), ROWS, 4);

const optimizers: Readonly<Record<string, OptimizerConfig>> = {
  sgd: sgd({ learningRate: 0.1 }),
  momentum: sgd({ learningRate: 0.1, momentum: 0.9 }),
  nesterov: sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true }),
  adam: adam(),
  adamw: adamw(),
  rmsprop: rmsprop({ momentum: 0.9 }),
  adagrad: adagrad(),
};

/** Statistics, and masks that depend on the number of steps. */
const create = (optimizer: OptimizerConfig, tier: TierName) =>
  network({
    input: 6,
    layers: [dense(17, 'relu'), batchNorm(), dropout(0.3), dense(4)],
    loss: 'softmaxCrossEntropy',
    optimizer,
    batch: BATCH,
    tier,
  });

/** The steps from one to another, each on rows of its own. */
function train(net: Network, from: number, to: number): number[] {
  const losses: number[] = [];
  for (let step = from; step < to; step++) {
    const first = step % (ROWS - BATCH);
    losses.push(net.trainStep(x.subarray(first * 6, (first + BATCH) * 6), y.subarray(first, first + BATCH)));
  }
  return losses;
}

const state = (net: Network) =>
  [...net.parameters(), ...net.statistics()].map(([name, { data }]) => [name, ...bits(data)]);

describe.each(testedTiers)('on %s, training that is taken up again', (tier) => {
  it.each(Object.entries(optimizers))('goes on with %s as if it had not been left', async (_, optimizer) => {
    const whole = await create(optimizer, tier);
    const first = await create(optimizer, tier);
    for (const net of [whole, first]) {
      train(net, 0, 3);
      net.learningRate = 0.02;
      train(net, 3, 5);
    }
    const again = await load(await first.save(), { tier });
    expect([again.steps, again.learningRate]).toEqual([5, 0.02]);
    expect(train(again, 5, 9)).toEqual(train(whole, 5, 9));
    expect(state(again)).toEqual(state(whole));
    for (const net of [whole, first, again]) net.dispose();
  });

  it('goes on in fit with the orders of the epochs that follow', async () => {
    const whole = await create(adam(), tier);
    const first = await create(adam(), tier);
    const reports = await whole.fit({ x, y }, { epochs: 4 });
    const saved: Uint8Array[] = [];
    const onEpoch = async () => void saved.push(await first.save());
    await first.fit({ x, y }, { epochs: 2, onEpoch });
    const again = await load(saved[1], { tier });
    expect(again.epochs).toBe(2);
    const rest = await again.fit({ x, y }, { epochs: 2 });
    expect(rest.map(({ loss }) => loss)).toEqual(reports.slice(2).map(({ loss }) => loss));
    expect(state(again)).toEqual(state(whole));
    for (const net of [whole, first, again]) net.dispose();
  });

  it('begins anew where that was asked for', async () => {
    const net = await create(adam(), tier);
    train(net, 0, 5);
    const bytes = await net.save(undefined, { training: false });
    expect([...decodeSafetensors(bytes).tensors.keys()]).toEqual([
      ...net.parameters().keys(),
      ...net.statistics().keys(),
    ]);
    const again = await load(bytes, { tier });
    const anew = await create(adam(), tier);
    anew.setParameters(new Map([...net.parameters(), ...net.statistics()]));
    expect(again.steps).toBe(0);
    expect(train(again, 0, 3)).toEqual(train(anew, 0, 3));
    expect(state(again)).toEqual(state(anew));
    for (const each of [net, again, anew]) each.dispose();
  });
});

it('a network without an optimiser has nothing to go on from', async () => {
  const net = await network({ input: 6, layers: [dense(4)] });
  expect(decodeSafetensors(await net.save()).metadata.training).toBeUndefined();
  net.dispose();
});
