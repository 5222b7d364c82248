/** Layers: what each gives, what it keeps, where it starts, and what it refuses. */
import { afterEach, describe, expect, it } from 'vitest';
import { ShapeError, ValueError } from '../../src/errors.js';
import type { Layer, Network, NetworkOptions, Tensor } from '../../src/index.js';
import * as nn from '../../src/index.js';
import { compile, type Node } from '../../src/lanegrad-graph.js';
import { buildNetwork } from '../../src/nn/build.js';
import { Generator } from '../../src/random.js';
import { difference, integers, uniform } from '../numbers.js';
import { availableTiers } from '../tiers.js';
import { type ErrorClass, expectRefused } from './refusals.js';

const made: Network[] = [];
async function create(options: NetworkOptions): Promise<Network> {
  const net = await nn.network(options);
  made.push(net);
  return net;
}
afterEach(() => {
  for (const net of made.splice(0)) net.dispose();
});

const shapesOf = (tensors: ReadonlyMap<string, Tensor>) =>
  Object.fromEntries([...tensors].map(([name, { shape }]) => [name, shape]));

const image = [6, 8, 4];

/** An input, a layer, the shape of its output, and those of what it keeps. */
const layers: [string, number[], Layer, number[], Record<string, number[]>][] = [
  ['dense', [5], nn.dense(3), [3], { '0.weight': [5, 3], '0.bias': [3] }],
  ['dense on the last of three axes', image, nn.dense(3), [6, 8, 3], { '0.weight': [4, 3], '0.bias': [3] }],
  ['activation', image, nn.activation('gelu'), image, {}],
  ['conv2d', image, nn.conv2d(7, 3, 'relu'), [4, 6, 7], { '0.weight': [3, 3, 4, 7], '0.bias': [7] }],
  [
    'conv2d, strided, dilated, padded, in groups, without a bias',
    image,
    nn.conv2d(6, [3, 2], 'linear', { stride: [1, 2], dilation: [2, 1], padding: [1, 0], groups: 2, bias: false }),
    [4, 4, 6],
    { '0.weight': [3, 2, 2, 6] },
  ],
  [
    'conv2d of the same extent',
    image,
    nn.conv2d(2, 5, 'relu', { padding: 'same' }),
    [6, 8, 2],
    { '0.weight': [5, 5, 4, 2], '0.bias': [2] },
  ],
  [
    'conv1d',
    [9, 4],
    nn.conv1d(5, 3, 'tanh', { padding: 1, stride: 2 }),
    [5, 5],
    { '0.weight': [3, 4, 5], '0.bias': [5] },
  ],
  [
    'convTranspose2d',
    image,
    nn.convTranspose2d(6, 3, 'linear', { stride: 2, outputPadding: 1, padding: 1, groups: 2 }),
    [12, 16, 6],
    { '0.weight': [3, 3, 3, 4], '0.bias': [6] },
  ],
  ['maxPool2d', image, nn.maxPool2d(2), [3, 4, 4], {}],
  ['maxPool2d, overlapping', image, nn.maxPool2d(3, { stride: [1, 2], padding: 1 }), [6, 4, 4], {}],
  ['avgPool2d', image, nn.avgPool2d([2, 4]), [3, 2, 4], {}],
  ['globalAvgPool', image, nn.globalAvgPool(), [4], {}],
  ['globalAvgPool of a sequence', [9, 4], nn.globalAvgPool(), [4], {}],
  [
    'batchNorm',
    image,
    nn.batchNorm(),
    image,
    { '0.weight': [4], '0.bias': [4], '0.runningMean': [4], '0.runningVariance': [4] },
  ],
  ['layerNorm', [3, 5], nn.layerNorm(), [3, 5], { '0.weight': [5], '0.bias': [5] }],
  ['groupNorm', image, nn.groupNorm(2), image, { '0.weight': [4], '0.bias': [4] }],
  ['rmsNorm', [3, 5], nn.rmsNorm(), [3, 5], { '0.weight': [5] }],
  ['embedding', [7], nn.embedding(5, 3), [7, 3], { '0.weight': [5, 3] }],
  ['dropout', image, nn.dropout(0.5), image, {}],
  ['softmax', image, nn.softmax(0), image, {}],
  ['flatten', image, nn.flatten(), [192], {}],
  ['reshape', image, nn.reshape([16, -1]), [16, 12], {}],
  ['permute', image, nn.permute([2, 0, 1]), [4, 6, 8], {}],
  [
    'residual',
    [5],
    nn.residual([nn.dense(4), nn.dense(5)]),
    [5],
    { '0.0.weight': [5, 4], '0.0.bias': [4], '0.1.weight': [4, 5], '0.1.bias': [5] },
  ],
];

