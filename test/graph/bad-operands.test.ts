/** Operands that do not fit are refused in one sentence, which names them and the line that made them. */
import { describe, expect, it } from 'vitest';
import { LanegradError } from '../../src/errors.js';
import * as graph from '../../src/lanegrad-graph.js';

const { input, parameter } = graph;
const label = input('label');
const a = input('a', [3]);
const b = input('b', [4]);
const m = input('m', [2, 3]);
const n = input('n', [4, 5]);
const image = input('image', [6, 6, 4]);
const window = parameter('window', [3, 3, 4, 6]);
const large = parameter('large', [7, 7, 4, 6]);
const table = parameter('table', [5, 2]);

const { add, sub, mul, div, maximum, minimum, greater, less, equal, heaviside, keep } = graph;
const binary = { add, sub, mul, div, maximum, minimum, greater, less, equal, heaviside, keep };

const misfits: Readonly<Record<string, () => unknown>> = {
  ...Object.fromEntries(Object.entries(binary).map(([name, operation]) => [name, () => operation(a, b)])),
  where: () => graph.where(a, b, 1),
  'where, b': () => graph.where(a, 1, b),
  dense: () => graph.dense(a, table),
  'conv2d, window larger than the image': () => graph.conv2d(image, large),
  'conv2d, window larger than the padded image': () => graph.conv2d(image, large, undefined, { padding: [1, 0] }),
  'conv2d, groups that do not divide': () => graph.conv2d(image, window, undefined, { groups: 3 }),
  'conv2d, weight of other channels': () => graph.conv2d(image, window, undefined, { groups: 2 }),
  'conv2d, rank of x': () => graph.conv2d(a, window),
  'conv2d, rank of the weight': () => graph.conv2d(image, table),
  'conv2d, bias': () => graph.conv2d(image, window, parameter('bias', [4])),
  conv1d: () => graph.conv1d(image, window),
  'convTranspose2d, channels': () => graph.convTranspose2d(image, window),
  'convTranspose2d, padding': () =>
    graph.convTranspose2d(image, parameter('transposed', [3, 3, 6, 4]), undefined, { padding: 9 }),
  maxPool2d: () => graph.maxPool2d(image, { size: 7 }),
  avgPool2d: () => graph.avgPool2d(a, { size: 1 }),
  globalAvgPool: () => graph.globalAvgPool(a),
  matmul: () => graph.matmul(m, n),
  dot: () => graph.dot(a, b),
  concat: () => graph.concat([m, n]),
  'concat, axis': () => graph.concat([m, m], 2),
  slice: () => graph.slice(m, [0, 4], [1, 2]),
  'slice, rank': () => graph.slice(m, [0]),
  permute: () => graph.permute(m, [0]),
  transpose: () => graph.transpose(a),
  tile: () => graph.tile(m, [0, 2]),
  'tile, rank': () => graph.tile(m, [2]),
  pad: () =>
    graph.pad(m, [
      [-1, 0],
      [0, 0],
    ]),
  broadcast: () => graph.broadcast(m, [2, 4]),
  reshape: () => graph.reshape(m, [5]),
  sum: () => graph.sum(m, 2),
  'sum, axis twice': () => graph.sum(m, [0, -2]),
  mean: () => graph.mean(m, 2),
  max: () => graph.max(m, 2),
  argmax: () => graph.argmax(label),
  softmax: () => graph.softmax(label),
  logSoftmax: () => graph.logSoftmax(m, 2),
  logSumExp: () => graph.logSumExp(m, -3),
  gather: () => graph.gather(m, graph.add(label, 1)),
  embedding: () => graph.embedding(table, graph.mul(label, 2)),
  'embedding, table': () => graph.embedding(a, label),
  layerNorm: () => graph.layerNorm(a, undefined, undefined, { axes: 1 }),
  'layerNorm, gamma': () => graph.layerNorm(a, parameter('gamma', [4])),
  'layerNorm, beta': () => graph.layerNorm(a, undefined, m),
  rmsNorm: () => graph.rmsNorm(a, m),
  groupNorm: () => graph.groupNorm(image, 3),
  'groupNorm, gamma': () => graph.groupNorm(image, 1, parameter('gamma', [5])),
  softmaxCrossEntropy: () => graph.softmaxCrossEntropy(m, label),
  'softmaxCrossEntropy, class weights': () => graph.softmaxCrossEntropy(a, label, 0, table),
  meanSquaredError: () => graph.meanSquaredError(a, b),
  binaryCrossEntropy: () => graph.binaryCrossEntropy(a, b),
  klDivergence: () => graph.klDivergence(a, b),
  hinge: () => graph.hinge(a, b),
  cosineDistance: () => graph.cosineDistance(a, b),
  triplet: () => graph.triplet(a, a, b),
  contrastive: () => graph.contrastive(a, a, b),
  gradients: () => graph.gradients(a, [a]),
};

