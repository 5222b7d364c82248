/**
 * A sequence: the instructions of one way to use a model, fused, planned and encoded, in a block of memory of its own.
 * Its phases are what single calls run: forward, backward and step; or all of a training step at once.
 */
import type { Buffer, Instruction } from '../graph/lowering.js';
import { panels } from '../graph/storage.js';
import type { Blocks } from '../runtime/heap.js';
import type { Runtime } from '../runtime/runtime.js';
import { bestThreads } from './cost.js';
import type { Feed, Table } from './emitter.js';
import { barriers, encode, recordsBytes, SAMPLES } from './encode.js';
import { fuse } from './fuse.js';
import { HEADER, Status } from './generated/instructions.js';
import type { Placed } from './placed.js';
import { plan } from './plan.js';

/** What a sequence is made from. */
export interface Listing {
  readonly phases: readonly (readonly Instruction[])[];
  readonly feeds: readonly Feed[];
  readonly tables: readonly Table[];
  /** Buffers that are read after a run. */
  readonly results: readonly Buffer[];
}

interface Phase {
  readonly first: number;
  readonly instructions: readonly Instruction[];
  readonly barriers: number;
  /** The best number of threads by the number of sample panels; filled when first needed. */
  readonly threads: number[];
}

/** An input: where its samples are copied to, and the record that packs them. */
interface Intake {
  readonly name: string;
  readonly staging: number;
  readonly record: number;
}

export class Sequence {
  /** Bytes of the records and tables, and of the inputs, values between and results that lie behind them in its block. */
  readonly programBytes: number;
  readonly valueBytes: number;
  readonly #listing: Listing;
  readonly #offsets: ReadonlyMap<Buffer, number>;
  /** What follows is there after `allocate`. */
  #block = 0;
  #phases: readonly Phase[] = [];
  #intakes: readonly Intake[] = [];

  constructor(
    readonly runtime: Runtime,
    listing: Listing,
    readonly maxThreads: number,
  ) {
    const { feeds, tables, results } = listing;
    const phases = fuse(listing.phases, tables);
    const { offsets, bytes } = plan(phases, [...feeds.map(({ staging }) => staging), ...results]);
    this.#listing = { phases, feeds, tables, results };
    let programBytes = recordsBytes(phases.flat().length);
    const fromStart = new Map<Buffer, number>();
    for (const { buffer } of tables) {
      fromStart.set(buffer, programBytes);
      programBytes += buffer.bytes;
    }
    for (const [buffer, offset] of offsets) fromStart.set(buffer, programBytes + offset);
    this.#offsets = fromStart;
    this.programBytes = programBytes;
    this.valueBytes = bytes;
  }

  /** Bytes of its block. */
  get bytes(): number {
    return this.programBytes + this.valueBytes;
  }

  /** Takes the block and writes the records and tables. */
  allocate(blocks: Blocks, persistent: (buffer: Buffer) => number, what: string): void {
    const { runtime } = this;
    const { phases, feeds, tables } = this.#listing;
    const instructions = phases.flat();
    this.#block = blocks.allocate(this.bytes, what);
    const address = (buffer: Buffer): number => this.#address(buffer) ?? persistent(buffer);
    this.#intakes = feeds.map(({ name, staging }) => {
      const index = instructions.findIndex(({ fields }) => 'source' in fields && fields.source === staging);
      return { name, staging: address(staging), record: this.#block + recordsBytes(index) };
    });

    for (const { buffer, values } of tables) runtime.heap.i32.set(values, address(buffer) / 4);
    const meets = barriers(instructions, address);
    instructions.forEach((instruction, i) => {
      const record = this.#block + recordsBytes(i);
      encode(instruction, meets[i], record, runtime.heap, address);
    });
    let first = 0;
    this.#phases = phases.map((phase) => {
      const count = meets.slice(first, first + phase.length).filter(Boolean).length;
      const entry = { first, instructions: phase, barriers: count, threads: [] };
      first += phase.length;
      return entry;
    });
  }

  #address(buffer: Buffer): number | undefined {
    const offset = this.#offsets.get(buffer);
    return offset === undefined ? undefined : this.#block + offset;
  }

  /** Where a result lies. */
  address(buffer: Buffer): number {
    return this.#address(buffer) as number;
  }

  /** Copies the samples of the next run in. */
  feed(feeds: Readonly<Record<string, number | ArrayLike<number>>>, rows: number): void {
    const { f32 } = this.runtime.heap;
    this.#take(rows, 0, ({ name, staging }) => {
      const values = feeds[name];
      if (typeof values === 'number') f32[staging / 4] = values;
      else if (!isAt(values, f32.buffer, staging)) f32.set(values, staging / 4);
      return staging;
    });
  }

  /** Says which rows of samples that are in memory already the next run is on. */
  choose(placed: Placed, rows: Uint32Array): void {
    this.runtime.heap.i32.set(rows, placed.index / 4);
    this.#take(rows.length, placed.index, ({ name }) => placed.address(name));
  }

  #take(rows: number, index: number, source: (intake: Intake) => number): void {
    const { i32 } = this.runtime.heap;
    i32[(this.#block + HEADER.rows) / 4] = rows;
    for (const intake of this.#intakes) {
      i32[(intake.record + SAMPLES.source) / 4] = source(intake);
      i32[(intake.record + SAMPLES.index) / 4] = index;
    }
  }

  /** Where the samples of an input are copied to, each after the other: `length` numbers in all. */
  view(name: string, length: number): Float32Array {
    const { staging } = this.#intakes.find((intake) => intake.name === name) as Intake;
    return this.runtime.heap.f32.subarray(staging / 4, staging / 4 + length);
  }

  /** The optimiser's numbers of the next run. */
  setHyper(numbers: readonly number[]): void {
    this.runtime.heap.f32.set(numbers, (this.#block + HEADER.hyper) / 4);
  }

  /**
   * Runs a phase on the samples that were fed, after so many steps of training. False if one of their numbers was not
   * finite: nothing was computed then.
   */
  run(index: number, step: number): boolean {
    const { i32 } = this.runtime.heap;
    const phase = this.#phases[index];
    i32[(this.#block + HEADER.invalid) / 4] = 0;
    i32[(this.#block + HEADER.step) / 4] = step;
    const samplePanels = panels(i32[(this.#block + HEADER.rows) / 4]);
    phase.threads[samplePanels] ??= this.threads(index, samplePanels);
    const { first, instructions } = phase;
    const status = this.runtime.pool.run(this.#block, first, instructions.length, phase.threads[samplePanels]);
    return status !== Status.nonFinite;
  }

  /** The number of threads that suits a phase at this many sample panels. */
  threads(index: number, samplePanels: number): number {
    const { instructions, barriers: count } = this.#phases[index];
    return bestThreads(instructions, count, samplePanels, this.runtime.tier, this.maxThreads);
  }

  /** The most threads that any phase is worth with full batches. */
  worthThreads(samplePanels: number): number {
    return Math.max(...this.#phases.map((_, index) => this.threads(index, samplePanels)));
  }
}

/** Whether these numbers lie there already. */
const isAt = (values: ArrayLike<number>, buffer: ArrayBufferLike, address: number): boolean =>
  values instanceof Float32Array && values.buffer === buffer && values.byteOffset === address;
