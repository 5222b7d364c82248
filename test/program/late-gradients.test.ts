/** Gradients are copied out when they are first read, which may be late. */
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { DisposedError, ValueError } from '../../src/errors.js';
import { dense, network, sgd } from '../../src/index.js';
import { availableTiers } from '../tiers.js';

const tiers = (await availableTiers()).filter((tier) => tier !== 'js');

const create = (tier: (typeof tiers)[number]) =>
  network({
    input: 5,
    layers: [dense(17, 'tanh'), dense(3)],
    loss: 'softmaxCrossEntropy',
    optimizer: sgd({ learningRate: 0.1 }),
    batch: 4,
    tier,
  });
const x = Float32Array.from({ length: 20 }, (_, i) => Math.sin(i));
const y = [0, 1, 2, 0];

describe.each(tiers)('a gradient of %s', (tier) => {
  it('is the same when it is read after a step and another forward', async () => {
    const [late, atOnce] = await Promise.all([create(tier), create(tier)]);
    for (const net of [late, atOnce]) net.forward(x, y);
    const expected = [...atOnce.backward()].map(([name, { data }]) => [name, data]);
    const gradients = late.backward();
    late.step();
    late.forward(x.subarray(5), y.slice(1));
    expect([...gradients].map(([name, { data }]) => [name, data])).toEqual(expected);
    for (const net of [late, atOnce]) net.dispose();
  });

  it('stays as it was read, and is copied once', async () => {
    const net = await create(tier);
    net.forward(x, y);
    const gradient = net.backward().get('0.weight');
    const data = gradient?.data;
    const before = data?.slice();
    net.step();
    net.forward(x, y);
    net.backward();
    expect(gradient?.data).toBe(data);
    expect(data).toEqual(before);
    net.dispose();
  });

  it('has its numbers in a copy of the object', async () => {
    const net = await create(tier);
    net.forward(x, y);
    const copy = { ...net.backward().get('1.bias') };
    net.dispose();
    expect(copy.data).toHaveLength(3);
  });

  it('shows its numbers where it is printed', async () => {
    const net = await create(tier);
    net.forward(x, y);
    const gradients = net.backward();
    expect(inspect(gradients)).toMatch(/'1.bias' => {\s+shape: \[ 3 \],\s+data: Float32Array\(3\) \[/);
    expect(Object.keys(gradients.get('1.bias') ?? {})).toEqual(['shape', 'data']);
    net.dispose();
  });

  it('is refused when it was not read before the next backward, or before dispose', async () => {
    const net = await create(tier);
    net.forward(x, y);
    const gradient = net.backward().get('0.weight');
    net.forward(x, y);
    const next = net.backward().get('0.weight');
    expect(() => gradient?.data).toThrow(ValueError);
    expect(() => gradient?.data).toThrow("expected the gradient of '0.weight' to be read before the next backward");
    net.dispose();
    expect(() => next?.data).toThrow(DisposedError);
  });
});
