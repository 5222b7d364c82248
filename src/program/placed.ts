/** Samples in the memory of the kernels, which take any rows of them from there. */
import { MemoryError } from '../errors.js';
import { part } from '../graph/feeds.js';
import { LINE_BYTES } from '../graph/storage.js';
import type { Heap } from '../runtime/heap.js';
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

/** Copies samples in, with room for the rows of a batch. Null if there is no room for them. */
export function place(
  { heap, exports }: Runtime,
  feeds: Readonly<Record<string, ArrayLike<number>>>,
  batch: number,
): Placed | null {
  const offsets = new Map<string, number>();
  let bytes = 4 * batch;
  for (const [name, values] of Object.entries(feeds)) {
    bytes = Math.ceil(bytes / LINE_BYTES) * LINE_BYTES;
    offsets.set(name, bytes);
    bytes += 4 * values.length;
  }
  if (heap.used + bytes > MOST_BYTES) return null;
  const block = reserve(heap, bytes);
  if (block === null) return null;
  const address = (name: string): number => block + (offsets.get(name) as number);
  let finite = true;
  for (const [name, values] of Object.entries(feeds))
    for (let first = 0; first < values.length; first += PIECE) {
      const piece = part(values, first, first + PIECE);
      const target = address(name) + 4 * first;
      heap.f32.set(piece, target / 4);
      finite = exports.allFinite(target, piece.length) !== 0 && finite;
    }
  return { index: block, finite, address, dispose: () => heap.free(block, bytes) };
}

/** Null where the engine has less memory to give than the heap may have. */
function reserve(heap: Heap, bytes: number): number | null {
  try {
    return heap.reserve(bytes, 'samples');
  } catch (error) {
    if (error instanceof MemoryError) return null;
    throw error;
  }
}
