/** Options that are no object are refused where they are given: spread among defaults they would be nothing. */
import { describe, expect, it } from 'vitest';
import { ValueError } from '../../src/errors.js';
import * as nn from '../../src/index.js';
import { any } from './refusals.js';

const { sgd, adam, adamw, rmsprop, adagrad } = nn;
const optimizers = Object.entries({ sgd, adam, adamw, rmsprop, adagrad });
const optioned: Readonly<Record<string, (options: unknown) => unknown>> = {
  ...Object.fromEntries(optimizers.map(([name, make]) => [name, (options: unknown) => make(any(options))])),
  dense: (options) => nn.dense(4, 'relu', any(options)),
  conv2d: (options) => nn.conv2d(8, 3, 'relu', any(options)),
  conv1d: (options) => nn.conv1d(8, 3, 'relu', any(options)),
  convTranspose2d: (options) => nn.convTranspose2d(8, 3, 'relu', any(options)),
  maxPool2d: (options) => nn.maxPool2d(3, any(options)),
  avgPool2d: (options) => nn.avgPool2d(3, any(options)),
  embedding: (options) => nn.embedding(10, 4, any(options)),
  batchNorm: (options) => nn.batchNorm(any(options)),
  layerNorm: (options) => nn.layerNorm(any(options)),
  rmsNorm: (options) => nn.rmsNorm(any(options)),
  groupNorm: (options) => nn.groupNorm(4, any(options)),
};

describe.each(Object.entries(optioned))('%s refuses as options', (name, call) => {
  it.each([
    ['a number', 0.01, '0.01'],
    ['a flag', false, 'false'],
    ['text', 'same', '"same"'],
    ['null', null, 'null'],
    ['a list', [2, 2], '[2, 2]'],
  ])('%s', (_, options, shown) => {
    expect(() => call({})).not.toThrow();
    expect(() => call(options)).toThrow(ValueError);
    expect(() => call(options)).toThrow(new RegExp(`^${name}: expected [^\n]+, got ${shown.replaceAll('[', '\\[')}$`));
  });
});

it.each(optimizers)('%s takes what is undefined for left out', (_, make) => {
  expect(make({ learningRate: undefined, weightDecay: undefined })).toEqual(make());
});

it('an optimiser names its options', () => {
  expect(() => nn.adam(any(0.01))).toThrow(
    'adam: expected an object of learningRate, beta1, beta2, epsilon, weightDecay, got 0.01',
  );
});

it.each<[string, unknown, string]>([
  ['its name', 'adam', 'got "adam"'],
  ['its function', nn.adam, 'got the function adam'],
])('an optimiser is what its function makes, not %s', async (_, optimizer, words) => {
  const config = {
    input: 2,
    layers: [nn.dense(1)],
    loss: 'meanSquaredError',
    tier: 'js',
    optimizer: any(optimizer),
  } as const;
  await expect(nn.network(config)).rejects.toThrow(
    `optimizer: expected what sgd(), adam(), adamw(), rmsprop(), adagrad() makes, ${words}`,
  );
});
