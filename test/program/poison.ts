/**
 * Memory as it may be found: every block that a program gets is filled with NaN, so that whatever it reads without
 * having written it shows in its results.
 */
import { vi } from 'vitest';
import { Heap } from '../../src/runtime/heap.js';

/** Blocks that begin as zeros: optimiser state starts at 0, and so do the counters where threads meet. */
const zeroed = ['parameters and optimizer state', 'threads', 'runtime'];

const { allocate } = Heap.prototype;

export function poisonMemory(): void {
  vi.spyOn(Heap.prototype, 'allocate').mockImplementation(function (this: Heap, bytes, what) {
    const start = allocate.call(this, bytes, what);
    if (!zeroed.includes(what)) this.f32.fill(Number.NaN, start / 4, (start + bytes) / 4);
    return start;
  });
}
