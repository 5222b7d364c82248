/** The batch that a run works on: the one thing, besides an instruction's record, that a kernel looks at. */
import { KC, lines, panels } from './panel';

/** Samples in this run: 1 up to what the program was compiled for. */
export let rows: i32 = 0;
/** Sample panels in this run. Lanes beyond `rows` in the last one repeat the last sample. */
export let samplePanels: i32 = 0;
/** Steps that training has taken. */
export let step: i32 = 0;
/** Where the optimiser's numbers of this step lie; see `update/rules.ts`. */
export let hyper: usize = 0;
/** Where a 1 is written when an input is not finite. */
export let invalid: usize = 0;
/** Threads that share this run. */
export let threads: i32 = 1;
/** This thread's scratch tile. */
export let scratch: usize = 0;
/** This thread's room for the rows or terms that a product packs. */
export let packed: usize = 0;

/** Lines of the scratch tile: the rows of a weight that lie together. The losses keep less there. */
const TILE_LINES: i32 = KC;
/**
 * Lines that `packed` has room for: KC rows of 256 terms of 8 bytes, and 8 bytes more for each row. 241 KB are a quarter of a
 * 1 MB second-level cache, beside the other operands.
 */
export const PACKED_LINES: i32 = 2 * KC * 16 + KC / 8;
/** Bytes of a thread's scratch memory. */
export const SCRATCH_BYTES: i32 = <i32>lines(TILE_LINES + PACKED_LINES);

export function setBatch(
  count: i32,
  stepCount: i32,
  threadCount: i32,
  hyperPointer: usize,
  invalidPointer: usize,
  scratchMemory: usize,
): void {
  rows = count;
  step = stepCount;
  threads = threadCount;
  samplePanels = panels(count);
  hyper = hyperPointer;
  invalid = invalidPointer;
  scratch = scratchMemory;
  packed = scratchMemory + lines(TILE_LINES);
}
