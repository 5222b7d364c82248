/** What a network promises: its configuration, its parameters, predict, evaluate. */
import { describe, expect, it } from 'vitest';
import {
  activation,
  adamw,
  DisposedError,
  dense,
  type LossName,
  load,
  type Network,
  type NetworkOptions,
  network,
  sgd,
} from '../../src/index.js';
import { Generator } from '../../src/random.js';
import { difference, integers, uniform } from '../numbers.js';
import { availableTiers } from '../tiers.js';

const INPUT = 6;
const CLASSES = 4;
const ROWS = 37;
const x = uniform(new Generator(1), ROWS * INPUT);
const labels = integers(new Generator(2), ROWS, CLASSES);
const targets = uniform(new Generator(3), ROWS * CLASSES, 0, 1).map(Math.round);

const options: NetworkOptions = {
  input: INPUT,
  layers: [dense(20, 'relu'), dense(CLASSES)],
  loss: 'softmaxCrossEntropy',
  optimizer: sgd({ learningRate: 0.1 }),
  batch: 16,
  seed: 5,
};

/** A network that has been trained a little. */
async function trained(changes: Partial<NetworkOptions> = {}): Promise<Network> {
  const net = await network({ ...options, ...changes });
  const y = net.config.loss === 'softmaxCrossEntropy' ? labels.subarray(0, 16) : targets.subarray(0, 16 * CLASSES);
  for (let step = 0; step < 5; step++) net.trainStep(x.subarray(0, 16 * INPUT), y);
  return net;
}

const tiers = await availableTiers();

describe('the configuration', () => {
  it.each<[string, NetworkOptions]>([
    [
      'a network of everything',
      {
        input: [INPUT],
        layers: [
          dense(9, 'leakyRelu', { alpha: 0.2, bias: false }),
          dense(8, 'elu', { alpha: 0.7, initializer: 'lecun' }),
          dense(7, 'linear', { initializer: { low: -0.1, high: 0.3 } }),
          activation('gelu'),
          activation('leakyRelu', 0.3),
          dense(CLASSES),
        ],
        loss: 'softmaxCrossEntropy',
        labelSmoothing: 0.1,
        optimizer: adamw({ learningRate: 0.01 }),
        batch: 16,
        seed: 2 ** 40,
      },
    ],
    ['huber', { ...options, loss: 'huber', huberDelta: 0.3 }],
    ['no loss', { input: 2, layers: [dense(3)] }],
  ])('of %s is plain data that makes the same network again', async (_, given) => {
    const net = await network(given);
    const again = await network(JSON.parse(JSON.stringify(net.config)));
    expect(again.config).toEqual(net.config);
    expect(again.parameters()).toEqual(net.parameters());
    const rows = x.subarray(0, 4 * (given.input === 2 ? 2 : INPUT));
    expect(again.predict(rows)).toEqual(net.predict(rows));
    net.dispose();
    again.dispose();
  });

  it('says what was left to us', async () => {
    const net = await network({ input: INPUT, layers: [dense(2)], tier: 'js' });
    expect(net.config).toEqual({ input: INPUT, layers: [dense(2)], batch: 32, seed: 0 });
    net.dispose();
  });

  it('stays as it was when the caller goes on with what it gave', async () => {
    const layers = [dense(3, 'relu'), dense(2)];
    const net = await network({ input: INPUT, layers });
    const before = JSON.stringify(net.config);
    layers.push(dense(7));
    (layers[0] as { units: number }).units = 9;
    expect(JSON.stringify(net.config)).toBe(before);
    const again = await load(await net.save());
    expect(again.parameters()).toEqual(net.parameters());
    net.dispose();
    again.dispose();
  });
});

