/** Samples in the memory of the kernels, which take any rows of them from there. */
import { MemoryError } from '../errors.js';
import { LINE_BYTES } from '../graph/storage.js';
import { Blocks } from '../runtime/heap.js';
import type { Runtime } from '../runtime/runtime.js';

/** Half of the memory is for networks alone: it never shrinks, and one that finds no room cannot be made. */
const MOST_BYTES = 2 ** 31;
/** Numbers that are copied in and looked at before the next: 128 KB, which the second-level cache still holds then. */
const PIECE = 32768;

export interface Placed {
  /** Where the numbers of the rows to take are written: as many as a batch. */
  readonly index: number;
  /** Whether all numbers are finite. */
  readonly finite: boolean;
  /** Where an input's samples begin. */
  address(name: string): number;
  dispose(): void;
}

/**
 * Copies samples in, with room for the rows of a batch. Null if there is no room for them. Throws what copying throws, such
 * as `TypeError` for a view of memory that had to grow.
 */
export function place(
  { heap, exports }: Runtime,
  feeds: Readonly<Record<string, ArrayLike<number>>>,
  batch: number,
): Placed | null {
  const places = new Map<string, { values: ArrayLike<number>; offset: number; length: number }>();
  let bytes = 4 * batch;
  for (const [name, values] of Object.entries(feeds)) {
    const offset = Math.ceil(bytes / LINE_BYTES) * LINE_BYTES;
    places.set(name, { values, offset, length: values.length });
    bytes = offset + 4 * values.length;
  }
  if (heap.used + bytes > MOST_BYTES) return null;
  // Owned by what `address` holds: a `fit` whose callback waits for what never comes is collected, and disposes of nothing.
  const blocks = new Blocks(places, heap);
  const block = reserve(blocks, bytes);
  if (block === null) return null;
  try {
    let finite = true;
    for (const { values, offset, length } of places.values()) {
      // Only views have pieces that need no copy.
      const step = ArrayBuffer.isView(values) ? PIECE : length;
      for (let first = 0; first < length; first += step) {
        const count = Math.min(step, length - first);
        const piece = count < length ? (values as Float32Array).subarray(first, first + count) : values;
        const target = block + offset + 4 * first;
        heap.f32.set(piece, target / 4);
        finite = exports.allFinite(target, count) !== 0 && finite;
      }
    }
    const address = (name: string): number => block + (places.get(name) as { offset: number }).offset;
    return { index: block, finite, address, dispose: () => blocks.free() };
  } catch (error) {
    blocks.free();
    throw error;
  }
}

/** Null where the engine has less memory to give than the heap may have. */
function reserve(blocks: Blocks, bytes: number): number | null {
  try {
    return blocks.reserve(bytes, 'samples');
  } catch (error) {
    if (error instanceof MemoryError) return null;
    throw error;
  }
}
