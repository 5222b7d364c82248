/**
 * Whether V8's revectorizer can be trusted here. It joins two 128-bit vectors into one 256-bit register, is off by
 * default and marked as experimental, so the tier `wide` is used only if every micro-kernel gives exactly what
 * `relaxed` gives on random panels, and is faster.
 *
 * The flag is on only while the micro-kernels are compiled by the optimising compiler; what is compiled later, by
 * anyone in the process, is compiled as usual. Workers receive the module and with it the optimised code.
 */
import { LINE, LINE_BYTES } from '../graph/storage.js';
import { REHEARSAL_LINES } from '../program/generated/instructions.js';
import {
  createMemory,
  instantiate,
  type KernelExports,
  microKernels,
  type SparseKernel,
  sparseKernels,
} from './kernels.js';

const FLAG = 'experimental-wasm-revectorize';
/** Tiles that are worth 256 bits; smaller ones fit into the registers, or wait for their own sums, either way. */
const HOT = /^((col|row)([456]|\dand\d)|sparse[34])$/;
/** The kernel whose time on both tiers is compared. */
const COMPARED = 'col6';

/** Where the operands of a micro-kernel lie in the test's own memory, and the length of its sum. */
const K = 256;
const A = 65536;
const B = A + 80 * 1024;
const C = B + 64 * K;
const REHEARSAL = C + 4096;
const REHEARSAL_FLOATS = LINE * REHEARSAL_LINES;
/** The terms of two rows, of lines of B in another order than theirs. */
const TERMS = REHEARSAL + 4 * REHEARSAL_FLOATS;
const TERM_BYTES = 8;
const ROW_TERMS = K / 2;
const END = TERMS + 2 * TERM_BYTES * (1 + ROW_TERMS);
/** A row's chunk of a panel, and from its end to the next: A takes up to 76 KB by them. */
const CHUNK = 16;
const A_SKIP = 4096 - 64;
/** From a panel to the next, 4 KB more of A, for kernels that reach into it; others may read there. */
const PANEL = 4096;
const ONE = 0x3f800000;
/** Panels side by side, the most of any tier. */
const PANELS = 4;
/** How far apart panels of B and of C lie for these kernels: two lines, since C has two rows. */
const APART = 2 * LINE_BYTES;
const TERM_LINES = K - 2 * (PANELS - 1);
const CALLS = 16;
/** Turns of the ceiling's loop that take as long as a micro-kernel, about. */
const PEAK_TURNS = 256;

/**
 * What is left of the baseline compiler's time: 0.07 to 0.16 with joined vectors, twice that if the engine did not join
 * them. The kernels of `rehearse`, and those of `relaxed`, gain less: 0.24 to 0.30.
 */
const JOINED = 0.25;
const OPTIMISED = 0.5;
const OPTIMISED_RELAXED = 0.35;
/** `wide` works on 16 lanes a row, `relaxed` on 8, so equal times mean twice the speed; this share of it must be there. */
const FASTER = 1.6;
/** Milliseconds to wait for that; some 10 suffice on a quiet machine. What an engine kept from before is fast at once. */
const PATIENCE_MS = 250;
/** The most further comparisons of the two tiers. */
const TURNS = 64;

/** The module of the tier `wide`, warm; or the reason why it is not to be used. */
export function warmWide(
  wideBytes: Uint8Array<ArrayBuffer>,
  relaxedBytes: Uint8Array<ArrayBuffer>,
  setEngineFlag: (flag: string) => void,
): WebAssembly.Module | string {
  const memory = createMemory(true);
  fillRandom(memory);
  for (const row of [0, 1]) {
    const terms = new Int32Array(memory.buffer, TERMS + row * TERM_BYTES * (1 + ROW_TERMS), 2 * (1 + ROW_TERMS));
    terms[0] = TERM_BYTES * ROW_TERMS;
    for (let i = 1; i <= ROW_TERMS; i++) terms[2 * i] = LINE_BYTES * ((5 * i + row) % TERM_LINES);
  }
  let module: WebAssembly.Module;
  let exports: KernelExports;
  let wide: ReadonlyMap<string, Call>;
  let wideTime: number;
  setEngineFlag(`--${FLAG}`);
  try {
    module = new WebAssembly.Module(wideBytes);
    exports = instantiate(module, memory);
    wide = calls(exports);
    const hot = [...wide.keys()].filter((name) => HOT.test(name) && name !== COMPARED);
    // The ceiling is compiled with them, or the kernels would be compared with 128-bit code.
    wideTime = warm([
      ...[COMPARED, ...hot].map((name) => ({ share: JOINED, run: onTest(wide, name) })),
      { share: JOINED, run: () => exports.peak(PEAK_TURNS, C) },
      { share: JOINED, run: () => exports.lineTile(K, A, A, LINE_BYTES, B, B, LINE_BYTES, C, C + 128, LINE_BYTES) },
      { share: OPTIMISED, run: () => exports.rehearse(REHEARSAL) },
    ]);
  } catch (error) {
    return `wide did not compile: ${error instanceof Error ? error.message : error}`;
  } finally {
    setEngineFlag(`--no-${FLAG}`);
  }
  const relaxedExports = instantiate(new WebAssembly.Module(relaxedBytes), memory);
  const relaxed = calls(relaxedExports);
  let relaxedTime = warm([{ share: OPTIMISED_RELAXED, run: onTest(relaxed, COMPARED) }]);
  const isFaster = () => wideTime <= (2 / FASTER) * relaxedTime;
  // Where a machine does other work, the best of both becomes what it is in turns alone.
  for (let turn = 0; turn < TURNS && !isFaster(); turn++) {
    wideTime = Math.min(wideTime, time(onTest(wide, COMPARED)));
    relaxedTime = Math.min(relaxedTime, time(onTest(relaxed, COMPARED)));
  }
  if (!isFaster()) return 'wide was not faster than relaxed';
  const wrong = firstDifference(wide, relaxed, memory) ?? rehearsalDifference(exports, relaxedExports, memory);
  return wrong === null ? module : `wide differed from relaxed in ${wrong}`;
}

