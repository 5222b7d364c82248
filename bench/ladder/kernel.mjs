/** Single instructions on memory of their own, for benchmarks of kernels. */
import { barriers, createBuffer, encode, HEADER, recordsBytes } from '../../dist/internals.js';

/** Lays out buffers and instructions as a program of its own. */
export class Kernel {
  #runtime;
  #block;
  #count;
  #addresses = new Map();

  /** `describe` gets a function that reserves a buffer of f32, zeros unless told what to fill it with, and returns the list of instructions. */
  constructor(runtime, rows, describe) {
    this.#runtime = runtime;
    const buffer = (floats, fill) => {
      const reserved = createBuffer('bench', 4 * floats, 'pinned');
      const address = runtime.heap.allocate(4 * floats, 'bench');
      this.#addresses.set(reserved, address);
      const { f32 } = runtime.heap;
      const values = f32.subarray(address / 4, address / 4 + floats);
      if (fill) for (let i = 0; i < floats; i++) values[i] = fill();
      else values.fill(0);
      return reserved;
    };
    const instructions = describe(buffer);
    this.#count = instructions.length;
    this.#block = runtime.heap.allocate(recordsBytes(this.#count), 'bench');
    const address = (b) => this.#addresses.get(b);
    const meets = barriers(instructions, address);
    instructions.forEach((instruction, i) => {
      encode(instruction, meets[i], this.#block + recordsBytes(i), runtime.heap, address);
    });
    runtime.heap.i32[(this.#block + HEADER.rows) / 4] = rows;
    // A learning rate that keeps the weights where they are, near enough.
    runtime.heap.f32[(this.#block + HEADER.hyper) / 4] = 1e-9;
  }

  /** Runs some of the instructions once, by default all. */
  run(threads, first = 0, count = this.#count) {
    this.#runtime.pool.run(this.#block, first, count, threads);
  }

  dispose() {
    for (const [{ bytes }, address] of this.#addresses) this.#runtime.heap.free(address, bytes);
    this.#runtime.heap.free(this.#block, recordsBytes(this.#count));
  }
}
