import { describe, expect, it } from 'vitest';
import { MemoryError } from '../../src/errors.js';
import { Generator } from '../../src/random.js';
import { Heap, showBytes } from '../../src/runtime/heap.js';

const PAGE = 65536;
const BLOCK = 4096;

/** A heap in a memory that may grow to `maximum` pages, with `base` bytes taken by others. */
const create = (maximum = 65536, base = 1000): Heap =>
  new Heap(new WebAssembly.Memory({ initial: 1, maximum, shared: true }), base);

describe('a block', () => {
  it('begins on a page of its own', () => {
    const heap = create();
    const blocks = [1, 4096, 4097, 100].map((bytes) => heap.allocate(bytes, 'test'));
    expect(blocks).toEqual([1, 2, 3, 5].map((page) => page * BLOCK));
  });

  it('holds zeros, also where others have been', () => {
    const heap = create();
    const first = heap.allocate(3 * BLOCK, 'test');
    heap.f32.fill(Number.NaN, first / 4, (first + 3 * BLOCK) / 4);
    heap.free(first, 3 * BLOCK);
    const second = heap.allocate(2 * BLOCK, 'test');
    expect(second).toBe(first);
    expect(heap.f32.subarray(second / 4, (second + 2 * BLOCK) / 4).every((x) => x === 0)).toBe(true);
  });

  it('never lies over another one, and all memory comes back, in any order', () => {
    const generator = new Generator(1);
    const heap = create();
    const used = heap.used;
    const blocks: { start: number; bytes: number; mark: number }[] = [];
    for (let turn = 0; turn < 2000; turn++) {
      if (blocks.length > 0 && generator.integer(2) === 0) {
        const [{ start, bytes, mark }] = blocks.splice(generator.integer(blocks.length), 1);
        const words = heap.i32.subarray(start / 4, start / 4 + Math.floor(bytes / 4));
        expect(words.every((word) => word === mark)).toBe(true);
        heap.free(start, bytes);
      } else {
        const bytes = 4 * (1 + generator.integer(5000));
        const start = heap.allocate(bytes, 'test');
        heap.i32.fill(turn, start / 4, (start + bytes) / 4);
        blocks.push({ start, bytes, mark: turn });
      }
    }
    for (const { start, bytes } of blocks) heap.free(start, bytes);
    expect(heap.used).toBe(used);
    // One hole is left: a block of all that is free lies at its beginning, and needs no more memory.
    const all = heap.memory.buffer.byteLength - used;
    expect(heap.allocate(all, 'test')).toBe(used);
    expect(heap.memory.buffer.byteLength).toBe(used + all);
  });
});

describe('what is free', () => {
  it.each([
    ['the earlier one first', [0, 1, 2]],
    ['the later one first', [2, 1, 0]],
    ['the middle last', [0, 2, 1]],
    ['the middle first', [1, 0, 2]],
  ])('is joined with its neighbours: %s', (_, order) => {
    const heap = create();
    const blocks = [0, 1, 2].map(() => heap.allocate(BLOCK, 'test'));
    heap.allocate(BLOCK, 'a wall');
    for (const i of order) heap.free(blocks[i], BLOCK);
    expect(heap.allocate(3 * BLOCK, 'test')).toBe(blocks[0]);
  });

  it('is used from the lowest address on', () => {
    const heap = create();
    const blocks = [0, 1, 2].map(() => heap.allocate(BLOCK, 'test'));
    heap.free(blocks[0], BLOCK);
    heap.free(blocks[2], BLOCK);
    expect(heap.allocate(BLOCK, 'test')).toBe(blocks[0]);
    expect(heap.allocate(BLOCK, 'test')).toBe(blocks[2]);
  });
});

describe('the memory', () => {
  it('grows by what is missing beside the free end', () => {
    const heap = create();
    heap.allocate(BLOCK, 'test');
    const start = heap.allocate(3 * PAGE, 'test');
    expect(start).toBe(2 * BLOCK);
    expect(heap.memory.buffer.byteLength).toBe(4 * PAGE);
  });

  it('keeps what is in it, and gives new views, when it grows', () => {
    const heap = create();
    const start = heap.allocate(BLOCK, 'test');
    heap.f32[start / 4] = 7;
    heap.allocate(10 * PAGE, 'test');
    expect(heap.f32[start / 4]).toBe(7);
    expect(heap.f32.byteLength).toBe(heap.memory.buffer.byteLength);
    expect(heap.i32.byteLength).toBe(heap.memory.buffer.byteLength);
  });

  it('does not grow for what fits', () => {
    const heap = create();
    for (let turn = 0; turn < 100; turn++) heap.free(heap.allocate(5 * BLOCK, 'test'), 5 * BLOCK);
    expect(heap.memory.buffer.byteLength).toBe(PAGE);
  });

  it('counts what is used', () => {
    const heap = create();
    const before = heap.used;
    const start = heap.allocate(BLOCK + 1, 'test');
    expect(heap.used).toBe(before + 2 * BLOCK);
    heap.free(start, BLOCK + 1);
    expect(heap.used).toBe(before);
  });
});

describe('a block that does not fit', () => {
  it.each([
    ['beyond 4 GiB', 65536, 2 ** 32],
    ['beyond what numbers count', 65536, 1e20],
    ['beyond what this memory may have', 20, 30 * PAGE],
  ])('is refused with the figures, and nothing changes: %s', (_, maximum, bytes) => {
    const heap = create(maximum);
    const start = heap.allocate(BLOCK, 'test');
    heap.f32[start / 4] = 7;
    const [used, length] = [heap.used, heap.memory.buffer.byteLength];
    const refused = () => heap.allocate(bytes, 'a large network');
    expect(refused).toThrow(MemoryError);
    expect(refused).toThrow(/^a large network: expected .* to fit into 4\.0 GiB beside the 8\.0 KiB in use$/);
    expect([heap.used, heap.memory.buffer.byteLength, heap.f32[start / 4]]).toEqual([used, length, 7]);
    expect(heap.allocate(BLOCK, 'test')).toBe(start + BLOCK);
  });
});

describe('bytes as people read them', () => {
  it.each([
    [0, '0 bytes'],
    [1023, '1023 bytes'],
    [1024, '1.0 KiB'],
    [1.5 * 2 ** 20, '1.5 MiB'],
    [2 ** 32, '4.0 GiB'],
    [2 ** 45, '32768.0 GiB'],
  ])('%d', (bytes, text) => expect(showBytes(bytes)).toBe(text));
});
