/** Networks of all kinds of layers as a whole: on any number of threads, on every tier, step by step or at once. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  activation,
  adam,
  add,
  avgPool2d,
  batchNorm,
  concat,
  conv2d,
  dense,
  dropout,
  embedding,
  flatten,
  from,
  globalAvgPool,
  groupNorm,
  layerNorm,
  maxPool2d,
  multiply,
  type NetworkOptions,
  network,
  residual,
} from '../../src/index.js';
import { Generator } from '../../src/random.js';
import type { TierName } from '../../src/tier.js';
import { bits, difference, integers, uniform } from '../numbers.js';
import { poisonMemory } from '../program/poison.js';
import { startThreads, useThreads } from '../threads.js';
import { availableTiers } from '../tiers.js';

poisonMemory();

const tiers = await availableTiers();
const BATCH = 37;
const data = {
  x: {
    image: uniform(new Generator(1), BATCH * 8 * 8 * 2),
    meta: uniform(new Generator(2), BATCH * 5),
    words: integers(new Generator(5), BATCH * 4, 21),
  },
  y: { kind: integers(new Generator(3), BATCH, 3), size: uniform(new Generator(4), BATCH * 2) },
};

const options = {
  inputs: { image: [8, 8, 2], meta: 5, words: 4 },
  layers: {
    seen: from('image', conv2d(17, 3, 'relu', { padding: 'same' })),
    normal: from('seen', batchNorm()),
    block: from(
      'normal',
      residual([conv2d(17, 3, 'linear', { padding: 1, bias: false }), groupNorm(17), activation('silu')]),
    ),
    small: from('block', maxPool2d(2)),
    mean: from('small', globalAvgPool()),
    parts: from('small', avgPool2d(2, { stride: 1 })),
    flat: from('parts', flatten()),
    gate: from('meta', dense(17, 'sigmoid')),
    gated: from(['mean', 'gate'], multiply()),
    named: from('words', embedding(21, 3)),
    text: from('named', flatten()),
    all: from(['gated', 'flat', 'meta', 'text'], concat()),
    hidden: from('all', dense(19, 'gelu')),
    other: { ...from('all', dense(19, 'tanh')), share: 'hidden' },
    sum: from(['hidden', 'other'], add()),
    fewer: from('sum', dropout(0.3)),
    even: from('fewer', layerNorm()),
    kind: from('even', dense(3)),
    size: from('even', dense(2)),
  },
  outputs: { kind: { loss: 'softmaxCrossEntropy' }, size: { loss: 'huber', weight: 0.7 } },
  optimizer: adam({ learningRate: 0.01 }),
  clipGlobalNorm: 1,
  batch: BATCH,
  seed: 7,
} as const satisfies NetworkOptions;

/** Three steps at once, or in parts, and what comes of them. */
async function train(tier: TierName, split = false) {
  const net = await network({ ...options, tier, threads: 3 });
  const losses = [1, 2, 3].map(() => {
    if (!split) return net.trainStep(data.x, data.y);
    const loss = net.forward(data.x, data.y);
    net.backward();
    net.step();
    return loss;
  });
  const { kind, size } = net.predict(data.x);
  const { loss } = net.evaluate(data);
  const kept = [...net.parameters(), ...net.statistics()].map(([name, { data }]) => [name, data] as const);
  net.dispose();
  return { losses, loss, outputs: [kind.data, size.data], kept };
}

type Trained = Awaited<ReturnType<typeof train>>;
const exact = ({ kept, outputs, ...rest }: Trained) => ({
  ...rest,
  outputs: outputs.map(bits),
  kept: kept.map(([name, data]) => [name, bits(data)]),
});

afterEach(() => void vi.restoreAllMocks());

describe.each(tiers.filter((tier) => tier !== 'js'))('on %s', (tier) => {
  it('1, 2 and 3 threads give the same bits', async () => {
    await startThreads(tier, 3);
    const results: Trained[] = [];
    for (const threads of [1, 2, 3]) {
      useThreads(threads);
      results.push(await train(tier));
    }
    expect(exact(results[1])).toEqual(exact(results[0]));
    expect(exact(results[2])).toEqual(exact(results[0]));
  });

  it('trainStep and forward, backward, step give the same bits', async () => {
    expect(exact(await train(tier, true))).toEqual(exact(await train(tier)));
  });

  it('it is what plain JavaScript computes', async () => {
    const [actual, expected] = [await train(tier), await train('js')];
    expect(difference(actual.losses, expected.losses)).toBeLessThan(1e-4);
    expect(Math.abs(actual.loss - expected.loss)).toBeLessThan(1e-4);
    // Adam divides by the size of a gradient, so that rounding of the smallest ones is magnified.
    for (const [i, [name, values]] of actual.kept.entries())
      expect(difference(values, expected.kept[i][1]), name).toBeLessThan(2e-3);
  });
});

it.runIf(tiers.includes('wide'))('wide and relaxed give the same bits', async () => {
  expect(exact(await train('wide'))).toEqual(exact(await train('relaxed')));
});
