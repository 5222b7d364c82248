/** What a program costs, so far as it decides how many threads are worth waking. */
import type { Fields, Instruction, InstructionName } from '../graph/lowering.js';
import { LINE, panels } from '../graph/storage.js';
import type { KernelTier } from '../tier.js';
import { ROWS } from './generated/instructions.js';

/** Multiply-adds a nanosecond of one thread: a fair share of the ceilings of a 3.7 GHz Zen 4 core. */
const PRODUCT_RATE: Readonly<Record<KernelTier, number>> = { wide: 45, relaxed: 24, simd: 20, scalar: 4 };
/** The part of that rate that products of activations reach, which load as many lines as they multiply. */
const MATMUL_SHARE = 0.7;
/** Nanoseconds a line of 16 numbers, for everything that is not a product: most are a load, some arithmetic, a store. */
const LINE_NS = 6;
/** Those of kernels that take much longer, measured on the same core. */
const SOFTMAX_LINE_NS = 20;
const DROPOUT_LINE_NS = 45;
const EMBEDDING_GRADIENT_LINE_NS = 16;
/** What a barrier costs each thread, and what it takes until all threads have a job. Measured with two threads awake. */
const BARRIER_NS = 400;
const DISPATCH_NS = 2000;

interface Cost {
  readonly ns: number;
  /** Pieces that threads can share. */
  readonly units: number;
}

/** The cost of an instruction on m panels of samples, where a thread takes `rate` multiply-adds a nanosecond. */
type CostRule<N extends InstructionName> = (fields: Fields<N>, m: number, rate: number) => Cost;

const lines = (count: number, units = count, lineNs = LINE_NS): Cost => ({ ns: lineNs * count, units });

const product = (multiplyAdds: number, m: number, rate: number, units: number): Cost => ({
  ns: (multiplyAdds * LINE * m) / rate,
  units,
});

const rowTiles = (K: number): number => Math.ceil(K / ROWS);

/** Lines of a tensor that may have samples. */
const each: CostRule<'activationForward' | 'activationBackward' | 'elementwise'> = ({ features, batched }, m) =>
  lines(features * (batched ? m : 1));
const eachFeature = ({ features }: { readonly features: number }, m: number): Cost => lines(features * m);
const eachOutput = ({ N, positions }: { readonly N: number; readonly positions: number }, m: number): Cost =>
  lines(N * positions * m);
const eachRow = ({ K, N }: { readonly K: number; readonly N: number }): Cost => lines(K * panels(N), panels(N));

const rules: { readonly [N in InstructionName]: CostRule<N> } = {
  check: () => lines(1),
  packRows: ({ features }, m) => lines(features * m, m),
  unpackRows: eachFeature,
  packPanels: eachRow,
  unpackPanels: eachRow,
  denseForward: ({ K, N, positions }, m, rate) =>
    product(K * N * positions, m, rate, Math.max(panels(N), m * positions)),
  denseBackwardInput: ({ K, N, positions }, m, rate) =>
    product(K * N * positions, m, rate, Math.max(rowTiles(K), m * positions)),
  denseBackwardWeight: ({ K, N, positions }, m, rate) =>
    product(K * N * positions, m, rate, Math.max(rowTiles(K), panels(N))),
  transpose: eachOutput,
  convolve: ({ OH, OW, C, N, kh, kw, groups }, m, rate) =>
    product((OH * OW * kh * kw * C * N) / groups, m, rate, m * OH),
  convolveWeight: ({ OH, OW, C, N, kh, kw, groups }, m, rate) =>
    product((OH * OW * kh * kw * C * N) / groups, m, rate, panels(N) * rowTiles((kh * kw * C) / groups)),
  flipWeight: ({ kh, kw, C, N, groups }) => lines(((kh * kw * N) / groups) * panels(C), panels(C)),
  matmul: ({ M, K, N, heads }, m, rate) =>
    product(M * K * N * heads, m, MATMUL_SHARE * rate, m * heads * Math.ceil(M / 2)),
  activationForward: each,
  activationBackward: each,
  elementwise: each,
  combine({ inputs, outputs, width, batched }, m) {
    const repeats = width * (batched ? m : 1);
    return lines(Math.max(inputs, outputs) * repeats, outputs * repeats);
  },
  sumFeatures: eachFeature,
  sumPanels: ({ K, N }) => lines(K * panels(N), 1),
  sumBatch: eachFeature,
  shareBatch: eachFeature,
  batchMean: () => lines(1),
  lossForward: eachOutput,
  lossBackward: eachOutput,
  softmax: ({ features }, m) => lines(features * m, features * m, SOFTMAX_LINE_NS),
  softmaxGradient: eachFeature,
  embedding: eachOutput,
  embeddingGradient: ({ K, N, positions }, m) => ({
    ns: LINE_NS * K * panels(N) + EMBEDDING_GRADIENT_LINE_NS * N * positions * m,
    units: panels(N),
  }),
  dropoutMask: ({ features }, m) => lines(features * m, features * m, DROPOUT_LINE_NS),
  update: ({ lines: count }) => lines(count),
};

/** The number of threads, up to `most`, that finishes these instructions soonest. */
export function bestThreads(
  instructions: readonly Instruction[],
  barrierCount: number,
  samplePanels: number,
  tier: KernelTier,
  most: number,
): number {
  const costs = instructions.map(({ name, fields }) =>
    (rules[name] as CostRule<InstructionName>)(fields, samplePanels, PRODUCT_RATE[tier]),
  );
  let best = { threads: 1, ns: costs.reduce((total, { ns }) => total + ns, 0) };
  for (let threads = 2; threads <= most; threads++) {
    const busiest = costs.reduce((total, { ns, units }) => total + (ns * Math.ceil(units / threads)) / units, 0);
    const ns = busiest + DISPATCH_NS + barrierCount * BARRIER_NS;
    if (ns < best.ns) best = { threads, ns };
  }
  return best.threads;
}