describe.each(layers)('%s', (_, input, layer, output, kept) => {
  it('has the shape and the parameters that it should, and is plain data', async () => {
    const net = await create({ input, layers: [JSON.parse(JSON.stringify(layer))] });
    const count = 3 * input.reduce((a, b) => a * b);
    const x = layer.kind === 'embedding' ? integers(new Generator(1), count, 5) : uniform(new Generator(1), count);
    const { shape, data } = net.predict(x);
    expect(shape).toEqual([3, ...output]);
    expect(data.every(Number.isFinite)).toBe(true);
    expect(shapesOf(new Map([...net.parameters(), ...net.statistics()]))).toEqual(kept);
  });
});

describe('initial weights', () => {
  it.each<[string, Layer, number]>([
    ['conv2d by the inputs of a window', nn.conv2d(64, [3, 5], 'relu'), Math.sqrt(6 / (15 * 8))],
    ['conv2d in groups', nn.conv2d(64, 3, 'relu', { groups: 4 }), Math.sqrt(6 / (9 * 2))],
    ['conv2d, linear', nn.conv2d(64, 3), Math.sqrt(6 / (9 * 8 + 9 * 64))],
    [
      'convTranspose2d by the inputs of an output',
      nn.convTranspose2d(64, 4, 'relu', { stride: 2 }),
      Math.sqrt(6 / (4 * 8)),
    ],
  ])('of %s', async (_, layer, limit) => {
    const net = await create({ input: [8, 8, 8], layers: [layer] });
    const { data } = net.parameters().get('0.weight') as Tensor;
    const most = data.reduce((most, w) => Math.max(most, Math.abs(w)), 0);
    expect(most).toBeLessThanOrEqual(Math.fround(limit));
    expect(most).toBeGreaterThanOrEqual(0.98 * limit);
  });

  it('of an embedding have variance 1', async () => {
    const net = await create({ input: 3, layers: [nn.embedding(1000, 20)] });
    const { data } = net.parameters().get('0.weight') as Tensor;
    expect(data.reduce((sum, w) => sum + w * w, 0) / data.length).toBeCloseTo(1, 1);
  });

  it('of normalisations are 1, biases and means 0', async () => {
    const net = await create({ input: 5, layers: [nn.batchNorm()] });
    const values = [...net.parameters(), ...net.statistics()].map(([name, { data }]) => [name, ...data]);
    expect(values).toEqual([
      ['0.weight', 1, 1, 1, 1, 1],
      ['0.bias', 0, 0, 0, 0, 0],
      ['0.runningMean', 0, 0, 0, 0, 0],
      ['0.runningVariance', 1, 1, 1, 1, 1],
    ]);
  });
});

describe.each(await availableTiers())('batchNorm on %s', (tier) => {
  const ROWS = 19;
  const x = uniform(new Generator(2), ROWS * 3, -1, 4);
  const y = uniform(new Generator(3), ROWS * 3);
  const options: NetworkOptions = {
    input: 3,
    layers: [nn.batchNorm({ momentum: 0.3 })],
    loss: 'meanSquaredError',
    optimizer: nn.sgd({ learningRate: 0 }),
    batch: ROWS,
    tier,
  };

  it('moves the running statistics towards those of the batch, to which it comes in the end', async () => {
    const net = await create(options);
    for (let step = 0; step < 60; step++) net.trainStep(x, y);
    const column = (f: number) => Array.from({ length: ROWS }, (_, row) => x[3 * row + f]);
    const mean = [0, 1, 2].map((f) => column(f).reduce((a, b) => a + b) / ROWS);
    const variance = mean.map((m, f) => column(f).reduce((sum, v) => sum + (v - m) ** 2, 0) / (ROWS - 1));
    const statistics = net.statistics();
    expect(difference(statistics.get('0.runningMean')?.data ?? [], mean)).toBeLessThan(1e-5);
    expect(difference(statistics.get('0.runningVariance')?.data ?? [], variance)).toBeLessThan(1e-5);
    const normalized = x.map((v, i) => (v - mean[i % 3]) / Math.sqrt(variance[i % 3] + 1e-5));
    expect(difference(net.predict(x).data, normalized)).toBeLessThan(1e-5);
  });

  it('counts the samples of a batch that is not full, of a single one too', async () => {
    const net = await create(options);
    const whole = await create({ ...options, batch: 5 });
    for (const each of [net, whole]) each.trainStep(x.subarray(0, 15), y.subarray(0, 15));
    expect(net.statistics()).toEqual(whole.statistics());
    expect(net.trainStep(x.subarray(0, 3), y.subarray(0, 3))).toBeGreaterThan(0);
    const [mean, variance] = [...net.statistics().values()].map(({ data }) => data);
    expect([...mean, ...variance].every(Number.isFinite)).toBe(true);
  });

  it('leaves nothing of a channel that is the same everywhere, which it would magnify', async () => {
    const { loss, outputs } = buildNetwork({ ...options, input: [5, 7, 3] }).training;
    const program = await compile(loss as Node, { outputs, batch: ROWS, tier });
    for (const rows of [1, 7, 16, ROWS]) {
      const [{ data }] = program.predict({ x: new Float32Array(rows * 105).fill(0.1 * rows) });
      expect(data).toEqual(new Float32Array(rows * 105));
    }
    program.dispose();
  });

  it('predicts each sample by itself', async () => {
    const net = await create(options);
    for (let step = 0; step < 3; step++) net.trainStep(x, y);
    const all = net.predict(x).data;
    for (let row = 0; row < ROWS; row++)
      expect(net.predict(x.subarray(3 * row, 3 * row + 3)).data).toEqual(all.subarray(3 * row, 3 * row + 3));
  });

  it('has its statistics saved, set and brought back', async () => {
    const net = await create(options);
    net.trainStep(x, y);
    const again = await nn.load(await net.save(), { tier });
    made.push(again);
    expect(again.statistics()).toEqual(net.statistics());
    expect(again.predict(x)).toEqual(net.predict(x));
    const other = await create(options);
    other.setParameters(net.statistics());
    expect(other.predict(x)).toEqual(net.predict(x));
  });
});

