/** What the calls of a compiled model leave behind for each other. */
import { describe, expect, it } from 'vitest';
import { dense, type Network, network, sgd } from '../../src/index.js';
import { Generator } from '../../src/random.js';
import type { TierName } from '../../src/tier.js';
import { bits, integers, uniform } from '../numbers.js';
import { availableTiers } from '../tiers.js';
import { poisonMemory } from './poison.js';

const blocks = poisonMemory();

const BATCH = 37;
const x = uniform(new Generator(1), BATCH * 7);
const y = integers(new Generator(2), BATCH, 4);

const create = (tier: TierName, batch = BATCH): Promise<Network> =>
  network({
    input: 7,
    layers: [dense(40, 'relu'), dense(19, 'gelu'), dense(30, 'tanh'), dense(4)],
    loss: 'softmaxCrossEntropy',
    optimizer: sgd({ momentum: 0.9, learningRate: 0.1 }),
    batch,
    tier,
    threads: 1,
  });

/** Everything that training has made of a network, as bits. */
const state = (net: Network) => [...net.parameters()].map(([name, { data }]) => [name, ...bits(data)]);
const gradientsOf = (net: Network) => [...net.backward()].map(([name, { data }]) => [name, ...bits(data)]);

describe.each(await availableTiers())('on %s', (tier) => {
  it('backward gives the same again', async () => {
    const net = await create(tier);
    net.forward(x, y);
    const gradients = gradientsOf(net);
    expect(gradientsOf(net)).toEqual(gradients);
    expect(gradientsOf(net)).toEqual(gradients);
    net.dispose();
  });

  it('predict and evaluate between forward, backward and step change nothing', async () => {
    const [net, disturbed] = [await create(tier), await create(tier)];
    net.forward(x, y);
    net.backward();
    net.step();
    const others = () => {
      disturbed.predict(x.subarray(0, 14));
      disturbed.evaluate({ x: x.subarray(0, 21), y: y.subarray(0, 3) });
    };
    disturbed.forward(x, y);
    others();
    disturbed.backward();
    others();
    disturbed.step();
    expect(state(disturbed)).toEqual(state(net));
    net.dispose();
    disturbed.dispose();
  });

  it('backward belongs to the last forward, whatever it was fed', async () => {
    const net = await create(tier);
    const once = await create(tier);
    net.forward(x, y);
    net.backward();
    net.forward(x.subarray(0, 35), y.subarray(0, 5));
    once.forward(x.subarray(0, 35), y.subarray(0, 5));
    expect(gradientsOf(net)).toEqual(gradientsOf(once));
    net.dispose();
    once.dispose();
  });

  it('backward means the samples that forward was given, whatever has become of the arrays', async () => {
    const net = await create(tier);
    const once = await create(tier);
    const [given, labels] = [x.slice(), y.slice()];
    net.forward(given, labels);
    given.fill(0);
    labels.fill(0);
    once.forward(x, y);
    expect(gradientsOf(net)).toEqual(gradientsOf(once));
    net.dispose();
    once.dispose();
  });

  it('fewer rows than the batch give what a network made for so many gives', async () => {
    const net = await create(tier);
    net.trainStep(x, y);
    for (const rows of [1, 15, 16, 17, 36]) {
      const small = await create(tier, rows);
      small.setParameters(net.parameters());
      const [part, labels] = [x.subarray(0, 7 * rows), y.subarray(0, rows)];
      expect(net.forward(part, labels)).toBe(small.forward(part, labels));
      expect(gradientsOf(net)).toEqual(gradientsOf(small));
      expect(net.predict(part)).toEqual(small.predict(part));
      small.dispose();
    }
    net.dispose();
  });

  it.skipIf(tier === 'js')('the lanes beyond a weight stay free of what lies in memory', async () => {
    const net = await create(tier);
    const block = blocks.findLast(({ what }) => what === 'parameters and optimizer state');
    for (let step = 0; step < 3; step++) {
      net.trainStep(x, y);
      net.forward(x, y);
      net.backward();
      net.step();
    }
    expect(block?.values().every(Number.isFinite)).toBe(true);
    net.dispose();
  });

  it('networks do not disturb each other', async () => {
    const [alone, one, other] = [await create(tier), await create(tier), await create(tier)];
    for (let step = 0; step < 3; step++) {
      alone.trainStep(x, y);
      one.trainStep(x, y);
      other.trainStep(
        x.map((value) => -value),
        y,
      );
    }
    other.dispose();
    one.trainStep(x, y);
    alone.trainStep(x, y);
    expect(state(one)).toEqual(state(alone));
    alone.dispose();
    one.dispose();
  });
});
