/** Samples that `fit` places in the memory of the kernels: the same bits as samples that are copied in for each step. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { MemoryError } from '../../src/errors.js';
import { adam, dense, type Network, type NetworkOptions, network } from '../../src/index.js';
import { Generator } from '../../src/random.js';
import { Heap } from '../../src/runtime/heap.js';
import type { KernelTier } from '../../src/runtime/kernels.js';
import { runtimeFor } from '../../src/runtime/runtime.js';
import { integers, uniform } from '../numbers.js';
import { availableTiers } from '../tiers.js';

const ROWS = 103;
const BATCH = 40;
/** `fit`'s generator stream for the order of samples. */
const SHUFFLE_STREAM = 2 ** 31;

const tiers = (await availableTiers()).filter((tier) => tier !== 'js') as KernelTier[];

afterEach(() => {
  vi.restoreAllMocks();
});

/** Two epochs of `trainStep`s in the order that `fit` draws. */
function trainBySteps(net: Network, x: Float32Array, y: Float32Array, input: number, seed: number): void {
  for (let epoch = 0; epoch < 2; epoch++) {
    const order = new Uint32Array(ROWS).map((_, i) => i);
    new Generator(seed, SHUFFLE_STREAM + epoch).shuffle(order);
    for (let from = 0; from < ROWS; from += BATCH) {
      const rows = [...order.subarray(from, from + BATCH)];
      net.trainStep(
        rows.flatMap((row) => [...x.subarray(row * input, (row + 1) * input)]),
        rows.map((row) => y[row]),
      );
    }
  }
}

describe.each(tiers)('on %s', (tier) => {
  // Fewer features than a vector has lanes, one column more than a tile has, whole tiles.
  describe.each([1, 17, 48])('with %i features', (input) => {
    const seed = 3;
    const x = uniform(new Generator(1), ROWS * input);
    const y = Float32Array.from(integers(new Generator(2), ROWS, 3));
    const options: NetworkOptions = {
      input,
      layers: [dense(8, 'tanh'), dense(3)],
      loss: 'softmaxCrossEntropy',
      optimizer: adam({ learningRate: 0.01 }),
      batch: BATCH,
      seed,
      tier,
    };

    it('gives the bits of trainStep, and the memory back', async () => {
      const [net, twin] = [await network(options), await network(options)];
      const { heap } = await runtimeFor(tier);
      trainBySteps(twin, x, y, input, seed);
      const used = heap.used;
      const during: number[] = [];
      await net.fit({ x, y }, { epochs: 2, onBatch: () => void during.push(heap.used) });
      expect(Math.min(...during)).toBeGreaterThan(used);
      expect(heap.used).toBe(used);
      expect(net.parameters()).toEqual(twin.parameters());
      net.dispose();
      twin.dispose();
    });

    it('gathers samples that there is no room for, with the same bits', async () => {
      const [net, twin] = [await network(options), await network(options)];
      const allocate = Heap.prototype.allocate;
      vi.spyOn(Heap.prototype, 'allocate').mockImplementation(function (this: Heap, bytes, what) {
        if (what === 'samples') throw new MemoryError('no room');
        return allocate.call(this, bytes, what);
      });
      await net.fit({ x, y }, { epochs: 2 });
      trainBySteps(twin, x, y, input, seed);
      expect(net.parameters()).toEqual(twin.parameters());
      net.dispose();
      twin.dispose();
    });
  });
});
