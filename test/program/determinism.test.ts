/** What is equal to the last bit: on any number of threads, between tiers, between ways to train, from run to run. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  adagrad,
  adam,
  adamw,
  dense,
  type Network,
  network,
  type OptimizerConfig,
  rmsprop,
  sgd,
  type Tensor,
} from '../../src/index.js';
import * as graph from '../../src/lanegrad-graph.js';
import { Generator } from '../../src/random.js';
import type { TierName } from '../../src/tier.js';
import { integers, uniform } from '../numbers.js';
import { startThreads, useThreads } from '../threads.js';
import { availableTiers } from '../tiers.js';

const tiers = await availableTiers();
const compiled = tiers.filter((tier) => tier !== 'js');

/** Big enough that each of three threads has a piece of everything. */
const BATCH = 130;
const INPUT = 130;
const x = uniform(new Generator(1), BATCH * INPUT);
const y = integers(new Generator(2), BATCH, 10);

interface Options {
  readonly tier: TierName;
  readonly optimizer?: OptimizerConfig;
  readonly batch?: number;
  readonly seed?: number;
}

const create = ({ tier, optimizer = sgd({ learningRate: 0.1 }), batch = BATCH, seed = 1 }: Options): Promise<Network> =>
  network({
    input: INPUT,
    layers: [dense(257, 'relu'), dense(70, 'gelu'), dense(10)],
    loss: 'softmaxCrossEntropy',
    optimizer,
    batch,
    seed,
    tier,
    threads: 3,
  });

/** All bits of an array, as text: quick to compare. */
const bits = ({ buffer, byteOffset, byteLength }: Float32Array): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString('base64');

const all = (tensors: Map<string, Tensor>) => [...tensors].map(([name, { data }]) => [name, bits(data)]);

/** Losses of ten steps, the gradients before them, the parameters after them. */
async function train(options: Options) {
  const net = await create(options);
  net.forward(x, y);
  const gradients = all(net.backward());
  const losses = Array.from({ length: 10 }, () => net.trainStep(x, y));
  const parameters = all(net.parameters());
  const outputs = bits(net.predict(x).data);
  net.dispose();
  return { losses, gradients, parameters, outputs };
}

/** A graph that no network is: sums over features and samples, numbers for each sample and for all. */
async function runGraph(tier: TierName) {
  const { dense, exp, input, mean, mul, parameter, square, sub, sum, tanh } = graph;
  const a = input('a', [37]);
  const w = parameter('w', [37, 50], uniform(new Generator(3), 37 * 50));
  const s = parameter('s', [], 0.5);
  const h = tanh(mul(dense(a, exp(w)), s));
  const f = sum(mul(square(sub(h, mean(h))), mean(a)));
  const program = await graph.compile(f, { gradients: ['a', 'w', 's'], batch: BATCH, tier, threads: 3 });
  const value = program.forward({ a: x.subarray(0, BATCH * 37) });
  const gradients = [...program.backward()].map(([name, g]) => [name, typeof g === 'number' ? g : bits(g.data)]);
  program.dispose();
  return { value, gradients };
}

afterEach(() => void vi.restoreAllMocks());

describe.each(compiled)('on %s, 1, 2 and 3 threads give the same', (tier) => {
  const onThreads = async <T>(run: () => Promise<T>): Promise<T[]> => {
    await startThreads(tier, 3);
    const results: T[] = [];
    for (const threads of [1, 2, 3]) {
      useThreads(threads);
      results.push(await run());
    }
    return results;
  };

  it.each([
    ['sgd', sgd({ learningRate: 0.1 })],
    ['adam', adam()],
  ])('losses, gradients and parameters of ten steps with %s', async (_, optimizer) => {
    const [one, two, three] = await onThreads(() => train({ tier, optimizer }));
    expect(two).toEqual(one);
    expect(three).toEqual(one);
  });

  it('prediction of a single sample, which is that among others', async () => {
    const predict = async (rows: number) => {
      const net = await create({ tier });
      const { data } = net.predict(x.subarray(0, rows * INPUT), { logits: true });
      net.dispose();
      return bits(data.slice(0, 10));
    };
    const alone = await onThreads(() => predict(1));
    expect(alone).toEqual(await onThreads(() => predict(17)));
    expect(new Set(alone).size).toBe(1);
  });

  it('values and gradients of a graph', async () => {
    const [one, two, three] = await onThreads(() => runGraph(tier));
    expect(two).toEqual(one);
    expect(three).toEqual(one);
  });
});