describe('parameters', () => {
  it('are called by the index of their layer, weights [inputs, outputs]', async () => {
    const layers = [dense(5, 'relu'), activation('tanh'), dense(3, 'linear', { bias: false }), dense(2)];
    const net = await network({ input: 4, layers });
    const shapes = [...net.parameters()].map(([name, { shape }]) => [name, shape]);
    expect(shapes).toEqual([
      ['0.weight', [4, 5]],
      ['0.bias', [5]],
      ['2.weight', [5, 3]],
      ['3.weight', [3, 2]],
      ['3.bias', [2]],
    ]);
    net.dispose();
  });

  it.each([
    ['glorot', Math.sqrt(6 / 90)],
    ['he', Math.sqrt(6 / 50)],
    ['lecun', Math.sqrt(3 / 50)],
    ['zeros', 0],
  ] as const)('start within the limit of %s, biases at 0', async (initializer, limit) => {
    const net = await network({ input: 50, layers: [dense(40, 'relu', { initializer })] });
    const weight = net.parameters().get('0.weight')?.data as Float32Array;
    const most = weight.reduce((most, w) => Math.max(most, Math.abs(w)), 0);
    expect(most).toBeLessThanOrEqual(Math.fround(limit));
    expect(most).toBeGreaterThanOrEqual(0.99 * limit);
    expect(net.parameters().get('0.bias')?.data).toEqual(new Float32Array(40));
    net.dispose();
  });

  it('start within bounds that are given', async () => {
    const net = await network({ input: 50, layers: [dense(40, 'relu', { initializer: { low: 1, high: 1.5 } })] });
    const weight = net.parameters().get('0.weight')?.data as Float32Array;
    expect(weight.every((w) => w >= 1 && w <= 1.5)).toBe(true);
    net.dispose();
  });
});

describe.each(tiers)('on %s', (tier) => {
  it('what is returned are copies', async () => {
    const net = await network({ ...options, tier });
    const [before, other] = [net.parameters(), net.parameters()];
    for (const { data } of other.values()) data.fill(7);
    expect(net.parameters()).toEqual(before);
    net.forward(x.subarray(0, 16 * INPUT), labels.subarray(0, 16));
    const gradients = net.backward();
    const kept = structuredClone(gradients);
    const output = net.predict(x);
    const keptOutput = structuredClone(output);
    for (let step = 0; step < 3; step++) net.trainStep(x.subarray(0, 5 * INPUT), labels.subarray(0, 5));
    net.forward(x.subarray(0, 5 * INPUT), labels.subarray(0, 5));
    net.backward();
    net.predict(x.subarray(0, INPUT));
    expect(gradients).toEqual(kept);
    expect(output).toEqual(keptOutput);
    net.dispose();
  });

  it('predict takes any number of rows, whatever the batch', async () => {
    const net = await trained({ tier });
    const all = net.predict(x);
    expect(all.shape).toEqual([ROWS, CLASSES]);
    for (let row = 0; row < ROWS; row++) {
      const one = net.predict(x.subarray(row * INPUT, (row + 1) * INPUT));
      expect(difference(one.data, all.data.subarray(row * CLASSES, (row + 1) * CLASSES))).toBeLessThan(1e-6);
    }
    net.dispose();
  });

  it('predict takes any array of numbers', async () => {
    const net = await trained({ tier });
    const expected = net.predict(x);
    expect(net.predict([...x])).toEqual(expected);
    expect(net.predict(Float64Array.from(x))).toEqual(expected);
    net.dispose();
  });

  it('evaluate is the mean over all rows, with the share that was found', async () => {
    const net = await trained({ tier });
    const whole = await network({ ...options, batch: ROWS, tier: 'js' });
    whole.setParameters(net.parameters());
    const { loss, accuracy } = net.evaluate({ x, y: labels });
    expect(loss).toBeCloseTo(whole.forward(x, labels), 5);
    const { data } = net.predict(x);
    const found = [...labels].filter((label, row) => {
      const row0 = [...data.subarray(row * CLASSES, (row + 1) * CLASSES)];
      return row0.indexOf(Math.max(...row0)) === label;
    });
    expect(accuracy).toBe(found.length / ROWS);
    net.dispose();
  });

  it('counts the steps, and takes the learning rate that it is told', async () => {
    const net = await network({ ...options, tier });
    expect([net.steps, net.learningRate]).toEqual([0, 0.1]);
    net.learningRate = 0;
    const before = net.parameters();
    net.trainStep(x.subarray(0, INPUT), labels.subarray(0, 1));
    expect(net.steps).toBe(1);
    expect(net.parameters()).toEqual(before);
    net.dispose();
  });
});

