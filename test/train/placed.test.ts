/** Samples that `fit` places in the memory of the kernels: the same bits as samples that are copied in step by step. */
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { DisposedError, MemoryError } from '../../src/errors.js';
import { adam, dense, type Network, network } from '../../src/index.js';
import { Generator } from '../../src/random.js';
import { Heap } from '../../src/runtime/heap.js';
import { runtimeFor } from '../../src/runtime/runtime.js';
import type { KernelTier } from '../../src/tier.js';
import { integers, uniform } from '../numbers.js';
import { startThreads, useThreads } from '../threads.js';
import { availableTiers } from '../tiers.js';

/** Batches of three sample panels, the last of which is not full, and a shorter batch at the end. */
const ROWS = 103;
const BATCH = 40;
const SEED = 3;
/** `fit`'s generator stream for the order of samples. */
const SHUFFLE_STREAM = 2 ** 31;

const tiers = (await availableTiers()).filter((tier) => tier !== 'js') as KernelTier[];

describe.each(tiers)('on %s', (tier) => {
  const made: Network[] = [];
  const create = async (input: number): Promise<Network> => {
    const net = await network({
      input,
      layers: [dense(8, 'tanh'), dense(3)],
      loss: 'softmaxCrossEntropy',
      optimizer: adam({ learningRate: 0.01 }),
      batch: BATCH,
      seed: SEED,
      tier,
      threads: 2,
    });
    made.push(net);
    return net;
  };
  const samples = (input: number) => ({
    x: uniform(new Generator(1), ROWS * input),
    y: Float32Array.from(integers(new Generator(2), ROWS, 3)),
  });

  beforeAll(() => startThreads(tier, 2));
  afterEach(() => {
    vi.restoreAllMocks();
    for (const net of made.splice(0)) net.dispose();
  });

  /** Two epochs of `trainStep`s in the order that `fit` draws. */
  async function trainedBySteps(input: number): Promise<Network> {
    const net = await create(input);
    const { x, y } = samples(input);
    for (let epoch = 0; epoch < 2; epoch++) {
      const order = new Uint32Array(ROWS).map((_, i) => i);
      new Generator(SEED, SHUFFLE_STREAM + epoch).shuffle(order);
      for (let from = 0; from < ROWS; from += BATCH) {
        const rows = [...order.subarray(from, from + BATCH)];
        net.trainStep(
          rows.flatMap((row) => [...x.subarray(row * input, (row + 1) * input)]),
          rows.map((row) => y[row]),
        );
      }
    }
    return net;
  }

  // Fewer features than a vector has lanes, as many, one column more than a tile has, whole tiles.
  describe.each([1, 3, 4, 17, 48])('with %i features', (input) => {
    it.each([1, 2])('gives the bits of trainStep, and the memory back: %i threads', async (threads) => {
      const [net, twin] = [await create(input), await trainedBySteps(input)];
      const { heap } = await runtimeFor(tier);
      const used = heap.used;
      const during: number[] = [];
      useThreads(threads);
      await net.fit(samples(input), { epochs: 2, onBatch: () => void during.push(heap.used) });
      expect(Math.min(...during)).toBeGreaterThan(used);
      expect(heap.used).toBe(used);
      expect(net.parameters()).toEqual(twin.parameters());
    });

    it('gathers samples that the engine has no room for, with the same bits', async () => {
      const [net, twin] = [await create(input), await trainedBySteps(input)];
      const reserve = vi.spyOn(Heap.prototype, 'reserve').mockImplementation(() => {
        throw new MemoryError('no room');
      });
      await net.fit(samples(input), { epochs: 2 });
      expect(reserve).toHaveBeenCalledTimes(1);
      expect(net.parameters()).toEqual(twin.parameters());
    });
  });

  it('leaves half of the memory to networks', async () => {
    const net = await create(17);
    const { heap } = await runtimeFor(tier);
    const reserve = vi.spyOn(Heap.prototype, 'reserve');
    // An index of 40 rows, 103 rows of 17 numbers, as many labels; each begins with a line of 64 bytes.
    const bytes = 192 + 7040 + 412;
    const used = vi.spyOn(heap, 'used', 'get').mockReturnValue(2 ** 31 - bytes);
    await net.fit(samples(17));
    expect(reserve).toHaveBeenCalledTimes(1);
    used.mockReturnValue(2 ** 31 - bytes + 1);
    await net.fit(samples(17));
    expect(reserve).toHaveBeenCalledTimes(1);
  });

  it('gives the memory back when a number is not finite, in any place', async () => {
    const net = await create(17);
    const { heap } = await runtimeFor(tier);
    const used = heap.used;
    for (const at of [0, 15, 16, 17 * ROWS - 1]) {
      const { x, y } = samples(17);
      x[at] = at % 2 ? Number.NaN : Number.NEGATIVE_INFINITY;
      await expect(net.fit({ x, y })).rejects.toThrow(`row ${Math.floor(at / 17)}, element ${at % 17}`);
      expect(heap.used).toBe(used);
    }
  });

  it('looks at every number once', async () => {
    const { heap, exports } = await runtimeFor(tier);
    const block = heap.allocate(4 * 100, 'test');
    for (let count = 0; count <= 70; count++)
      for (let at = 0; at < 72; at++) {
        heap.f32.fill(0, block / 4, block / 4 + 72);
        heap.f32[block / 4 + at] = Number.NaN;
        if ((exports.allFinite(block, count) === 0) !== at < count) expect.fail(`${count} numbers, NaN at ${at}`);
      }
    heap.free(block, 4 * 100);
  });

  it('gives the memory back when copying fails', async () => {
    const net = await create(17);
    const { heap } = await runtimeFor(tier);
    const used = heap.used;
    const set = vi.spyOn(Float32Array.prototype, 'set').mockImplementation(() => {
      throw new TypeError('detached');
    });
    await expect(net.fit(samples(17))).rejects.toThrow('detached');
    set.mockRestore();
    expect(heap.used).toBe(used);
  });

  it('takes samples from elsewhere in between', async () => {
    const [net, twin] = [await create(17), await create(17)];
    const data = samples(17);
    const [x, y] = [data.x.subarray(0, 17), data.y.subarray(0, 1)];
    await net.fit(data, { shuffle: false, onBatch: () => void net.trainStep(x, y) });
    for (let from = 0; from < ROWS; from += BATCH) {
      twin.trainStep(data.x.subarray(17 * from, 17 * (from + BATCH)), data.y.subarray(from, from + BATCH));
      twin.trainStep(x, y);
    }
    expect(net.parameters()).toEqual(twin.parameters());
  });

  it('gives the memory back when a callback disposes of the network, or throws', async () => {
    const { heap } = await runtimeFor(tier);
    const used = heap.used;
    const net = await create(17);
    const throwing = () => {
      throw new Error('enough');
    };
    await expect(net.fit(samples(17), { onBatch: throwing })).rejects.toThrow('enough');
    await expect(net.fit(samples(17), { onBatch: () => net.dispose() })).rejects.toThrow(DisposedError);
    expect(heap.used).toBe(used);
    await expect(net.fit(samples(17))).rejects.toThrow(/^fit: .* disposed$/);
  });
});