describe('layers refuse', () => {
  const any = (value: unknown) => value as never;
  it.each<[string, number[], Layer, ErrorClass, string]>([
    ['a window beyond the image', image, nn.conv2d(3, 7), ShapeError, 'conv2d'],
    ['groups that do not divide the channels', image, nn.conv2d(6, 3, 'relu', { groups: 3 }), ShapeError, 'conv2d'],
    ['groups that do not divide the filters', image, nn.conv2d(5, 3, 'relu', { groups: 2 }), ShapeError, 'conv2d'],
    ['an image without channels', [6, 8], nn.conv2d(3, 3), ShapeError, 'conv2d'],
    ['a stride of 0', image, nn.conv2d(3, 3, 'relu', { stride: 0 }), ValueError, 'conv2d'],
    ['three extents', image, nn.conv2d(3, any([3, 3, 3])), ValueError, 'conv2d'],
    ['half a filter', image, nn.conv2d(0.5, 3), ValueError, 'conv2d'],
    ['padding in words', image, nn.conv2d(3, 3, 'relu', { padding: any('full') }), ValueError, 'conv2d'],
    [
      'the same extent at another stride',
      image,
      nn.conv2d(3, 3, 'relu', { padding: 'same', stride: 2 }),
      ValueError,
      'conv2d',
    ],
    ['a pair for a sequence', [9, 4], nn.conv1d(3, any([3, 3])), ValueError, 'conv1d'],
    [
      'output padding of the stride',
      image,
      nn.convTranspose2d(3, 3, 'relu', { outputPadding: 1 }),
      ValueError,
      'convTranspose2d',
    ],
    ['a pool beyond the image', image, nn.maxPool2d(9), ShapeError, 'maxPool2d'],
    ['padding of a whole window', image, nn.avgPool2d(2, { padding: 2 }), ValueError, 'avgPool2d'],
    ['a pool of features', [9], nn.globalAvgPool(), ShapeError, 'globalAvgPool'],
    ['a momentum of 2', image, nn.batchNorm({ momentum: 2 }), ValueError, 'batchNorm'],
    ['an epsilon of 0', image, nn.layerNorm({ epsilon: 0 }), ValueError, 'layerNorm'],
    ['groups that do not divide', image, nn.groupNorm(3), ShapeError, 'groupNorm'],
    ['a shape of other elements', image, nn.reshape([5, -1]), ShapeError, 'reshape'],
    ['an axis twice', image, nn.permute([0, 0, 1]), ValueError, 'permute'],
    ['layers that change the shape', image, nn.residual([nn.conv2d(4, 3)]), ShapeError, 'residual'],
    ['an embedding of no words', [7], nn.embedding(0, 3), ValueError, 'embedding'],
    ['a rate of 1', image, nn.dropout(1), ValueError, 'dropout'],
    ['a sum of one input', image, nn.add(), ValueError, 'add'],
    ['layers of no list', image, nn.residual(any(nn.dense(3))), ValueError, 'residual'],
  ])('%s', async (_, input, layer, Class, kind) => {
    await expectRefused(() => nn.network({ input, layers: [layer] }), Class, `layer 0 (${kind})`, 'got');
  });

  it('an embedding of what is no input', async () => {
    const layers = [nn.dense(3), nn.embedding(5, 2)];
    await expectRefused(() => nn.network({ input: 5, layers }), ValueError, 'layer 1 (embedding)', 'got dense');
  });

  it('layers within a layer by their place', async () => {
    const net = (inner: unknown) => nn.network({ input: 5, layers: [nn.residual([nn.dense(5), any(inner)])] });
    await expectRefused(() => net({ kind: 'dense', units: 0 }), ValueError, 'layer 0.1 (dense)', 'got 0');
    await expectRefused(() => net({ kind: 'danse' }), ValueError, 'layer 0.1', 'got "danse"');
    await expectRefused(() => net(nn.conv2d(3, 3)), ShapeError, 'layer 0.1 (conv2d)', 'got [5]');
  });
});
