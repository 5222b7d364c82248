/** One runtime for each tier, and a pool that counts only the threads that are there. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { platform } from '#platform';
import { WorkerError } from '../../src/errors.js';
import { dense, network } from '../../src/index.js';
import { Heap } from '../../src/runtime/heap.js';
import { createMemory, instantiate, kernelBytes } from '../../src/runtime/kernels.js';
import { Pool } from '../../src/runtime/pool.js';
import { runtimeFor } from '../../src/runtime/runtime.js';

afterEach(() => vi.restoreAllMocks());

async function createPool(): Promise<Pool> {
  const module = await WebAssembly.compile(await kernelBytes('simd'));
  const memory = createMemory(true);
  const exports = instantiate(module, memory);
  return new Pool(exports, module, new Heap(memory, exports.HEAP_BASE.value));
}

describe('a runtime', () => {
  it('is one for its tier, whether that was asked for by name or chosen', async () => {
    const chosen = await runtimeFor(undefined);
    expect(await runtimeFor(chosen.tier)).toBe(chosen);
    expect(await runtimeFor(undefined)).toBe(chosen);
  });
});

describe('the report of a network', () => {
  const create = (units: number, threads?: number) =>
    network({ input: units, layers: [dense(units), dense(10)], loss: 'softmaxCrossEntropy', batch: 128, threads });

  it('tells the threads that it uses, not those that others have started', async () => {
    const { pool } = await runtimeFor(undefined);
    const [small, large, alone] = [await create(2), await create(512, 2), await create(512, 1)];
    await pool.grow(2);
    expect(pool.threads).toBeGreaterThan(1);
    expect([small, large, alone].map(({ runtime }) => runtime.threads)).toEqual([1, 2, 1]);
    for (const net of [small, large, alone]) net.dispose();
    expect(small.runtime.threads).toBe(1);
  });
});

describe('a pool', () => {
  it('does not count on workers that are still starting', async () => {
    const pool = await createPool();
    const growing = pool.grow(3);
    expect(pool.threads).toBe(1);
    await growing;
    expect(pool.threads).toBe(3);
  });

  it('has one thread and says why, where no worker can be started', async () => {
    vi.spyOn(platform, 'startWorker').mockImplementation(() => {
      throw new Error('workers are forbidden here');
    });
    const pool = await createPool();
    await pool.grow(2);
    expect(pool.threads).toBe(1);
    expect(pool.broken).toBe('workers are forbidden here');
  });

  it('has one thread and says why, where a worker ends before it is ready', async () => {
    vi.spyOn(platform, 'startWorker').mockImplementation(() => ({
      ready: Promise.reject(new WorkerError('worker 1 ended before it was ready')),
      terminate: () => {},
    }));
    const pool = await createPool();
    await pool.grow(2);
    expect(pool.threads).toBe(1);
    expect(pool.broken).toMatch(/before it was ready/);
  });
});
