/** Ways around layers: a residual adds its input to what the layers within it make of it. */
import { describe, expect, it } from 'vitest';
import { batchNorm, dense, dropout, load, residual, sgd } from '../../src/index.js';
import { Generator } from '../../src/random.js';
import { difference, integers, uniform } from '../numbers.js';
import { create, disposedLater } from './create.js';

const ROWS = 19;
const x = uniform(new Generator(1), ROWS * 5);
const digit = integers(new Generator(3), ROWS, 4);

describe('a residual', () => {
  it('shares what is within it', async () => {
    const chain = [residual([dense(5, 'tanh'), dense(5)]), { ...residual([dense(5, 'tanh'), dense(5)]), share: '0' }];
    const net = await create({ input: 5, layers: chain });
    expect([...net.parameters().keys()]).toEqual(['0.0.weight', '0.0.bias', '0.1.weight', '0.1.bias']);
    const once = await create({ input: 5, layers: chain.slice(0, 1) });
    const twice = once.predict(once.predict(x).data).data;
    expect(difference(net.predict(x).data, twice)).toBeLessThan(1e-6);
  });

  it('adds its input to what its layers make of it', async () => {
    const inner = [dense(7, 'relu'), dense(5)];
    const net = await create({ input: 5, layers: [residual(inner)] });
    const bare = await create({ input: 5, layers: inner });
    expect([...net.parameters()]).toEqual([...bare.parameters()].map(([name, tensor]) => [`0.${name}`, tensor]));
    const [{ data }, plain] = [net.predict(x), bare.predict(x).data];
    expect(
      difference(
        data,
        plain.map((value, i) => value + x[i]),
      ),
    ).toBeLessThan(1e-6);
  });

  it.each([batchNorm(), dropout(0.5)])(
    'predicts unlike it trains if but a layer within it does: $kind',
    async (inner) => {
      const net = await create({
        input: 5,
        layers: [residual([residual([inner])])],
        loss: 'meanSquaredError',
        optimizer: sgd(),
        batch: ROWS,
      });
      net.trainStep(x, x);
      expect(net.forward(x, x)).not.toBe(net.evaluate({ x: x, y: x }).loss);
      const { data } = net.predict(x);
      expect(net.predict(x.subarray(0, 5)).data).toEqual(data.subarray(0, 5));
      const again = disposedLater(await load(await net.save()));
      expect(again.predict(x).data).toEqual(data);
    },
  );

  it('may hold another, and trains', async () => {
    const block = residual([dense(5, 'tanh'), residual([dense(5, 'tanh')])]);
    const net = await create({
      input: 5,
      layers: [block, dense(4)],
      loss: 'softmaxCrossEntropy',
      optimizer: sgd({ learningRate: 0.3 }),
    });
    expect([...net.parameters().keys()]).toContain('0.1.0.weight');
    const first = net.trainStep(x, digit);
    for (let step = 0; step < 100; step++) net.trainStep(x, digit);
    expect(net.forward(x, digit)).toBeLessThan(0.7 * first);
  });
});
