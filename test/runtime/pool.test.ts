/** What the threads of a pool do when one of them fails: nobody waits for ever, and work goes on with one thread. */
import { describe, expect, it, vi } from 'vitest';
import { MemoryError, WorkerError } from '../../src/errors.js';
import type { Buffer, Instruction } from '../../src/graph/lowering.js';
import { createBuffer } from '../../src/program/emitter.js';
import { encode, recordsBytes } from '../../src/program/encode.js';
import { runtimeFor } from '../../src/runtime/runtime.js';
import type { KernelTier } from '../../src/tier.js';
import { addition } from '../program/programs.js';

const LINE = 64;
const LINES = 1000;

/** The runtime of a tier, with a copy for two threads. Each test has a tier of its own: what breaks stays broken. */
async function create(tier: KernelTier) {
  const runtime = await runtimeFor(tier);
  const { heap, pool } = runtime;
  await pool.grow(2);
  expect(pool.threads).toBeGreaterThan(1);
  const bytes = recordsBytes(1);
  const program = heap.allocate(bytes, 'test');
  const source = heap.allocate(LINE * LINES, 'test');
  const target = heap.allocate(LINE * LINES, 'test');
  const [x, y] = [createBuffer('x', 0, 'scratch'), createBuffer('y', 0, 'scratch')];
  /** Copies LINES lines from x to y, each thread one half. */
  const run = (from: number, to: number) => {
    const { fields, name } = addition(x, x, y);
    const lines = { features: LINES, batched: 0, aRow: LINE, bRow: LINE };
    const instruction = { name, fields: { ...fields, ...lines } } as Instruction;
    const address = (buffer: Buffer) => (buffer === x ? from : to);
    encode(instruction, false, program + recordsBytes(0), heap, address);
    heap.i32[program / 4] = 1;
    return pool.run(program, 0, 1, 2);
  };
  return { heap, pool, source, target, run };
}

const good = ({ heap, source, target, run }: Awaited<ReturnType<typeof create>>) => {
  heap.f32.fill(3, source / 4, (source + LINE * LINES) / 4);
  heap.f32.fill(0, target / 4, (target + LINE * LINES) / 4);
  run(source, target);
  return heap.f32.subarray(target / 4, (target + LINE * LINES) / 4).every((value) => value === 6);
};

const turn = () => new Promise((resolve) => setTimeout(resolve, 20));

describe('a pool', () => {
  it('does not start more workers than it is asked for, and keeps them', async () => {
    const { pool } = await runtimeFor(undefined);
    const at = (threads: number) => pool.grow(threads).then(() => pool.threads);
    expect(await at(1)).toBe(1);
    expect(await at(3)).toBe(3);
    expect(await at(2)).toBe(3);
    expect(await at(3)).toBe(3);
  });

  it('keeps the workers that it has where memory is short, and gets more once it is not', async () => {
    const { heap, pool } = await runtimeFor(undefined);
    await pool.grow(3);
    const { threads } = pool;
    const reserve = vi.spyOn(heap, 'reserve').mockImplementation(() => {
      throw new MemoryError('full');
    });
    await pool.grow(threads + 1);
    expect([pool.threads, pool.broken]).toEqual([threads, 'full']);
    reserve.mockRestore();
    await pool.grow(threads + 1);
    expect([pool.threads, pool.broken]).toEqual([threads + 1, null]);
  });
});

describe('a trap', () => {
  it('in a worker is a WorkerError at once, and later runs use one thread', async () => {
    const created = await create('simd');
    const { heap, pool, source, run } = created;
    expect(good(created)).toBe(true);
    // The first half of y is in memory, the second one, which is the worker's, is not.
    const start = performance.now();
    const end = heap.memory.buffer.byteLength;
    expect(() => run(source, end - (LINE * LINES) / 2)).toThrow(WorkerError);
    expect(performance.now() - start).toBeLessThan(2000);
    expect(pool.threads).toBe(1);
    expect(pool.broken).toMatch(/worker/);
    expect(good(created)).toBe(true);
    await turn();
    expect(good(created)).toBe(true);
    await pool.grow(2);
    expect(pool.threads).toBe(1);
  });

  it('in the calling thread is the error that it is, and later runs use one thread', async () => {
    const created = await create('scalar');
    const { heap, pool, target, run } = created;
    // The first half of x lies beyond the memory, the second one at its beginning, where 32 bits begin anew.
    expect(heap.memory.buffer.byteLength).toBeLessThan(2 ** 32 - LINE * LINES);
    expect(() => run(2 ** 32 - (LINE * LINES) / 2, target)).toThrow(WebAssembly.RuntimeError);
    expect(pool.threads).toBe(1);
    expect(pool.broken).toMatch(/trapped/);
    expect(good(created)).toBe(true);
    await turn();
    expect(good(created)).toBe(true);
  });
});
