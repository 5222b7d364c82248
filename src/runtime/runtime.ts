/** A tier at work: its kernels, its memory and its threads, shared by all networks of the process that use it. */
import { platform } from '#platform';
import type { Floats } from '../arrays.js';
import { type Shape, size } from '../graph/node.js';
import { walkRuns } from '../graph/storage.js';
import type { KernelTier } from '../tier.js';
import { Heap } from './heap.js';
import { createMemory, instantiate, type KernelExports } from './kernels.js';
import { Pool } from './pool.js';
import { chooseTier } from './tiers.js';

/** Numbers that are drawn at a time, so that what is drawn never lies in memory twice. */
const PIECE = 16384;

export class Runtime {
  readonly exports: KernelExports;
  readonly heap: Heap;
  readonly pool: Pool;

  constructor(
    readonly tier: KernelTier,
    /** Why this tier, where it is not the best there is. */
    readonly reason: string,
    module: WebAssembly.Module,
    shared: boolean,
  ) {
    const memory = createMemory(shared);
    this.exports = instantiate(module, memory);
    this.heap = new Heap(memory, this.exports.HEAP_BASE.value);
    this.pool = new Pool(this.exports, module, this.heap);
  }

  /** Copies row-major numbers into the panels of an unbatched tensor, from its element `first` on. */
  pack(target: number, shape: Shape, data: ArrayLike<number>, first = 0): void {
    const { f32 } = this.heap;
    const base = target / 4;
    walkRuns(shape, first, first + data.length, (at, element, count) => {
      for (let i = 0; i < count; i++) f32[base + at + i] = data[element - first + i];
    });
  }

  /** A row-major copy of an unbatched tensor. */
  unpack(source: number, shape: Shape): Floats {
    const { f32 } = this.heap;
    const base = source / 4;
    const data = new Float32Array(size(shape));
    walkRuns(shape, 0, data.length, (at, element, count) => {
      for (let i = 0; i < count; i++) data[element + i] = f32[base + at + i];
    });
    return data;
  }

  /** Fills the panels of an unbatched tensor with uniform numbers; see `assembly/random.ts`. */
  fillUniform(target: number, shape: Shape, seed: number, stream: number, low: number, high: number): void {
    const elements = size(shape);
    const drawn = this.heap.allocate(4 * PIECE, 'initial parameters');
    for (let first = 0; first < elements; first += PIECE) {
      const count = Math.min(PIECE, elements - first);
      this.exports.fillUniform(drawn, first, count, seed >>> 0, Math.floor(seed / 2 ** 32), stream, low, high);
      this.pack(target, shape, this.heap.f32.subarray(drawn / 4, drawn / 4 + count), first);
    }
    this.heap.free(drawn, 4 * PIECE);
  }
}

const runtimes = new Map<KernelTier, Runtime>();

/** The runtime of a tier, or of the best one, made at first use. Throws `UnsupportedError` for one that cannot run here. */
export async function runtimeFor(tier: KernelTier | undefined): Promise<Runtime> {
  const shared = platform.canShare();
  const choice = await chooseTier(tier, shared);
  let runtime = runtimes.get(choice.tier);
  if (!runtime) {
    runtime = new Runtime(choice.tier, choice.reason, choice.module, shared);
    runtimes.set(choice.tier, runtime);
  }
  return runtime;
}
