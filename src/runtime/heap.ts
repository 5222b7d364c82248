/** The WebAssembly memory that all networks of a tier share, and who has which part of it. */
import { platform } from '#platform';
import { MemoryError } from '../errors.js';
import { nextTurn } from '../turn.js';

const PAGE = 65536;
/** One page less than 32 bits reach, so that no address, not even the end of a block, wraps to 0. */
const MAX_PAGES = 65535;
/** Bytes below which blocks that nobody needs are left to the engine. */
const SMALL = 2 ** 26;
/** Node.js was seen to tell of what it has collected in the second turn. */
const TURNS = 4;
/** Blocks start on a page of the processor's, so that no two networks share one. */
const ALIGNMENT = 4096;

interface Hole {
  start: number;
  end: number;
}

/** What a block takes; even an empty one has an address of its own. */
export const blockBytes = (bytes: number): number => Math.ceil(Math.max(bytes, 1) / ALIGNMENT) * ALIGNMENT;

/** Bytes as people read them. */
export function showBytes(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(bytes, 1)) / 10));
  return `${power ? (bytes / 1024 ** power).toFixed(1) : bytes} ${units[power]}`;
}

export class Heap {
  /** The whole memory, seen as f32 and as i32. A larger memory means new views: do not keep them across `allocate` or `reserve`. */
  f32!: Float32Array<ArrayBufferLike>;
  i32!: Int32Array<ArrayBufferLike>;
  /** What is free, in order of address; neighbours are always joined. */
  readonly #holes: Hole[];
  /** Bytes in use from which on `reclaim` looks for blocks that nobody needs. */
  #bound = SMALL;

  constructor(
    readonly memory: WebAssembly.Memory,
    base: number,
  ) {
    this.#holes = [{ start: blockBytes(base), end: memory.buffer.byteLength }];
    this.#view();
  }

  #view(): void {
    this.f32 = new Float32Array(this.memory.buffer);
    this.i32 = new Int32Array(this.memory.buffer);
  }

  /** Bytes that are in use. */
  get used(): number {
    return this.#holes.reduce((bytes, { start, end }) => bytes - (end - start), this.memory.buffer.byteLength);
  }

  /**
   * Has blocks given back whose owners nobody holds any more, where so many bytes would not fit, or would double what
   * was in use when this was last done. The engine does not see how large these owners are, so it is made to collect
   * them; that it has, it tells in a turn of its own. It also gives memory back that is no longer needed beside the bytes.
   */
  async reclaim(bytes: number): Promise<void> {
    if (this.used + bytes <= this.#bound) return;
    platform.collect();
    for (let turn = 0; turn < TURNS; turn++) await nextTurn();
    this.#bound = Math.min(MAX_PAGES * PAGE, Math.max(SMALL, 2 * (this.used + bytes)));
  }

  /** Throws `MemoryError` with the figures if so many bytes cannot fit beside what is in use. Nothing is taken. */
  expectRoom(bytes: number, what: string, figures: string): void {
    if (bytes > MAX_PAGES * PAGE - this.used) this.#refuse(what, `${showBytes(bytes)} (${figures})`);
  }

  #refuse(what: string, amount: string, cause?: unknown): never {
    throw new MemoryError(
      `${what}: expected ${amount} to fit into ${showBytes(MAX_PAGES * PAGE)} beside the ${showBytes(this.used)} in use`,
      { cause },
    );
  }

  /** A block of zeros. Throws `MemoryError`, with nothing changed, when it does not fit into 4 GiB. */
  allocate(bytes: number, what: string): number {
    const start = this.reserve(bytes, what);
    this.i32.fill(0, start / 4, (start + blockBytes(bytes)) / 4);
    return start;
  }

  /** A block of whatever was there, for what is written before it is read. Throws like `allocate`. */
  reserve(bytes: number, what: string): number {
    const length = blockBytes(bytes);
    let hole = this.#holes.find(({ start, end }) => end - start >= length);
    if (!hole) {
      this.#grow(length, what);
      hole = this.#holes.at(-1) as Hole;
    }
    const { start } = hole;
    hole.start += length;
    if (hole.start === hole.end) this.#holes.splice(this.#holes.indexOf(hole), 1);
    return start;
  }

  #grow(length: number, what: string): void {
    const end = this.memory.buffer.byteLength;
    const last = this.#holes.at(-1);
    const missing = length - (last?.end === end ? end - last.start : 0);
    const pages = Math.ceil(missing / PAGE);
    if (end / PAGE + pages > MAX_PAGES) this.#refuse(what, showBytes(length));
    try {
      this.memory.grow(pages);
    } catch (error) {
      this.#refuse(what, showBytes(length), error);
    }
    this.#release(end, end + pages * PAGE);
    this.#view();
  }

  /** Gives a block back. */
  free(start: number, bytes: number): void {
    this.#release(start, start + blockBytes(bytes));
  }

  #release(start: number, end: number): void {
    let index = this.#holes.findIndex((hole) => hole.start > start);
    if (index < 0) index = this.#holes.length;
    this.#holes.splice(index, 0, { start, end });
    for (const i of [index, index - 1]) {
      const hole = this.#holes[i];
      const next = this.#holes[i + 1];
      if (!hole || !next || hole.end !== next.start) continue;
      hole.end = next.end;
      this.#holes.splice(i + 1, 1);
    }
  }
}

const abandoned = new FinalizationRegistry<Blocks>((blocks) => blocks.free());

/** The blocks of one owner. They are given back together: when that is disposed, or once nobody holds it any more. */
export class Blocks {
  readonly #heap: Heap;
  readonly #taken: { start: number; bytes: number }[] = [];

  constructor(owner: object, heap: Heap) {
    this.#heap = heap;
    abandoned.register(owner, this);
  }

  /** As `Heap.allocate`. */
  allocate(bytes: number, what: string): number {
    return this.#keep(this.#heap.allocate(bytes, what), bytes);
  }

  /** As `Heap.reserve`. */
  reserve(bytes: number, what: string): number {
    return this.#keep(this.#heap.reserve(bytes, what), bytes);
  }

  #keep(start: number, bytes: number): number {
    this.#taken.push({ start, bytes });
    return start;
  }

  free(): void {
    for (const { start, bytes } of this.#taken.splice(0)) this.#heap.free(start, bytes);
  }
}