/** Uniform numbers in [-1, 1): different orders of summation would show in the last bits. */
function fillRandom(memory: WebAssembly.Memory): void {
  const f32 = new Float32Array(memory.buffer, A, (END - A) / 4);
  let state = 1;
  for (let i = 0; i < f32.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    f32[i] = state / 2 ** 31 - 1;
  }
}

/** A piece of work, and the share of its first time that it takes once it is optimised. */
interface Work {
  readonly run: () => void;
  readonly share: number;
}

/** Calls pieces of work until all are optimised, or patience ends; returns the best time of the first. */
function warm(works: readonly Work[]): number {
  // The very first call compiles too, and a time may be long for any reason: one of a few is the baseline compiler's.
  const first = works.map(({ run }) => Math.min(time(run), time(run), time(run)));
  const best = [...first];
  const end = performance.now() + PATIENCE_MS;
  while (performance.now() < end) {
    works.forEach(({ run }, i) => {
      best[i] = Math.min(best[i], time(run));
    });
    if (works.every(({ share }, i) => best[i] < share * first[i])) break;
  }
  return Math.min(best[0], time(works[0].run), time(works[0].run));
}

/** A micro-kernel on the test's operands; a strip of B and C begins `lane` bytes into a line. What it returns counts too. */
type Call = (length: number, scaleBits: number, accumulate: number, lane: number) => unknown;

function calls(exports: KernelExports): ReadonlyMap<string, Call> {
  const all = new Map<string, Call>();
  for (const [name, kernel] of microKernels(exports))
    all.set(name, (length, scaleBits, accumulate, lane) =>
      kernel(length, CHUNK, A_SKIP, 0, A, B + lane, C + lane, scaleBits, accumulate, PANEL),
    );
  // Whole lines at once on both tiers; `relaxed` has fewer panels at once, and takes them in turns.
  const sparse = sparseKernels(exports);
  for (let panels = 1; panels <= PANELS; panels++)
    all.set(`sparse${panels}`, (_, scaleBits, accumulate, lane) => {
      let end = END;
      for (let i = 0; lane === 0 && i < panels; i += sparse.size) {
        const kernel = sparse.get(`sparse${Math.min(panels - i, sparse.size)}`) as SparseKernel;
        const [b, c] = [B, C].map((first) => first + APART * i);
        end = kernel(2, TERMS, b, APART, c, APART, scaleBits, accumulate);
      }
      return end;
    });
  return all;
}

/** A kernel's work on the test's operands. */
const onTest = (kernels: ReadonlyMap<string, Call>, name: string) => () => (kernels.get(name) as Call)(K, ONE, 0, 0);

function time(kernel: () => void): number {
  const start = performance.now();
  for (let i = 0; i < CALLS; i++) kernel();
  return performance.now() - start;
}

/** The name of the first kernel whose results differ in any bit, with and without accumulation and a cut-off last chunk. */
function firstDifference(
  wide: ReadonlyMap<string, Call>,
  relaxed: ReadonlyMap<string, Call>,
  memory: WebAssembly.Memory,
): string | null {
  const MINUS_TENTH = 0xbdcccccd | 0;
  for (const [name, call] of wide) {
    const reference = relaxed.get(name) as Call;
    for (const [length, scale, accumulate] of [
      [K, ONE, 0],
      [K - 13, MINUS_TENTH, 1],
    ]) {
      const tile = new Uint32Array(memory.buffer, C, 16 * 16);
      const before = tile.slice();
      const end = call(length, scale, accumulate, 0);
      const result = tile.slice();
      tile.set(before);
      // A strip of `relaxed` is half a line.
      const ends = [0, 32].map((lane) => reference(length, scale, accumulate, lane));
      if (ends.some((other) => other !== end) || tile.some((bits, i) => bits !== result[i])) return name;
    }
  }
  return null;
}

/** `rehearse`, if its results differ in any bit. */
function rehearsalDifference(wide: KernelExports, relaxed: KernelExports, memory: WebAssembly.Memory): string | null {
  const numbers = new Float32Array(memory.buffer, REHEARSAL, REHEARSAL_FLOATS);
  // Positive, since the states of Adam are squares, and their roots are taken.
  const start = numbers.map((_, i) => (1 + ((i * 37) % 101)) / 128);
  const results = [wide, relaxed].map((exports) => {
    numbers.set(start);
    exports.rehearse(REHEARSAL);
    return new Uint32Array(numbers.slice().buffer);
  });
  return results[0].some((bits, i) => bits !== results[1][i]) ? 'rehearse' : null;
}
