/** The memory of `fit`: the copies that it goes back to, and what validation takes. It is there before the first step. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  adam,
  DivergenceError,
  dense,
  MemoryError,
  type Network,
  type NetworkOptions,
  network,
  sgd,
} from '../../src/index.js';
import { Program } from '../../src/program/program.js';
import { Reference } from '../../src/reference/reference.js';
import { Heap } from '../../src/runtime/heap.js';
import { availableTiers } from '../tiers.js';

const data = { x: [1, 2, 3], y: [1, 3, 5] };
const [best] = await availableTiers();

describe.each(['js', best] as const)('on %s', (tier) => {
  const executor = tier === 'js' ? Reference.prototype : Program.prototype;
  const create = (optimizer: NetworkOptions['optimizer'] = adam()): Promise<Network> =>
    network({ input: 1, layers: [dense(4), dense(1)], loss: 'meanSquaredError', optimizer, batch: 2, tier });
  afterEach(() => void vi.restoreAllMocks());

  it.each([
    { epochs: 1, copies: 1, written: 1 },
    { epochs: 2, copies: 2, written: 3 },
    { epochs: 6, copies: 2, written: 7 },
  ])('$epochs epochs take $copies copies of what is trained, written $written times', async (expected) => {
    const { epochs, copies, written } = expected;
    const snapshot = vi.spyOn(executor, 'snapshot');
    const made = new Set<unknown>();
    await (await create()).fit(data, { epochs, onEpoch: () => {} });
    for (const { value } of snapshot.mock.results) made.add(value.data[0]);
    expect(snapshot).toHaveBeenCalledTimes(written);
    expect(made.size).toBe(copies);
  });

  it('a copy that there is no room for is refused before anything is trained', async () => {
    const net = await create();
    const before = net.parameters();
    const { snapshot } = executor;
    const spy = vi.spyOn(executor, 'snapshot').mockImplementation(function (this: Program & Reference, over) {
      if (spy.mock.calls.length === 2) throw new RangeError('Array buffer allocation failed');
      return snapshot.call(this, over);
    });
    const error = await net.fit(data, { epochs: 2 }).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(MemoryError);
    expect(error.message).toMatch(
      /^fit: expected [\d.]+ (bytes|KiB) for a copy of what is trained, got Array buffer allocation failed$/,
    );
    expect([net.steps, net.parameters()]).toEqual([0, before]);
    spy.mockRestore();
    expect(await net.fit(data, { epochs: 2 })).toHaveLength(2);
  });

  it.skipIf(tier === 'js')('validation that there is no room for is refused before anything is trained', async () => {
    const net = await create();
    vi.spyOn(Heap.prototype, 'allocate').mockImplementation((_, what) => {
      throw new MemoryError(`${what}: no room`);
    });
    await expect(net.fit(data, { validation: data })).rejects.toThrow(new MemoryError('fit (validation): no room'));
    expect(net.steps).toBe(0);
    expect(await net.fit(data)).toHaveLength(1);
  });

  it('the last step of all may be the one that goes too far', async () => {
    const net = await create(sgd({ learningRate: 1 }));
    const before = net.parameters();
    const onBatch = ({ batch }: { batch: number }) => {
      if (batch === 1) net.learningRate = 3e38;
    };
    const training = net.fit({ x: [1, 2, 3].map((x) => 1e3 * x), y: data.y }, { onBatch });
    await expect(training).rejects.toThrow(DivergenceError);
    await expect(training).rejects.toThrow(/expected finite parameters in step 2 \(epoch 1\); .* start of epoch 1;/);
    expect([net.parameters(), net.steps, net.epochs, net.learningRate]).toEqual([before, 0, 0, 1]);
  });

  it('a network may be disposed of in the last onEpoch, or in any together with an abort', async () => {
    const [last, aborted] = [await create(), await create()];
    const controller = new AbortController();
    expect(await last.fit(data, { onEpoch: () => last.dispose() })).toHaveLength(1);
    const onEpoch = () => {
      controller.abort();
      aborted.dispose();
    };
    expect(await aborted.fit(data, { epochs: 3, signal: controller.signal, onEpoch })).toHaveLength(1);
  });

  it('a network that is disposed of in between is told of as that of fit', async () => {
    const net = await create();
    const training = net.fit(data, { epochs: 2, onEpoch: () => net.dispose() });
    await expect(training).rejects.toThrow(/^fit: expected a network in use, got one that was disposed$/);
    const again = net.fit(data, { validation: data });
    await expect(again).rejects.toThrow(/^fit \(validation\): expected a network in use, got one that was disposed$/);
  });
});
