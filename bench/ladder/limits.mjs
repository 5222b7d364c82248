/**
 * What figures are divided by, measured in the same rounds as they are; the best in a run counts. `key` says which sides
 * share a measurement, `times` how many times its rate a side could reach, and `prepare` makes it:
 * `{ work, run, dispose }`.
 */
import { FLOPS_A_TURN, multiplyAdds as plainMultiplyAdds } from '../plain/ceiling.mjs';
import { MEMORY_BYTES, reader } from './memory.mjs';

/**
 * Turns of the loop of multiply-adds, some tenths of a millisecond. How a core spreads them over its units differs from
 * moment to moment; of many short samples some are undisturbed, and the best of them is the limit.
 */
const TURNS = 1e5;

/** GFLOP/s of multiply-adds that stay in registers, on the side's own tier; n threads could reach n times as much. */
export const multiplyAdds = {
  key: ({ tier }) => tier,
  times: ({ threads }) => threads,
  prepare({ runtime }) {
    if (!runtime) return { work: TURNS * FLOPS_A_TURN, run: () => plainMultiplyAdds(TURNS, 0.5, 0.25), dispose() {} };
    const { exports, heap } = runtime;
    const bytes = 4096;
    const scratch = heap.allocate(bytes, 'bench');
    heap.f32.fill(0.5, scratch / 4, (scratch + bytes) / 4);
    return {
      work: TURNS * exports.PEAK_FLOPS.value,
      run: () => exports.peak(TURNS, scratch),
      dispose: () => heap.free(scratch, bytes),
    };
  },
};

/** GB/s at which the fastest rung adds up memory, on as many threads as the side has. */
export const streamingRead = {
  key: ({ threads }) => `${threads} threads`,
  times: () => 1,
  prepare: ({ threads }, sides) => ({ work: MEMORY_BYTES, ...reader({ ...sides.at(-1), threads }) }),
};
