/**
 * Memory as it may be found: every block that a program gets is filled with NaN, so that whatever it reads without
 * having written it shows in its results.
 */
import { vi } from 'vitest';
import { Heap } from '../../src/runtime/heap.js';

/** Blocks that begin as zeros: optimiser state starts at 0, and so do the counters where threads meet. */
const zeroed = ['parameters and optimizer state', 'threads'];

const { allocate } = Heap.prototype;

interface Block {
  readonly what: string;
  readonly bytes: number;
  /** What is in it now, as f32. */
  values(): Float32Array;
}

/** Poisons what is allocated from now on; returns the list of all blocks, which grows. */
export function poisonMemory(): readonly Block[] {
  const blocks: Block[] = [];
  vi.spyOn(Heap.prototype, 'allocate').mockImplementation(function (this: Heap, bytes, what) {
    const start = allocate.call(this, bytes, what);
    if (!zeroed.includes(what)) this.f32.fill(Number.NaN, start / 4, (start + bytes) / 4);
    blocks.push({ what, bytes, values: () => this.f32.subarray(start / 4, (start + bytes) / 4) });
    return start;
  });
  return blocks;
}
