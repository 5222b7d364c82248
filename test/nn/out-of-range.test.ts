/** Numbers that f32 does not hold, options that there are not, and states that a refusal must not spoil. */
import { describe, expect, it } from 'vitest';
import { DivergenceError, dense, network, sgd, ValueError } from '../../src/index.js';
import { compile, huber, input, leakyRelu, mul, pow } from '../../src/lanegrad-graph.js';

const config = {
  input: 2,
  layers: [dense(3, 'relu'), dense(2)],
  loss: 'softmaxCrossEntropy',
  batch: 4,
} as const;
const data = { x: [1, 2, 3, 4, 5, 6, 7, 8], y: [0, 1, 0, 1] };

describe('numbers beyond f32 are refused', () => {
  it.each([
    ['a learning rate', () => network({ ...config, optimizer: sgd({ learningRate: 1e39 }) })],
    ['an exponent', async () => pow(input('x'), 1e39)],
    ['a slope', async () => leakyRelu(input('x'), 1e39)],
    ['a delta', async () => huber(input('x', [1]), input('y', [1]), 1e-50)],
  ])('%s', async (_, make) => {
    await expect((make as () => Promise<unknown>)()).rejects.toThrow(ValueError);
  });
});

describe('fit', () => {
  it.each([
    ['an option that there is not', { epoch: 5 }, /got 'epoch'/],
    ['a callback that is no function', { onBatch: 5 }, /onBatch to be a function, got 5/],
    ['a signal that is none', { signal: {} }, /signal to be an AbortSignal/],
  ])('refuses %s before the first step', async (_, options, message) => {
    const net = await network({ ...config, optimizer: sgd() });
    await expect(net.fit(data, options as object)).rejects.toThrow(message);
    expect(net.steps).toBe(0);
    net.dispose();
  });

  it('does not return a network that its last step destroyed', async () => {
    const net = await network({ ...config, layers: [dense(2)], optimizer: sgd({ learningRate: 3e38 }) });
    const before = net.parameters();
    const x = data.x.map((value) => 100 * value);
    await expect(net.fit({ ...data, x }, { epochs: 1 })).rejects.toThrow(DivergenceError);
    expect(net.parameters()).toEqual(before);
    net.dispose();
  });
});

it('a configuration cannot be changed under its network', async () => {
  const net = await network(config);
  const [layer] = net.config.layers as unknown as { units: number }[];
  expect(() => {
    layer.units = 7;
  }).toThrow(TypeError);
  net.dispose();
});

it.each(['js', undefined] as const)('after a refused forward, backward asks for a new one (tier %s)', async (tier) => {
  const x = input('x');
  const program = await compile(mul(x, x), { gradients: ['x'], ...(tier ? { tier } : {}) });
  program.forward({ x: 3 });
  expect(() => program.forward({ x: Number.NaN })).toThrow(/finite/);
  expect(() => program.backward()).toThrow(/expected a forward/);
  expect(program.forward({ x: 3 })).toBe(9);
  expect(program.backward().get('x')).toBe(6);
  program.dispose();
});
