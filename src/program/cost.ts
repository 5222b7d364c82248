/** What a program costs, so far as it decides how many threads are worth waking. */
import type { Instruction, InstructionName } from '../graph/lowering.js';
import { LINE, panels } from '../graph/storage.js';
import type { KernelTier } from '../tier.js';
import { ROWS } from './generated/instructions.js';

/** Multiply-adds a nanosecond of one thread: a fair share of the ceilings of a 3.7 GHz Zen 4 core. */
const PRODUCT_RATE: Readonly<Record<KernelTier, number>> = { wide: 45, relaxed: 24, simd: 20, scalar: 4 };
/** The part of that rate that products of activations reach, which load as many lines as they multiply. */
const MATMUL_SHARE = 0.7;
/** Nanoseconds a line of 16 numbers, for everything that is not a product: most are a load, some arithmetic, a store. */
const LINE_NS = 6;
/** Those of instructions that take much longer, measured on the same core. */
const SLOW_LINE_NS: { readonly [Name in InstructionName]?: number } = {
  softmax: 20,
  dropoutMask: 45,
  embeddingGradient: 16,
};
/** What a barrier costs each thread, and what it takes until all threads have a job. Measured with two threads awake. */
const BARRIER_NS = 400;
const DISPATCH_NS = 2000;

/** Instructions whose lines are N for each position; those of the others are their features. */
const PER_OUTPUT: readonly InstructionName[] = ['transpose', 'lossForward', 'lossBackward', 'embedding'];

interface Cost {
  readonly ns: number;
  /** Pieces that threads can share. */
  readonly units: number;
}

function cost({ name, fields }: Instruction, samplePanels: number, tier: KernelTier): Cost {
  const {
    K = 1,
    N = 1,
    positions = 1,
    features = 1,
    lines = 1,
    batched = 1,
  } = fields as Partial<Record<string, number>>;
  if (name === 'denseForward' || name === 'denseBackwardInput' || name === 'denseBackwardWeight') {
    const tiles = [
      name === 'denseBackwardInput' ? Math.ceil(K / ROWS) : panels(N),
      name === 'denseBackwardWeight' ? Math.ceil(K / ROWS) : samplePanels * positions,
    ];
    return { ns: (K * N * LINE * samplePanels * positions) / PRODUCT_RATE[tier], units: Math.max(...tiles) };
  }
  if (name === 'convolve' || name === 'convolveWeight') {
    const { OH = 1, OW = 1, C = 1, kh = 1, kw = 1, groups = 1 } = fields as Partial<Record<string, number>>;
    const window = (kh * kw * C) / groups;
    const units = name === 'convolve' ? samplePanels * OH : panels(N) * Math.ceil(window / ROWS);
    return { ns: (OH * OW * window * N * LINE * samplePanels) / PRODUCT_RATE[tier], units };
  }
  if (name === 'combine') {
    const { inputs = 1, outputs = 1, width = 1 } = fields as Partial<Record<string, number>>;
    const repeats = width * (batched ? samplePanels : 1);
    return { ns: LINE_NS * Math.max(inputs, outputs) * repeats, units: outputs * repeats };
  }
  if (name === 'matmul') {
    const { M = 1, heads = 1 } = fields as Partial<Record<string, number>>;
    const ns = (M * K * N * heads * LINE * samplePanels) / (MATMUL_SHARE * PRODUCT_RATE[tier]);
    return { ns, units: samplePanels * heads * Math.ceil(M / 2) };
  }
  const lineNs = SLOW_LINE_NS[name] ?? LINE_NS;
  if (name === 'embeddingGradient')
    return { ns: LINE_NS * K * panels(N) + lineNs * N * positions * samplePanels, units: panels(N) };
  if (name === 'update') return { ns: LINE_NS * lines, units: lines };
  if (name === 'sumPanels' || name === 'batchMean' || name === 'check')
    return { ns: LINE_NS * K * panels(N), units: 1 };
  if (name === 'packPanels' || name === 'unpackPanels') return { ns: LINE_NS * K * panels(N), units: panels(N) };
  const perPanel = PER_OUTPUT.includes(name) ? N * positions : features;
  const count = perPanel * (batched ? samplePanels : 1);
  return { ns: lineNs * count, units: name === 'packRows' ? samplePanels : count };
}

/** The number of threads, up to `most`, that finishes these instructions soonest. */
export function bestThreads(
  instructions: readonly Instruction[],
  barrierCount: number,
  samplePanels: number,
  tier: KernelTier,
  most: number,
): number {
  const costs = instructions.map((instruction) => cost(instruction, samplePanels, tier));
  let best = { threads: 1, ns: costs.reduce((total, { ns }) => total + ns, 0) };
  for (let threads = 2; threads <= most; threads++) {
    const busiest = costs.reduce((total, { ns, units }) => total + (ns * Math.ceil(units / threads)) / units, 0);
    const ns = busiest + DISPATCH_NS + barrierCount * BARRIER_NS;
    if (ns < best.ns) best = { threads, ns };
  }
  return best.threads;
}
