/** What the training loop promises. */
import { afterEach, describe, expect, it } from 'vitest';
import {
  adam,
  type BatchReport,
  dense,
  type EpochReport,
  type Network,
  type NetworkOptions,
  network,
  sgd,
  ValueError,
} from '../../src/index.js';
import { Generator } from '../../src/random.js';
import { integers, uniform } from '../numbers.js';
import { availableTiers } from '../tiers.js';

const INPUT = 5;
const CLASSES = 3;
const ROWS = 37;
const BATCH = 16;
const BATCHES = 3;
const x = uniform(new Generator(1), ROWS * INPUT);
const y = integers(new Generator(2), ROWS, CLASSES);
const data = { x, y };

const options: NetworkOptions = {
  input: INPUT,
  layers: [dense(12, 'tanh'), dense(CLASSES)],
  loss: 'softmaxCrossEntropy',
  optimizer: adam({ learningRate: 0.01 }),
  batch: BATCH,
  seed: 9,
};

const [best] = await availableTiers();

const without = ({ seconds: _, samplesPerSecond: __, ...rest }: EpochReport) => rest;

describe.each(['js', best] as const)('on %s', (tier) => {
  const made: Network[] = [];
  const create = async (changes: Partial<NetworkOptions> = {}): Promise<Network> => {
    const net = await network({ ...options, tier, ...changes });
    made.push(net);
    return net;
  };
  afterEach(() => {
    for (const net of made.splice(0)) net.dispose();
  });

  describe('a start that fit goes back to', () => {
    it('is what onEpoch left', async () => {
      const net = await network({
        input: 1,
        layers: [dense(1, 'linear', { bias: false })],
        loss: 'meanSquaredError',
        optimizer: sgd({ learningRate: 0 }),
        batch: 1,
      });
      const set = (value: number) => net.setParameters({ '0.weight': { shape: [1, 1], data: Float32Array.of(value) } });
      set(1);
      const training = net.fit(
        { x: [1, 1], y: [0, 0] },
        {
          epochs: 2,
          onEpoch: ({ epoch }) => {
            if (epoch > 1) return;
            set(5);
            net.learningRate = 0.5;
          },
          onBatch: ({ epoch, batch }) => {
            if (epoch === 2 && batch === 1) set(3e38);
          },
        },
      );
      await expect(training).rejects.toThrow('back at the start of epoch 2');
      expect([net.parameters().get('0.weight')?.data[0], net.learningRate]).toEqual([5, 0.5]);
      net.dispose();
    });
  });

  describe('fit', () => {
    it('takes every sample once an epoch, in order if it is told not to shuffle', async () => {
      const [net, twin] = [await create(), await create()];
      const [{ loss }] = await net.fit(data, { shuffle: false });
      let total = 0;
      for (let from = 0; from < ROWS; from += BATCH) {
        const to = Math.min(ROWS, from + BATCH);
        total += (to - from) * twin.trainStep(x.subarray(from * INPUT, to * INPUT), y.subarray(from, to));
      }
      expect(net.parameters()).toEqual(twin.parameters());
      expect(loss).toBeCloseTo(total / ROWS, 12);
      expect(net.steps).toBe(BATCHES);
    });

    it('draws a new order for each epoch, and goes on with new ones when it is called again', async () => {
      const [net, twin, ordered] = [await create(), await create(), await create()];
      await net.fit(data, { epochs: 3 });
      await twin.fit(data);
      await twin.fit(data, { epochs: 2 });
      expect(twin.parameters()).toEqual(net.parameters());
      await ordered.fit(data, { epochs: 3, shuffle: false });
      expect(ordered.parameters()).not.toEqual(net.parameters());
    });

    it('shuffles labels with their samples', async () => {
      const net = await create({ optimizer: sgd({ learningRate: 0 }) });
      // Whatever the order, an untrained network has the same losses: only in sum if each has kept its label.
      const [{ loss }] = await net.fit(data);
      expect(loss).toBeCloseTo(net.evaluate(data).loss, 5);
    });

    it('returns a report for each epoch', async () => {
      const net = await create();
      const history = await net.fit(data, { epochs: 3, validation: data });
      expect(history.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
      expect(history[2].validation).toEqual(net.evaluate(data));
      expect(history[2].loss).toBeLessThan(history[0].loss);
      for (const { seconds, samplesPerSecond } of history) {
        expect(seconds).toBeGreaterThan(0);
        expect(samplesPerSecond).toBeCloseTo(ROWS / seconds, 6);
      }
    });

    it('has no validation to report without validation data', async () => {
      const [report] = await (await create()).fit(data);
      expect(report.validation).toBeNull();
    });

    it('holds out the last share of the data that it is told to', async () => {
      const [net, twin] = [await create(), await create()];
      const history = await net.fit(data, { epochs: 2, validation: 0.25 });
      // A quarter of 37, rounded, is 9.
      const train = { x: x.subarray(0, 28 * INPUT), y: y.subarray(0, 28) };
      const validation = { x: x.subarray(28 * INPUT), y: y.subarray(28) };
      const expected = await twin.fit(train, { epochs: 2, validation });
      expect(history.map(without)).toEqual(expected.map(without));
      expect(net.parameters()).toEqual(twin.parameters());
    });

    it('takes any arrays of numbers', async () => {
      const net = await create();
      await net.fit(data, { validation: 0.25 });
      for (const given of [
        { x: [...x], y: [...y] },
        { x: Float64Array.from(x), y: Uint8Array.from(y) },
      ]) {
        const other = await create();
        await other.fit(given, { validation: 0.25 });
        expect(other.parameters()).toEqual(net.parameters());
      }
    });

    it('is exact where the last batch is smaller', async () => {
      const compiled = await create();
      const oracle = await network({ ...options, tier: 'js' });
      const [history, expected] = [await compiled.fit(data, { epochs: 3 }), await oracle.fit(data, { epochs: 3 })];
      for (const [i, { loss }] of history.entries()) expect(loss).toBeCloseTo(expected[i].loss, 5);
    });

    it('learns what there is to learn', async () => {
      // Two half moons of points, which no line separates.
      const generator = new Generator(4);
      const points = Array.from({ length: 200 }, (_, i) => {
        const angle = Math.PI * generator.uniform();
        const [px, py] = i % 2 ? [Math.cos(angle), Math.sin(angle)] : [1 - Math.cos(angle), 0.5 - Math.sin(angle)];
        return [px + 0.1 * generator.uniform(), py + 0.1 * generator.uniform()];
      });
      const moons = { x: points.flat(), y: points.map((_, i) => i % 2) };
      const net = await create({
        input: 2,
        layers: [dense(16, 'relu'), dense(2)],
        optimizer: adam({ learningRate: 0.03 }),
        batch: 20,
      });
      await net.fit(moons, { epochs: 60 });
      expect(net.evaluate(moons).accuracy).toBeGreaterThan(0.98);
    });
  });

  describe('callbacks', () => {
    it('tell of each batch and each epoch, in order', async () => {
      const net = await create();
      const batches: BatchReport[] = [];
      const epochs: EpochReport[] = [];
      const history = await net.fit(data, {
        epochs: 2,
        validation: data,
        onBatch: (report) => void batches.push(report),
        onEpoch: (report) => {
          expect(batches).toHaveLength(BATCHES * report.epoch);
          epochs.push(report);
        },
      });
      expect(epochs).toEqual(history);
      expect(batches.map(({ epoch, batch, batches, samples }) => [epoch, batch, batches, samples])).toEqual(
        [1, 2].flatMap((epoch) => [16, 32, 37].map((samples, i) => [epoch, i + 1, BATCHES, samples])),
      );
      const [a, b, c] = batches.map(({ loss }) => loss);
      expect(history[0].loss).toBeCloseTo((16 * a + 16 * b + 5 * c) / ROWS, 12);
    });

    it('are awaited', async () => {
      const net = await create();
      const log: string[] = [];
      const slowly = (what: string) => async () => {
        log.push(`${what} begins`);
        await new Promise((resolve) => setTimeout(resolve, 2));
        log.push(`${what} ends`);
      };
      await net.fit(data, { onBatch: slowly('batch'), onEpoch: slowly('epoch') });
      const pair = (what: string) => [`${what} begins`, `${what} ends`];
      expect(log).toEqual([...pair('batch'), ...pair('batch'), ...pair('batch'), ...pair('epoch')]);
    });

    it('end the training by an error, which is passed on', async () => {
      const net = await create();
      const onBatch = ({ batch }: BatchReport) => {
        if (batch === 2) throw new Error('enough');
      };
      await expect(net.fit(data, { onBatch })).rejects.toThrow('enough');
      expect(net.steps).toBe(2);
    });

    it('may use the network', async () => {
      const [net, twin] = [await create(), await create()];
      const onBatch = () => {
        net.evaluate(data);
        net.predict(x);
        net.parameters();
      };
      await net.fit(data, { onBatch });
      await twin.fit(data);
      expect(net.parameters()).toEqual(twin.parameters());
    });
  });

  describe('a second fit of a network', () => {
    it('is refused until the first has ended, which goes on as if it had not been called', async () => {
      const [net, twin, other] = [await create(), await create(), await create()];
      const refused = 'fit: expected a network that no other fit is training, got one that is';
      const training = net.fit(data, { epochs: 2, onEpoch: () => expect(net.fit(data)).rejects.toThrow(refused) });
      await expect(net.fit(data)).rejects.toThrow(new ValueError(refused));
      await other.fit(data);
      expect(await training).toHaveLength(2);
      await twin.fit(data, { epochs: 2 });
      expect([net.parameters(), net.epochs]).toEqual([twin.parameters(), 2]);
    });

    it('may follow one that was refused, has failed or was aborted', async () => {
      const net = await create();
      await expect(net.fit({ x: [], y: [] })).rejects.toThrow('at least one row');
      const onBatch = () => {
        throw new Error('enough');
      };
      await expect(net.fit(data, { onBatch })).rejects.toThrow('enough');
      await net.fit(data, { signal: AbortSignal.abort() });
      expect(await net.fit(data)).toHaveLength(1);
    });
  });

  describe('an abort signal', () => {
    it('that has been given before lets nothing happen', async () => {
      const net = await create();
      expect(await net.fit(data, { signal: AbortSignal.abort() })).toEqual([]);
      expect(net.steps).toBe(0);
    });

    it('ends the training after the batch at hand, with the epochs that were completed', async () => {
      const net = await create();
      const controller = new AbortController();
      const history = await net.fit(data, {
        epochs: 5,
        signal: controller.signal,
        onBatch: ({ epoch, batch }) => {
          if (epoch === 3 && batch === 2) controller.abort();
        },
      });
      expect(history.map(({ epoch }) => epoch)).toEqual([1, 2]);
      expect(net.steps).toBe(2 * BATCHES + 2);
    });

    it('reaches a training that nobody calls back', async () => {
      const net = await create();
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 20);
      const history = await net.fit(data, { epochs: 10_000_000, signal: controller.signal });
      expect(history.length).toBeGreaterThan(0);
    });
  });

  it('other events get their turn during a long training', async () => {
    const net = await create();
    let turns = 0;
    const timer = setInterval(() => turns++, 10);
    const end = performance.now() + 400;
    const controller = new AbortController();
    await net.fit(data, {
      epochs: 10_000_000,
      signal: controller.signal,
      onBatch: () => {
        if (performance.now() > end) controller.abort();
      },
    });
    clearInterval(timer);
    expect(turns).toBeGreaterThanOrEqual(3);
  });
});
