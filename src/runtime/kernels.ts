/** The kernels of a tier: the bytes that travel inside the JavaScript, compiled and instantiated. */
import { platform } from '#platform';
import { MemoryError } from '../errors.js';
import type { KernelTier } from '../tier.js';
import type { ThreadExports } from './pool.js';

/** C[MR][16] = S, or C + scale S, with S = A B, on one register tile; see `scripts/generate/micro-kernels.mjs`. */
export type MicroKernel = (
  K: number,
  chunk: number,
  aSkip: number,
  bSkip: number,
  a: number,
  b: number,
  c: number,
  scaleBits: number,
  accumulate: number,
  /** What only some kernels have: where to read ahead, or the bytes from a panel of A to the next. */
  own: number,
) => void;

/** C[rows][panels][16] = S, or C + scale S, with S over listed terms; see `scripts/generate/sparse-kernels.mjs`. */
export type SparseKernel = (
  rows: number,
  terms: number,
  b: number,
  apart: number,
  c: number,
  cApart: number,
  scaleBits: number,
  accumulate: number,
) => number;

export interface KernelExports extends ThreadExports {
  /** Where memory that the kernels themselves do not use begins. */
  readonly HEAP_BASE: WebAssembly.Global;
  readonly PEAK_FLOPS: WebAssembly.Global;
  run(control: number, program: number, first: number, count: number, thread: number, threads: number): number;
  fillUniform(
    target: number,
    first: number,
    count: number,
    seedLow: number,
    seedHigh: number,
    stream: number,
    low: number,
    high: number,
  ): void;
  /** 1 if `count` numbers at p hold neither NaN nor infinity. */
  allFinite(p: number, count: number): number;
  /** One turn of what the self-test looks at besides the micro-kernels, on REHEARSAL_LINES lines at p. */
  rehearse(p: number): void;
  /** C[2][2] of lines; see `scripts/generate/line-tile.mjs`. */
  lineTile(
    K: number,
    a0: number,
    a1: number,
    aStep: number,
    b0: number,
    b1: number,
    bStep: number,
    c0: number,
    c1: number,
    next: number,
  ): void;
  /** n turns of register-resident multiply-adds: the ceiling. */
  peak(n: number, scratch: number): void;
}

/** Functions by their names. */
const named = <F>(exports: KernelExports, pattern: RegExp): Map<string, F> => {
  const all = exports as unknown as Record<string, F>;
  const names = Object.keys(all).filter((name) => pattern.test(name));
  return new Map(names.map((name) => [name, all[name]]));
};

/** The micro-kernels of a tier by their names, `col1` ..., `row1` ... and what reaches from a panel into the next, `col4and2`. */
export const microKernels = (exports: KernelExports): Map<string, MicroKernel> =>
  named(exports, /^(col|row)\d+(and\d+)?$/);

/** Those that take their sums over listed terms, `sparse1` .... */
export const sparseKernels = (exports: KernelExports): Map<string, SparseKernel> => named(exports, /^sparse\d+$/);

let unpacked: Promise<ReadonlyMap<KernelTier, Uint8Array<ArrayBuffer>>> | undefined;

/** The bytes of a tier's kernels, not to be written to. */
export async function kernelBytes(tier: KernelTier): Promise<Uint8Array<ArrayBuffer>> {
  unpacked ??= unpack();
  return (await unpacked).get(tier) as Uint8Array<ArrayBuffer>;
}

/** The bytes of all tiers, whose parts take turns; see `scripts/generate/kernels.mjs`. */
async function unpack(): Promise<Map<KernelTier, Uint8Array<ArrayBuffer>>> {
  // Not loaded where plain JavaScript is asked for.
  const { base64, lengths, PARTS } = await import('./generated/kernels.js');
  const parts = await platform.inflate(base64);
  const kernels = new Map(
    Object.entries(lengths).map(([tier, length]) => [tier as KernelTier, new Uint8Array(length)]),
  );
  let taken = 0;
  for (let part = 0; part < PARTS; part++)
    for (const bytes of kernels.values()) {
      const first = Math.floor((bytes.length * part) / PARTS);
      const count = Math.floor((bytes.length * (part + 1)) / PARTS) - first;
      bytes.set(parts.subarray(taken, taken + count), first);
      taken += count;
    }
  return kernels;
}

/**
 * The kernels say that their memory is shared (flag 3 in the limits of the import `env.memory`). Where memory cannot
 * be shared, the same kernels run on one thread once the flag says so (1: not shared, with a maximum).
 */
export function unshared(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const name = [...'memory'].map((character) => character.charCodeAt(0));
  const at = bytes.findIndex((_, i) => name.every((code, j) => bytes[i + j] === code));
  const flags = at + name.length + 1;
  if (bytes[flags - 1] !== 2 || bytes[flags] !== 3) throw new Error('kernels: expected a shared memory import');
  const copy = bytes.slice();
  copy[flags] = 1;
  return copy;
}

/** Pages that the kernels' import asks for; see `asconfig.json`. */
const INITIAL_PAGES = 16;
const MAXIMUM_PAGES = 65536;

export function createMemory(shared: boolean): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum: MAXIMUM_PAGES, shared });
  } catch (cause) {
    throw new MemoryError(
      `network: expected addresses for the 4 GiB that WebAssembly may come to use, got ${(cause as Error).message}`,
      { cause },
    );
  }
}

export function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): KernelExports {
  const words = new Int32Array(memory.buffer);
  const wait = (address: number, expected: number, ms: number): boolean =>
    Atomics.wait(words, address / 4, expected, ms) === 'timed-out';
  const env: WebAssembly.ModuleImports = { memory, wait };
  return new WebAssembly.Instance(module, { env }).exports as unknown as KernelExports;
}
