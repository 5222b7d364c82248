/**
 * A program: fixed-size instruction records in memory that every thread executes in the same order, each on its own
 * slice of every instruction's output. Where a record asks for it the threads meet at a barrier first; the slices
 * never depend on anything but the number of threads, and no sum is ever sliced.
 *
 * The block of a program, 64-byte aligned:
 *
 *   0    rows: samples of this run            4    set to 1 by an instruction that found a non-finite input
 *   8    step: steps that training has taken
 *   64   hyper: the optimiser's numbers       128  records, RECORD_BYTES each; word 0 is opcode | barrier << 16
 */
import { setBatch } from './batch';
import { execute } from './generated/dispatch';
import { BARRIER, Check, Header, RECORD_BYTES, Status } from './generated/instructions';
import { barrier, scratchOf } from './threads';

/** Executes records first to first + count - 1 as thread `thread` of `threads`. Returns a `Status`. */
export function run(control: usize, program: usize, first: i32, count: i32, thread: i32, threads: i32): i32 {
  const scratch = scratchOf(control, thread);
  const step = load<i32>(program, Header.STEP);
  setBatch(load<i32>(program, Header.ROWS), step, threads, program + Header.HYPER, program + Header.INVALID, scratch);
  let r = program + Header.RECORDS + <usize>first * RECORD_BYTES;
  for (const end = r + <usize>count * RECORD_BYTES; r < end; r += RECORD_BYTES) {
    const word = load<i32>(r);
    if (threads > 1 && word & BARRIER && !barrier(control, thread, threads)) return Status.BROKEN;
    const opcode = word & 0xffff;
    if (opcode == Check.OPCODE) {
      if (load<i32>(program, Header.INVALID)) return Status.NON_FINITE;
    } else {
      execute(opcode, r, thread, threads);
    }
  }
  return Status.DONE;
}