describe.each(tiers)('one sample alone on %s', (tier) => {
  it.each([
    [5, 37],
    [120, 64],
    [130, 65],
    [300, 150],
  ])('is predicted as it is among others, from %i inputs by %i units', async (inputs, units) => {
    const values = uniform(new Generator(4), 17 * inputs);
    const net = await network({ input: inputs, layers: [dense(units, 'tanh'), dense(3)], batch: 32, seed: 1, tier });
    const all = net.predict(values).data;
    for (const row of [0, 16]) {
      const one = net.predict(values.subarray(row * inputs, (row + 1) * inputs)).data;
      expect(one).toEqual(all.subarray(row * 3, (row + 1) * 3));
    }
    net.dispose();
  });
});

describe.each(tiers)('the room for inputs on %s', (tier) => {
  it.each([16, 5])('trains on what was written there as on any array, %i rows', async (rows) => {
    const [net, other] = [await trained({ tier }), await trained({ tier })];
    const batch = x.subarray(0, rows * INPUT);
    for (let step = 0; step < 3; step++) {
      net.input.set(batch);
      const loss = net.trainStep(net.input.subarray(0, rows * INPUT), labels.subarray(0, rows));
      expect(loss).toBe(other.trainStep(batch, labels.subarray(0, rows)));
    }
    expect(net.parameters()).toEqual(other.parameters());
    for (const made of [net, other]) made.dispose();
  });

  it('holds a batch, and is refused after dispose', async () => {
    const net = await trained({ tier });
    expect(net.input).toHaveLength(16 * INPUT);
    net.dispose();
    expect(() => net.input).toThrow(DisposedError);
  });
});

describe('predict', () => {
  const outputs = async (loss: LossName) => {
    const net = await trained({ loss });
    const [logits, given] = [net.predict(x, { logits: true }).data, net.predict(x).data];
    net.dispose();
    return { logits, given };
  };

  it('gives probabilities for softmaxCrossEntropy', async () => {
    const { logits, given } = await outputs('softmaxCrossEntropy');
    for (let row = 0; row < ROWS; row++) {
      const part = (values: Float32Array) => [...values.subarray(row * CLASSES, (row + 1) * CLASSES)];
      const terms = part(logits).map(Math.exp);
      const total = terms.reduce((a, b) => a + b);
      expect(
        difference(
          part(given),
          terms.map((term) => term / total),
        ),
      ).toBeLessThan(1e-6);
    }
  });

  it('gives probabilities for binaryCrossEntropy', async () => {
    const { logits, given } = await outputs('binaryCrossEntropy');
    expect(
      difference(
        given,
        logits.map((z) => 1 / (1 + Math.exp(-z))),
      ),
    ).toBeLessThan(1e-6);
  });

  it.each(['meanSquaredError', 'meanAbsoluteError', 'huber'] as const)(
    'gives what the last layer gives for %s',
    async (loss) => {
      const { logits, given } = await outputs(loss);
      expect(given).toEqual(logits);
    },
  );
});

describe('the accuracy', () => {
  it.each(['meanSquaredError', 'meanAbsoluteError', 'huber'] as const)('is null for %s', async (loss) => {
    const net = await trained({ loss });
    expect(net.evaluate({ x, y: targets }).accuracy).toBeNull();
    net.dispose();
  });

  it('is the share of samples with every output right for binaryCrossEntropy', async () => {
    const net = await trained({ loss: 'binaryCrossEntropy' });
    const { data } = net.predict(x);
    const right = Array.from({ length: ROWS }, (_, row) =>
      [...data.subarray(row * CLASSES, (row + 1) * CLASSES)].every(
        (p, i) => p > 0.5 === targets[row * CLASSES + i] > 0.5,
      ),
    );
    expect(net.evaluate({ x, y: targets }).accuracy).toBe(right.filter(Boolean).length / ROWS);
    net.dispose();
  });
});
