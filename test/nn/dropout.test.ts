/** Networks that leave elements out in training. */
import { afterEach, describe, expect, it } from 'vitest';
import { dense, dropout, load, type Network, type NetworkOptions, network, residual, sgd } from '../../src/index.js';
import { Generator } from '../../src/random.js';
import { uniform } from '../numbers.js';
import { availableTiers } from '../tiers.js';

const ROWS = 19;
const x = uniform(new Generator(1), ROWS * 5);
const y = uniform(new Generator(2), ROWS * 3);

describe.each(await availableTiers())('dropout on %s', (tier) => {
  const options: NetworkOptions = {
    input: 5,
    layers: [dense(40, 'relu'), dropout(0.4), residual([dropout(0.2), dense(40)]), dense(3)],
    loss: 'meanSquaredError',
    optimizer: sgd({ learningRate: 0.05 }),
    batch: ROWS,
    seed: 4,
    tier,
  };
  const made: Network[] = [];
  const create = async (changes: Partial<NetworkOptions> = {}): Promise<Network> => {
    const net = await network({ ...options, ...changes });
    made.push(net);
    return net;
  };
  afterEach(() => {
    for (const net of made.splice(0)) net.dispose();
  });

  it('is drawn anew in each step, and the same within one', async () => {
    const net = await create({ optimizer: sgd({ learningRate: 0 }) });
    const first = net.forward(x, y);
    expect(net.forward(x, y)).toBe(first);
    expect(net.trainStep(x, y)).toBe(first);
    expect(net.forward(x, y)).not.toBe(first);
  });

  it('is the same for trainStep and for forward, backward, step, and comes from the seed', async () => {
    const [whole, parts, other] = [await create(), await create(), await create({ seed: 5 })];
    other.setParameters(whole.parameters());
    expect(other.forward(x, y)).not.toBe(whole.forward(x, y));
    for (let step = 0; step < 3; step++) {
      expect(parts.forward(x, y)).toBeCloseTo(whole.trainStep(x, y), 6);
      parts.backward();
      parts.step();
    }
    expect(parts.parameters()).toEqual(whole.parameters());
  });

  it('is left out in prediction', async () => {
    const net = await create();
    const plain = await create({
      layers: [dense(40, 'relu'), dropout(0), residual([dropout(0), dense(40)]), dense(3)],
    });
    plain.setParameters(net.parameters());
    expect(net.predict(x)).toEqual(plain.predict(x));
    expect(net.evaluate({ x, y }).loss).toBe(plain.evaluate({ x, y }).loss);
    expect(net.forward(x, y)).not.toBe(plain.forward(x, y));
    const again = await load(await net.save(), { tier });
    made.push(again);
    expect(again.predict(x)).toEqual(net.predict(x));
  });

  it('trains', async () => {
    const net = await create();
    const { loss } = net.evaluate({ x, y });
    await net.fit({ x, y }, { epochs: 100 });
    expect(net.evaluate({ x, y }).loss).toBeLessThan(0.6 * loss);
  });
});