/** What someone might pass who has no type checker. */
const nothing = undefined as unknown as graph.Node;
const list = [1, 2, 3] as unknown as graph.Node;
const strangers: Readonly<Record<string, () => unknown>> = {
  add: () => graph.add(a, nothing),
  mul: () => graph.mul('2' as unknown as number, a),
  exp: () => graph.exp(list),
  pow: () => graph.pow(list, 2),
  clip: () => graph.clip(nothing, 0, 1),
  relu: () => graph.relu(list),
  dense: () => graph.dense(a, nothing),
  conv2d: () => graph.conv2d(image, window, { stride: 2 } as unknown as graph.Node),
  maxPool2d: () => graph.maxPool2d(list, { size: 2 }),
  'maxPool2d, options': () => graph.maxPool2d(image, 2 as unknown as graph.PoolOptions),
  'avgPool2d, no options': () => graph.avgPool2d(image, undefined as unknown as graph.PoolOptions),
  globalAvgPool: () => graph.globalAvgPool(nothing),
  concat: () => graph.concat(a as unknown as graph.Node[]),
  'concat, a list of lists': () => graph.concat([list, list]),
  sum: () => graph.sum(list),
  max: () => graph.max(nothing),
  min: () => graph.min(nothing),
  where: () => graph.where(a, 1, nothing),
  'layerNorm, gamma': () => graph.layerNorm(a, list),
  softmax: () => graph.softmax(nothing),
  slice: () => graph.slice(nothing, [0]),
  permute: () => graph.permute(m, 1 as unknown as number[]),
  reshape: () => graph.reshape(m, 6 as unknown as number[]),
  flatten: () => graph.flatten(nothing),
  pad: () => graph.pad(m, [1, 1] as unknown as [number, number][]),
  broadcast: () => graph.broadcast(nothing, [3]),
  transpose: () => graph.transpose(nothing),
  matmul: () => graph.matmul(m, nothing),
  dot: () => graph.dot(a, nothing),
  gather: () => graph.gather(m, nothing),
  embedding: () => graph.embedding(table, nothing),
  dropout: () => graph.dropout(list, 0.5),
  'dropout, rate': () => graph.dropout(a, '0.5' as unknown as number),
  layerNorm: () => graph.layerNorm(nothing),
  rmsNorm: () => graph.rmsNorm(nothing),
  groupNorm: () => graph.groupNorm(nothing, 2),
  softmaxCrossEntropy: () => graph.softmaxCrossEntropy(a, nothing),
  hinge: () => graph.hinge(a, nothing),
  contrastive: () => graph.contrastive(a, a, nothing),
  'broadcast, no shape': () => graph.broadcast(m, undefined as unknown as number[]),
  'concat, a list with nothing in it': () => graph.concat([m, nothing]),
  'max, of two': () => graph.max(a, b as unknown as number),
  'constant, no numbers': () => graph.constant(undefined as unknown as number),
  evaluate: () => graph.evaluate(nothing),
  gradients: () => graph.gradients(nothing, [a]),
  'gradients, one node': () => graph.gradients(graph.sum(a), a as unknown as graph.Node[]),
};