describe.runIf(tiers.includes('wide'))('wide and relaxed give the same', () => {
  it.each([
    ['sgd', sgd({ learningRate: 0.1 })],
    ['adam', adam()],
  ])('losses, gradients and parameters of ten steps with %s', async (_, optimizer) => {
    expect(await train({ tier: 'wide', optimizer })).toEqual(await train({ tier: 'relaxed', optimizer }));
  });

  it('values and gradients of a graph', async () => {
    expect(await runGraph('wide')).toEqual(await runGraph('relaxed'));
  });
});

describe.each(compiled)('on %s, trainStep and forward, backward, step give the same', (tier) => {
  const both = async (optimizer: OptimizerConfig, batch: number) => {
    const rows = { x: uniform(new Generator(1), batch * INPUT), y: integers(new Generator(2), batch, 10) };
    const [fused, split] = [await create({ tier, optimizer, batch }), await create({ tier, optimizer, batch })];
    for (let step = 0; step < 3; step++) {
      expect(split.forward(rows.x, rows.y)).toBeCloseTo(fused.trainStep(rows.x, rows.y), 6);
      split.backward();
      split.step();
    }
    const parameters = [fused.parameters(), split.parameters()];
    fused.dispose();
    split.dispose();
    return parameters;
  };

  it.each([
    ['sgd', sgd({ learningRate: 0.1 })],
    ['sgd with momentum', sgd({ momentum: 0.9 })],
    ['sgd with nesterov momentum and weight decay', sgd({ momentum: 0.9, nesterov: true, weightDecay: 0.01 })],
    ['adam', adam({ weightDecay: 0.01 })],
    ['adamw', adamw()],
    ['rmsprop', rmsprop()],
    ['rmsprop with momentum', rmsprop({ momentum: 0.9 })],
    ['adagrad', adagrad()],
  ])('for %s, up to 256 samples', async (_, optimizer) => {
    const [fused, split] = await both(optimizer, 256);
    expect(all(fused)).toEqual(all(split));
  });

  it.each([
    ['sgd', sgd({ learningRate: 0.1 })],
    ['momentum', sgd({ momentum: 0.9 })],
    ['adam', adam()],
  ])('for %s, on more than 256 samples too', async (_, optimizer) => {
    const [fused, split] = await both(optimizer, 300);
    expect(all(fused)).toEqual(all(split));
  });
});

describe.each(tiers)('on %s, a seed means the same', (tier) => {
  const small = (seed: number) =>
    network({
      input: 6,
      layers: [dense(20, 'relu'), dense(3)],
      loss: 'softmaxCrossEntropy',
      optimizer: adam(),
      batch: 16,
      seed,
      tier,
    });
  const data = { x: uniform(new Generator(5), 100 * 6), y: integers(new Generator(6), 100, 3) };

  it('history and parameters of a fit', async () => {
    const run = async (seed: number) => {
      const net = await small(seed);
      const history = await net.fit(data, { epochs: 3, validation: 0.2 });
      const again = await net.fit(data);
      const parameters = all(net.parameters());
      net.dispose();
      return { losses: [...history, ...again].map(({ loss, validation }) => ({ loss, validation })), parameters };
    };
    const first = await run(3);
    expect(await run(3)).toEqual(first);
    expect(await run(4)).not.toEqual(first);
  });

  it('initial parameters as on every tier', async () => {
    const [net, oracle] = [await create({ tier, seed: 2 ** 40 + 5 }), await create({ tier: 'js', seed: 2 ** 40 + 5 })];
    expect(all(net.parameters())).toEqual(all(oracle.parameters()));
    net.dispose();
    oracle.dispose();
  });
});
