/** The kernels of each tier where memory cannot be shared: on a page that is not isolated, there is one thread. */
import { describe, expect, it } from 'vitest';
import { Generator } from '../../src/random.js';
import { createMemory, instantiate, kernelBytes, unshared } from '../../src/runtime/kernels.js';
import { Runtime } from '../../src/runtime/runtime.js';
import { uniform } from '../numbers.js';
import { availableTiers } from '../tiers.js';

const tiers = (await availableTiers()).filter((tier) => tier !== 'js');

describe.each(tiers)('%s', (tier) => {
  it('asks for shared memory', async () => {
    const module = new WebAssembly.Module(await kernelBytes(tier));
    expect(() => instantiate(module, createMemory(false))).toThrow(WebAssembly.LinkError);
    expect(instantiate(module, createMemory(true)).run).toBeTypeOf('function');
  });

  it('runs on memory that is not shared once it is told so', async () => {
    const module = new WebAssembly.Module(unshared(await kernelBytes(tier)));
    const runtime = new Runtime(tier, '', module, false);
    expect(runtime.heap.memory.buffer).toBeInstanceOf(ArrayBuffer);
    const [K, N] = [5, 37];
    const data = uniform(new Generator(1), K * N);
    const target = runtime.heap.allocate(64 * 3 * K, 'test');
    runtime.pack(target, [K, N], data);
    expect(runtime.unpack(target, [K, N])).toEqual(data);
    await runtime.pool.grow(4);
    expect(runtime.pool.threads).toBe(1);
    expect(runtime.pool.broken).toMatch(/shared/);
  });

  it('leaves the bytes as they were', async () => {
    const bytes = await kernelBytes(tier);
    const before = bytes.slice();
    unshared(bytes);
    expect(bytes).toEqual(before);
  });
});
