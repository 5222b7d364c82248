/** Jobs: pieces of a program that the calling thread runs together with the workers of a pool. */
import { Status } from './generated/instructions';
import { run } from './program';
import { ASLEEP, barrier, FAILED, JOB, mailbox, SPIN, TAKEN, wait } from './threads';

/** Runs a piece of a program on `threads` threads, this one as the first, and returns when all are done. */
export function dispatch(control: usize, program: usize, first: i32, count: i32, threads: i32): i32 {
  if (threads == 1) return run(control, program, first, count, 0, 1);
  if (atomic.load<i32>(control, FAILED)) return Status.BROKEN;
  store<usize>(control + JOB, program);
  store<i32>(control + JOB, first, 4);
  store<i32>(control + JOB, count, 8);
  store<i32>(control + JOB, threads, 12);
  for (let t = 1; t < threads; t++) {
    const box = mailbox(control, t);
    atomic.add<i32>(box, 1);
    if (atomic.load<i32>(box, ASLEEP)) atomic.notify(box, 1);
  }
  const status = run(control, program, first, count, 0, threads);
  if (status == Status.BROKEN) return Status.BROKEN;
  return barrier(control, 0, threads) ? status : Status.BROKEN;
}

/**
 * A worker's turn: waits for a job, spinning at first and then asleep, runs it, and meets the others. False when the
 * pool is broken, and the worker is to end.
 */
export function work(control: usize, thread: i32): bool {
  const box = mailbox(control, thread);
  const taken = atomic.load<i32>(box, TAKEN);
  for (let turn = 0; atomic.load<i32>(box) == taken; turn++) {
    if (turn < SPIN) continue;
    atomic.store<i32>(box, 1, ASLEEP);
    wait(box, taken, Infinity);
    atomic.store<i32>(box, 0, ASLEEP);
  }
  atomic.store<i32>(box, taken + 1, TAKEN);
  const threads = load<i32>(control + JOB, 12);
  const program = load<usize>(control + JOB);
  const status = run(control, program, load<i32>(control + JOB, 4), load<i32>(control + JOB, 8), thread, threads);
  return status != Status.BROKEN && barrier(control, thread, threads);
}