function errorOf(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('operands that do not fit', () => {
  it.each(Object.entries(misfits))('%s', (name, call) => {
    const error = errorOf(call) as Error;
    expect(error).toBeInstanceOf(LanegradError);
    // The operation is the one that was called, whatever it is composed of.
    expect(error.message.split(':')[0]).toBe(name.split(',')[0]);
    expect(error.message).toMatch(/^\w+: expected .*, got .* made at \S+bad-operands\.test\.ts:\d+/);
    // Named once, on one line.
    expect(error.message).not.toMatch(/\n|\(of .*\(of /);
  });
});

describe('conv1d', () => {
  it.each(['stride', 'dilation', 'padding'])('refuses a pair as %s: its axis is one', (name) => {
    const options = { [name]: [1, 1] };
    const error = errorOf(() => graph.conv1d(input('image1d', [9, 4]), parameter('w', [3, 4, 6]), undefined, options));
    expect((error as Error).message).toBe(`conv1d: expected ${name} to be one number, got [1, 1]`);
  });
});

describe('an index', () => {
  const many = parameter('many', [2 ** 24 + 1, 1]);
  it.each<[string, () => unknown]>([
    ['gather', () => graph.gather(many, label)],
    ['embedding', () => graph.embedding(many, label)],
    ['softmaxCrossEntropy', () => graph.softmaxCrossEntropy(input('logits', [2 ** 24 + 1]), label)],
  ])('of %s is refused where f32 does not tell all of them apart', (name, call) => {
    expect((errorOf(call) as Error).message).toMatch(new RegExp(`^${name}: expected at most 16777216 .* got 16777217`));
  });

  it('of softmaxCrossEntropy is an input or an argmax, since others are not checked', () => {
    const computed = graph.add(label, 1);
    expect((errorOf(() => graph.softmaxCrossEntropy(a, computed)) as Error).message).toMatch(/expected an index/);
    expect(errorOf(() => graph.softmaxCrossEntropy(a, graph.argmax(a)))).toBeUndefined();
  });
});

it('the shape of a node cannot be changed', () => {
  const given = [2, 2];
  const node = graph.reshape(b, given);
  given[0] = 7;
  expect(node.shape).toEqual([2, 2]);
  expect(() => (node.shape as number[]).reverse()).toThrow(TypeError);
});

/** Options of a name that there is not, and what are no options. */
const misspelt = { strid: 2 } as object;
const [transposed, image1d] = [parameter('transposed', [3, 3, 6, 4]), input('image1d', [9, 4])];
const optioned: Readonly<Record<string, (options: object) => unknown>> = {
  conv2d: (options) => graph.conv2d(image, window, undefined, options),
  conv1d: (options) => graph.conv1d(image1d, parameter('window1d', [3, 4, 6]), undefined, options),
  convTranspose2d: (options) => graph.convTranspose2d(image, transposed, undefined, options),
  maxPool2d: (options) => graph.maxPool2d(image, { size: 2, ...options }),
  avgPool2d: (options) => graph.avgPool2d(image, { size: 2, ...options }),
  layerNorm: (options) => graph.layerNorm(a, undefined, undefined, options),
  rmsNorm: (options) => graph.rmsNorm(a, undefined, options),
  groupNorm: (options) => graph.groupNorm(image, 2, undefined, undefined, options),
  matmul: (options) => graph.matmul(m, graph.transpose(m), options),
  dropout: (options) => graph.dropout(a, 0.5, options),
};

describe('options that there are not', () => {
  it.each(Object.entries(optioned))('%s', (name, call) => {
    expect(errorOf(() => call({}))).toBeUndefined();
    const error = errorOf(() => call(misspelt)) as Error;
    expect(error).toBeInstanceOf(LanegradError);
    expect(error.message).toMatch(new RegExp(`^${name}: expected the fields .*, got 'strid'$`));
  });
});

describe('operands that are no nodes', () => {
  it.each(Object.entries(strangers))('%s', (name, call) => {
    const error = errorOf(call) as Error;
    expect(error).toBeInstanceOf(LanegradError);
    expect(error.message.split(':')[0]).toBe(name.split(',')[0]);
    expect(error.message).toMatch(/^\w+: expected [^\n]*, got [^\n]{0,200}$/);
  });
});

describe('numbers that are none, of a parameter or a constant', () => {
  it.each<[string, unknown, string]>([
    ['null among them', [null, 1], 'got null at index 0'],
    ['text among them', ['1', '2'], 'got "1" at index 0'],
    ['rows', [[1, 2]], 'got [1, 2] at index 0: rows stand one after the other, as flat() puts them'],
    ['text', '12', 'got "12"'],
    ['big integers', new BigInt64Array(2), 'got 0n at index 0'],
    ['NaN', new Float32Array([1, Number.NaN]), 'got NaN at index 1'],
    ['a number beyond f32', [1, 1e39], 'got 1e+39 at index 1'],
    ['nothing', null, 'got null'],
  ])('%s', (_, numbers, words) => {
    const given = numbers as number[];
    const messages = [errorOf(() => parameter('w', [2], given)), errorOf(() => graph.constant(given, [2]))].map(
      (error) => (error as Error).message,
    );
    expect(messages).toEqual([
      `parameter 'w': expected finite numbers, ${words}`,
      `constant: expected finite numbers, ${words}`,
    ]);
  });
});
