/** A tier at work: its kernels, its memory and its threads, shared by all networks of the process that use it. */
import { platform } from '#platform';
import type { Shape } from '../graph/node.js';
import { matrix, panels } from '../graph/storage.js';
import { instructions, RECORD_BYTES } from '../program/generated/instructions.js';
import { Heap } from './heap.js';
import { createMemory, instantiate, type KernelExports, type KernelTier } from './kernels.js';
import { Pool } from './pool.js';
import { chooseTier, type TierName } from './tiers.js';

/** Where a program's records begin; see `assembly/program.ts`. */
const RECORDS = 128;

export class Runtime {
  readonly exports: KernelExports;
  readonly heap: Heap;
  readonly pool: Pool;
  /** A program of one record, for single instructions. */
  readonly #single: number;

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
    const control = this.heap.allocate(this.exports.CONTROL_BYTES.value, 'threads');
    this.pool = new Pool(this.exports, module, memory, control);
    this.#single = this.heap.allocate(RECORDS + RECORD_BYTES, 'runtime');
  }

  /** Copies row-major numbers into the panels of an unbatched tensor. */
  pack(target: number, shape: Shape, data: ArrayLike<number>): void {
    const { K, N } = matrix(shape);
    if (K === 1) {
      this.heap.f32.set(data, target / 4);
      return;
    }
    this.#staged(4 * K * N, (source) => {
      this.heap.f32.set(data, source / 4);
      this.#execute(instructions.packPanels.opcode, [source, target, K, N]);
    });
  }

  /** Fills the panels of an unbatched tensor with uniform numbers; see `assembly/random.ts`. */
  fillUniform(target: number, shape: Shape, seed: number, stream: number, low: number, high: number): void {
    const { K, N } = matrix(shape);
    this.#staged(4 * K * N, (source) => {
      this.exports.fillUniform(source, K * N, seed >>> 0, Math.floor(seed / 2 ** 32), stream, low, high);
      this.#execute(instructions.packPanels.opcode, [source, target, K, N]);
    });
  }

  /** A row-major copy of an unbatched tensor. */
  unpack(source: number, shape: Shape): Float32Array {
    const { K, N } = matrix(shape);
    if (K === 1) return this.heap.f32.slice(source / 4, source / 4 + N);
    return this.#staged(4 * K * N, (target) => {
      this.#execute(instructions.unpackPanels.opcode, [source, target, K, N]);
      return this.heap.f32.slice(target / 4, target / 4 + K * N);
    });
  }

  #staged<T>(bytes: number, use: (address: number) => T): T {
    const padded = 64 * panels(bytes / 4);
    const address = this.heap.allocate(padded, 'a copy of a parameter');
    try {
      return use(address);
    } finally {
      this.heap.free(address, padded);
    }
  }

  #execute(opcode: number, operands: readonly number[]): void {
    const { i32 } = this.heap;
    i32[this.#single / 4] = 1;
    i32.set([opcode, ...operands], (this.#single + RECORDS) / 4);
    this.exports.run(this.pool.control, this.#single, 0, 1, 0, 1);
  }
}

const runtimes = new Map<KernelTier, Runtime>();

/** The runtime of a tier, made at first use. Throws `ValueError` for an unknown tier, `UnsupportedError` for one that cannot run here. */
export async function runtimeFor(tier: Exclude<TierName, 'js'> | undefined): Promise<Runtime> {
  const shared = platform.canShare();
  const choice = await chooseTier(tier, shared);
  let runtime = runtimes.get(choice.tier);
  if (!runtime) {
    runtime = new Runtime(choice.tier, choice.reason, choice.module, shared);
    runtimes.set(choice.tier, runtime);
  }
  return runtime;
}
