/** The batch that a run works on: the one thing, besides an instruction's record, that a kernel looks at. */
import { panels } from './panel';

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
/** This thread's scratch tile: 32 lines, enough for the tallest tile. */
export let scratch: usize = 0;

export function setBatch(
  count: i32,
  stepCount: i32,
  threadCount: i32,
  hyperPointer: usize,
  invalidPointer: usize,
  scratchTile: usize,
): void {
  rows = count;
  step = stepCount;
  threads = threadCount;
  samplePanels = panels(count);
  hyper = hyperPointer;
  invalid = invalidPointer;
  scratch = scratchTile;
}
