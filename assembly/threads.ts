/**
 * Where threads meet: a control block of shared memory that the pool of `src/runtime/pool.ts` allocates, and the
 * barrier. `jobs.ts` hands out the work. Offsets in bytes; what one thread writes and another spins on has a cache line
 * of its own.
 *
 *   0     arrived: threads that wait at the barrier     64    generation: barriers passed so far
 *   128   sleepers: threads asleep at the barrier       192   failed: set when a worker died
 *   196   1 where thread 0 may sleep (not on a browser's main thread)
 *   256   the job: program, first, count, threads
 *   1024  mailboxes, 64 bytes a thread: 0 jobs posted, 4 asleep, 8 jobs taken, 12 the address of its scratch memory
 */
import { MAIN_MAY_SLEEP } from './generated/instructions';

/**
 * Sleeps while the i32 at the address is as expected, at most so many milliseconds. True if that time ran out.
 *
 * It is `Atomics.wait` and not `memory.atomic.wait32`: the baseline compiler of V8 11.3 (Node.js 20) spills that
 * instruction's address as 8 bytes into a stack slot of 4, and so overwrites a local of the function.
 */
// @ts-ignore: decorator
@external('env', 'wait')
export declare function wait(address: usize, expected: i32, ms: f64): bool;

const ARRIVED: usize = 0;
const GENERATION: usize = 64;
const SLEEPERS: usize = 128;
export const FAILED: usize = 192;
export const JOB: usize = 256;
const MAILBOXES: usize = 1024;
export const ASLEEP: usize = 4;
export const TAKEN: usize = 8;
const SCRATCH: usize = 12;

/** Threads that a control block has room for. */
export const MAX_THREADS: i32 = 64;
/** Bytes of a control block: the fields above, and a mailbox a thread. */
export const CONTROL_BYTES: i32 = 1024 + MAX_THREADS * 64;

/** Turns of a spin before sleeping: some 50 microseconds, a few times what waking a thread costs. */
export const SPIN: i32 = 20000;
/** Milliseconds of a sleep at a barrier before looking whether everyone is still alive. */
const PATIENCE: f64 = 500;
/** Looks in vain before a worker that never took its job counts as dead: 10 s. */
const LOOKS: i32 = 20;
/** The same for one that took it, and should long be here: thread 0 has done as much by then. A minute. */
const LOOKS_AT_WORK: i32 = 120;

/** Spins that take as long as a sleep, for a thread that may not. */
const SPINS: i32 = 10_000;

// @ts-ignore: decorator
@inline
export function mailbox(control: usize, thread: i32): usize {
  return control + MAILBOXES + (<usize>thread << 6);
}

/** Gives a thread its scratch memory, SCRATCH_BYTES that nobody else uses, before its first job. */
export function setScratch(control: usize, thread: i32, address: usize): void {
  store<usize>(mailbox(control, thread), address, SCRATCH);
}

export function scratchOf(control: usize, thread: i32): usize {
  return load<usize>(mailbox(control, thread), SCRATCH);
}

/** Waits until all threads have come here. False when one of them has died. */
export function barrier(control: usize, thread: i32, threads: i32): bool {
  const generation = atomic.load<i32>(control, GENERATION);
  if (atomic.add<i32>(control, 1, ARRIVED) + 1 == threads) {
    atomic.store<i32>(control, 0, ARRIVED);
    atomic.add<i32>(control, 1, GENERATION);
    if (atomic.load<i32>(control, SLEEPERS) > 0) atomic.notify(control + GENERATION, -1);
    return true;
  }
  const maySleep = thread > 0 || load<i32>(control, MAIN_MAY_SLEEP) != 0;
  let turn = 0;
  let spins = 0;
  let looks = 0;
  while (true) {
    if (atomic.load<i32>(control, GENERATION) != generation) return true;
    if (++turn < SPIN) continue;
    if (atomic.load<i32>(control, FAILED)) return false;
    let timedOut = false;
    if (maySleep) {
      atomic.add<i32>(control, 1, SLEEPERS);
      timedOut = wait(control + GENERATION, generation, PATIENCE);
      atomic.sub<i32>(control, 1, SLEEPERS);
    } else {
      turn = 0;
      timedOut = ++spins % SPINS == 0;
    }
    if (timedOut && thread == 0 && ++looks >= (allTaken(control, threads) ? LOOKS_AT_WORK : LOOKS)) {
      fail(control);
      return false;
    }
  }
}

/** Whether every worker of this job has taken it. */
function allTaken(control: usize, threads: i32): bool {
  for (let t = 1; t < threads; t++) {
    const box = mailbox(control, t);
    if (atomic.load<i32>(box, TAKEN) != atomic.load<i32>(box)) return false;
  }
  return true;
}

/** Marks the pool as broken and wakes whoever sleeps at the barrier, so that every thread leaves its job. */
export function fail(control: usize): void {
  atomic.store<i32>(control, 1, FAILED);
  atomic.notify(control + GENERATION, -1);
}
