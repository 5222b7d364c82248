/** The worker threads that run programs together with the calling one. They meet in the kernels (`assembly/threads.ts`). */
import { platform } from '#platform';
import { MemoryError, WorkerError } from '../errors.js';
import { MAIN_MAY_SLEEP, Status } from '../program/generated/instructions.js';
import type { Heap } from './heap.js';
import type { WorkerHandle } from './platform/platform.js';

/** The exports that concern threads. */
export interface ThreadExports {
  readonly CONTROL_BYTES: WebAssembly.Global;
  readonly SCRATCH_BYTES: WebAssembly.Global;
  readonly MAX_THREADS: WebAssembly.Global;
  dispatch(control: number, program: number, first: number, count: number, threads: number): number;
  setScratch(control: number, thread: number, address: number): void;
  fail(control: number): void;
}

export class Pool {
  readonly #workers: WorkerHandle[] = [];
  /** How many of them wait for jobs by now. */
  #ready = 0;
  /** Why there is no more than one thread, once that is so. */
  #broken: string | null = null;
  /** Why there are fewer threads than were asked for last, if there was no memory for more. */
  #short: string | null = null;
  /** Whether a worker was lost that no call has told of yet. */
  #lost = false;

  /** The block where the threads meet. */
  readonly #control: number;

  constructor(
    readonly exports: ThreadExports,
    readonly module: WebAssembly.Module,
    readonly heap: Heap,
  ) {
    this.#control = heap.allocate(exports.CONTROL_BYTES.value, 'threads');
    heap.i32[(this.#control + MAIN_MAY_SLEEP) / 4] = platform.canSleep() ? 1 : 0;
    this.#equip(0);
  }

  #equip(thread: number): void {
    this.exports.setScratch(this.#control, thread, this.heap.reserve(this.exports.SCRATCH_BYTES.value, 'threads'));
  }

  /** False if there is no memory for this thread now; those that there are go on. */
  #equipped(thread: number): boolean {
    this.#short = null;
    try {
      this.#equip(thread);
    } catch (error) {
      if (!(error instanceof MemoryError)) throw error;
      this.#short = error.message;
    }
    return this.#short === null;
  }

  /** Threads that can work now, the calling one included. */
  get threads(): number {
    return this.#broken === null ? 1 + this.#ready : 1;
  }

  /** Why the pool has fewer workers than it was asked for; null if all is well. */
  get broken(): string | null {
    return this.#broken ?? this.#short;
  }

  /**
   * Starts workers until there are `threads` threads, or as many as there is memory for now. Where starting one fails
   * there is one thread. `broken` says why.
   */
  async grow(threads: number): Promise<void> {
    try {
      // Where pages are not isolated the name itself is missing.
      const shared = typeof SharedArrayBuffer !== 'undefined' && this.heap.memory.buffer instanceof SharedArrayBuffer;
      if (threads > 1 && !shared) throw new Error('memory cannot be shared here');
      while (this.#broken === null && 1 + this.#workers.length < threads) {
        const thread = 1 + this.#workers.length;
        if (!this.#equipped(thread)) break;
        const start = { module: this.module, memory: this.heap.memory, control: this.#control, thread };
        this.#workers.push(platform.startWorker(start, (reason) => this.#lose(reason)));
      }
      const started = this.#workers.length;
      await Promise.all(this.#workers.map(({ ready }) => ready));
      this.#ready = Math.max(this.#ready, started);
    } catch (error) {
      this.#close(error instanceof Error ? error.message : String(error));
      this.#lost = false;
    }
  }

  /**
   * Runs records first to first + count - 1 of a program on up to `threads` threads; returns the kernels' `Status`.
   * Throws `WorkerError` when a worker has died, before this run or in it; what a run that began had written by then
   * is undefined. Later runs use one thread.
   */
  run(program: number, first: number, count: number, threads: number): number {
    if (this.#lost) this.#tell(threads);
    const status = this.#dispatch(program, first, count, Math.min(threads, this.threads));
    if (status === Status.broken) {
      this.#lose('a worker died or did not answer in time');
      this.#tell(threads);
    }
    return status;
  }

  #tell(threads: number): never {
    this.#lost = false;
    throw new WorkerError(
      `run: expected ${threads} threads to finish, but ${this.#broken}; later calls use one thread`,
    );
  }

  #dispatch(program: number, first: number, count: number, threads: number): number {
    try {
      return this.exports.dispatch(this.#control, program, first, count, threads);
    } catch (error) {
      // The others must not wait for this thread.
      if (threads > 1) this.#close('the program trapped');
      throw error;
    }
  }

  #lose(reason: string): void {
    if (this.#broken !== null) return;
    this.#close(reason);
    this.#lost = true;
  }

  #close(reason: string): void {
    if (this.#broken !== null) return;
    this.#broken = reason;
    this.exports.fail(this.#control);
    for (const worker of this.#workers.splice(0)) worker.terminate();
  }
}
