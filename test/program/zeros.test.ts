/** What products leave out, because it is zero, changes no number of the results. */
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
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
import { compile, constant, exp, input, mul, parameter, dense as product, sum } from '../../src/lanegrad-graph.js';
import { Generator } from '../../src/random.js';
import type { TierName } from '../../src/tier.js';
import { withZeros } from '../graph/cases/dense.js';
import { bits, difference, integers, magnitude, sameBits, uniform } from '../numbers.js';
import { startThreads, useThreads } from '../threads.js';
import { availableTiers } from '../tiers.js';
import { poisonMemory } from './poison.js';

const K = 300;
const N = 140;
const BATCH = 37;
const sparse = withZeros(K)(new Generator(1), BATCH * K);
const present = new Set([...sparse.keys()].filter((i) => sparse[i] !== 0).map((i) => i % K));
const full = uniform(new Generator(2), BATCH * K);
const weight = uniform(new Generator(3), K * N);
const dy = uniform(new Generator(4), BATCH * N);
const rowOf = (numbers: Float32Array, row: number, width: number) =>
  bits(numbers.slice(row * width, (row + 1) * width));

const tiers = (await availableTiers()).filter((tier) => tier !== 'js');

describe.each(tiers)('on %s', (tier) => {
  beforeAll(async () => {
    await startThreads(tier, 3);
    poisonMemory();
  });
  afterEach(() => useThreads(1));

  /** The layer, with sum(y dy) for its loss. */
  const compiled = () => {
    const y = product(input('x', [K]), parameter('w', [K, N], weight));
    return compile(sum(mul(y, input('dy', [N]))), { gradients: ['w'], outputs: [y], batch: BATCH, tier });
  };

  it('in forward: a sample beside others whose numbers are not zero', async () => {
    const program = await compiled();
    const predict = (x: Float32Array) => program.predict({ x })[0].data;
    const y = predict(sparse);
    for (let row = 0; row < BATCH; row += 5) {
      // So that no line of this sample's panel is left out.
      const beside = full.slice();
      beside.set(sparse.subarray(row * K, (row + 1) * K), row * K);
      expect(rowOf(predict(beside), row, N)).toEqual(rowOf(y, row, N));
    }
    program.dispose();
  });

  it('in forward of one sample', async () => {
    const program = await compiled();
    const predict = (x: Float32Array) => program.predict({ x })[0].data;
    const y = predict(sparse);
    for (let row = 0; row < BATCH; row += 5) {
      const one = predict(sparse.slice(row * K, (row + 1) * K));
      expect(bits(one)).toEqual(rowOf(y, row, N));
    }
    program.dispose();
  });

  it("in the weight's gradient: a feature beside others that are not zero", async () => {
    const program = await compiled();
    const gradient = (x: Float32Array): Float32Array => {
      program.forward({ x, dy });
      return (program.backward().get('w') as { data: Float32Array }).data;
    };
    const dw = gradient(sparse);
    const beside = gradient(sparse.map((number, i) => (present.has(i % K) ? number : full[i])));
    for (let feature = 0; feature < K; feature++)
      expect(rowOf(dw, feature, N)).toEqual(present.has(feature) ? rowOf(beside, feature, N) : new Uint32Array(N));
    program.dispose();
  });

  const create = (optimizer: OptimizerConfig, batch = BATCH): Promise<Network> =>
    network({
      input: K,
      layers: [dense(N, 'relu'), dense(N, 'relu'), dense(10)],
      loss: 'softmaxCrossEntropy',
      optimizer,
      batch,
      tier,
      threads: 3,
    });

  it.each([
    sgd({ learningRate: 0.1 }),
    sgd({ learningRate: 0.1, momentum: 0.9 }),
    sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true }),
    adam({ learningRate: 0.01 }),
    adamw({ learningRate: 0.01 }),
    rmsprop({ learningRate: 0.01 }),
    rmsprop({ learningRate: 0.01, momentum: 0.9 }),
    adagrad({ learningRate: 0.01 }),
  ])('in a step of $kind, fused or not, on any number of threads', async (optimizer) => {
    const y = integers(new Generator(5), BATCH, 10);
    const train = async (threads: number, step: (net: Network) => void) => {
      const net = await create(optimizer);
      useThreads(threads);
      for (let i = 0; i < 3; i++) step(net);
      const parameters = [...net.parameters().values()].map(({ data }) => bits(data));
      net.dispose();
      return parameters;
    };
    const expected = await train(1, (net) => {
      net.forward(sparse, y);
      net.backward();
      net.step();
    });
    for (const threads of [1, 2, 3])
      expect(await train(threads, (net) => void net.trainStep(sparse, y))).toEqual(expected);
  });

  // Panels of samples: as many as leave room to pack a part of a block of rows, or none; rows that threads divide; large
  // weights; layers on several positions of a sample.
  it.each([
    [[K], 600, N],
    [[K], 2600, N],
    [[K], BATCH, 128],
    [[2080], 64, 1040],
    [[9, K], BATCH, N],
  ])(
    'on inputs of %j, %i samples, %i outputs: any number of threads, near plain JavaScript',
    async (shape, batch, outputs) => {
      const features = shape.at(-1) as number;
      const count = batch * shape.reduce((product, n) => product * n, 1);
      const feeds = {
        x: withZeros(features)(new Generator(8), count),
        dy: uniform(new Generator(9), (count / features) * outputs),
      };
      const w = parameter('w', [features, outputs], uniform(new Generator(10), features * outputs));
      const y = product(input('x', shape), w);
      const loss = sum(mul(y, input('dy', [...shape.slice(0, -1), outputs])));
      const run = async (on: TierName) => {
        const program = await compile(loss, { gradients: ['w', 'x'], outputs: [y], batch, tier: on, threads: 3 });
        const results = (threads: number) => {
          useThreads(threads);
          program.forward(feeds);
          const gradients = [...program.backward().values()] as Tensor[];
          return [...gradients, ...program.predict({ x: feeds.x })].map(({ data }) => data);
        };
        const all = (on === 'js' ? [1] : [1, 2, 3]).map(results);
        program.dispose();
        return all;
      };
      const [one, ...others] = await run(tier);
      for (const other of others)
        for (const [i, data] of other.entries()) if (!sameBits(data, one[i])) expect.fail('expected the same bits');
      const [expected] = await run('js');
      for (const [i, data] of one.entries()) {
        const error = difference(data, expected[i]);
        if (!(error <= 2e-5 * magnitude(expected[i]))) expect.fail(`${error} from plain JavaScript`);
      }
    },
  );

  // A gradient that is not finite tells: 0 times infinity is NaN where it is taken, and what is left out adds nothing. Every
  // row of X has a number that is not zero; of the 48 first rows, which one of three threads has, it is the only one.
  it.each([
    ['left out where most of X is zero', 48, Number.POSITIVE_INFINITY],
    ['taken where fewer of X are, also by a thread whose rows are zero', 120, Number.NaN],
  ])('are %s', async (_, fullRows, expected) => {
    const [rows, outputs, batch] = [120, 128, 128];
    const x = Float32Array.from({ length: batch * rows }, (_, i) => {
      const row = i % rows;
      return i < rows || (row >= 48 && row < fullRows) ? 1 : 0;
    });
    const y = product(input('x', [rows]), parameter('w', [rows, outputs], uniform(new Generator(12), rows * outputs)));
    const program = await compile(sum(mul(y, exp(constant(200)))), { gradients: ['w'], batch, tier, threads: 3 });
    for (const threads of [1, 2, 3]) {
      useThreads(threads);
      program.forward({ x });
      const { data } = program.backward().get('w') as Tensor;
      expect(new Set(data.subarray(0, 48 * outputs))).toEqual(new Set([expected]));
    }
    program.dispose();
  });

  it('in a step of SGD on more samples than one block of the sum', async () => {
    const batch = 300;
    const x = withZeros(K)(new Generator(6), batch * K);
    const y = integers(new Generator(7), batch, 10);
    const parameters = [];
    for (const threads of [1, 2, 3]) {
      const net = await create(sgd({ learningRate: 0.1 }), batch);
      useThreads(threads);
      for (let i = 0; i < 3; i++) net.trainStep(x, y);
      parameters.push([...net.parameters().values()].map(({ data }) => bits(data)));
      net.dispose();
    }
    expect(parameters[1]).toEqual(parameters[0]);
    expect(parameters[2]).toEqual(parameters[0]);
  });
});
