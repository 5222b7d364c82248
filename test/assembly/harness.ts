/** Runs single instructions of a tier's kernels on plain arrays. */
import { HEADER, instructions, RECORD_BYTES } from '../../src/program/generated/instructions.js';
import { createMemory, instantiate, type KernelExports, kernelBytes } from '../../src/runtime/kernels.js';
import { kernelTiers } from '../../src/tier.js';

export type InstructionName = keyof typeof instructions;

/** Pointers are arrays: what the instruction reads, and what it overwrites. The same array twice is one address. */
export type Fields = Readonly<Record<string, Float32Array | number>>;

export interface Run {
  /** Samples of the run. */
  readonly rows?: number;
  /** Threads, which run one after the other, each on its slice. */
  readonly threads?: number;
}

const LINE = 16;
const PAGE = 65536;

export class Kernels {
  readonly #memory = createMemory(true);
  readonly #exports: KernelExports;

  constructor(module: WebAssembly.Module) {
    this.#exports = instantiate(module, this.#memory);
  }

  /** One instruction, on copies of its arrays in memory; the arrays that it writes are then brought up to date. */
  execute(name: InstructionName, fields: Fields, { rows = 1, threads = 1 }: Run = {}): void {
    let free = this.#exports.HEAP_BASE.value as number;
    const reserve = (bytes: number): number => {
      const start = Math.ceil(free / 64) * 64;
      free = start + bytes;
      return start;
    };
    const control = reserve(this.#exports.CONTROL_BYTES.value as number);
    // Threads that run one after the other may have the same scratch memory.
    const scratch = reserve(this.#exports.SCRATCH_BYTES.value as number);
    const program = reserve(HEADER.records + RECORD_BYTES);
    const addresses = new Map<Float32Array, number>();
    for (const value of Object.values(fields))
      if (typeof value !== 'number' && !addresses.has(value)) addresses.set(value, reserve(value.byteLength));
    const missing = free - this.#memory.buffer.byteLength;
    if (missing > 0) this.#memory.grow(Math.ceil(missing / PAGE));

    for (let thread = 0; thread < threads; thread++) this.#exports.setScratch(control, thread, scratch);
    const view = new DataView(this.#memory.buffer);
    const f32 = new Float32Array(this.#memory.buffer);
    f32.fill(Number.NaN, scratch / 4, (scratch + (this.#exports.SCRATCH_BYTES.value as number)) / 4);
    for (const [array, address] of addresses) f32.set(array, address / 4);
    view.setInt32(program + HEADER.rows, rows, true);
    const { opcode, fields: types, writes } = instructions[name];
    let at = program + HEADER.records;
    view.setInt32(at, opcode, true);
    for (const [field, type] of Object.entries(types)) {
      at += 4;
      const value = fields[field];
      if (value === undefined) throw new Error(`${name}: no field ${field}`);
      if (typeof value !== 'number') view.setInt32(at, addresses.get(value)!, true);
      else if (type === 'f32') view.setFloat32(at, value, true);
      else view.setInt32(at, value, true);
    }
    for (let thread = 0; thread < threads; thread++) this.#exports.run(control, program, 0, 1, thread, threads);
    for (const field of writes) {
      const array = fields[field];
      if (typeof array !== 'number') array.set(f32.subarray(addresses.get(array)! / 4).subarray(0, array.length));
    }
  }
}

/** The kernels of every tier that this engine takes. */
export const tiers: ReadonlyMap<string, Kernels> = new Map(
  (await Promise.all(kernelTiers.map(async (tier) => [tier, await kernelBytes(tier)] as const)))
    .filter(([, bytes]) => WebAssembly.validate(bytes))
    .map(([tier, bytes]) => [tier, new Kernels(new WebAssembly.Module(bytes))]),
);

/** Rows of `features` numbers as panels of samples [ceil(rows / 16)][features][16]; lanes beyond repeat the last row. */
export function toPanels(rows: number, features: number, data: ArrayLike<number>): Float32Array {
  const panels = new Float32Array(Math.ceil(rows / LINE) * features * LINE);
  return panels.map((_, i) => {
    const row = Math.min(Math.floor(i / (features * LINE)) * LINE + (i % LINE), rows - 1);
    return data[row * features + (Math.floor(i / LINE) % features)];
  });
}

/** The rows of panels of samples. */
export function fromPanels(rows: number, features: number, panels: ArrayLike<number>): Float32Array {
  return new Float32Array(rows * features).map((_, i) => {
    const row = Math.floor(i / features);
    return panels[(Math.floor(row / LINE) * features + (i % features)) * LINE + (row % LINE)];
  });
}
