/**
 * How values lie in memory, in lines of 16 f32 (64 bytes):
 *
 *   batched      [ceil(B / 16)][size][16]               a lane is a sample
 *   unbatched    [ceil(K / KC)][ceil(N / 16)][KC][16]   a lane is an element of the last axis
 *
 * N is the extent of the last axis, K the product of the others, and KC that of `assembly/panel.ts`; a tensor of more
 * than two axes is one block of K rows. Vectors and numbers are plain rows of f32.
 */
import { KC } from '../program/generated/instructions.js';
import type { Buffer } from './lowering.js';
import { type Node, type Shape, sameShape, size } from './node.js';
import type { Lowering } from './operation.js';

/** Lanes of a line, and its bytes. */
export const LINE = 16;
export const LINE_BYTES = 64;

/** Panels that hold n lanes. */
export const panels = (n: number): number => Math.ceil(n / LINE);

/**
 * An unbatched tensor as a matrix: N is the last axis, K all others together, of which `block` rows lie together: all of
 * them in the weight of a convolution, whose window is walked in one go.
 */
export function matrix(shape: Shape): { K: number; N: number; block: number } {
  const N = shape.at(-1) ?? 1;
  const K = size(shape) / N;
  return { K, N, block: shape.length > 2 ? K : KC };
}

/** Lines of one panel of samples if the node is batched, of the whole tensor if not. */
export function lineCount(node: Node): number {
  if (node.batched) return size(node.shape);
  const { K, N } = matrix(node.shape);
  return panels(N) * K;
}

/**
 * Walks elements `from` to `to` - 1 of an unbatched tensor, in row-major order, by runs that lie side by side in memory:
 * `visit` gets where a run begins, counted in f32 from the tensor's address, its first element, and how many it has.
 */
export function walkRuns(
  shape: Shape,
  from: number,
  to: number,
  visit: (at: number, element: number, count: number) => void,
): void {
  const { K, N, block } = matrix(shape);
  for (let element = from; element < to; ) {
    const n = element % N;
    const lane = n % LINE;
    const k = Math.floor(element / N);
    const first = k - (k % block);
    const line = first * panels(N) + ((n - lane) / LINE) * Math.min(block, K - first) + (k - first);
    const count = Math.min(LINE - lane, N - n, to - element);
    visit(LINE * line + lane, element, count);
    element += count;
  }
}

/** Has `emit` write the row-major numbers of an unbatched node, and brings them into panels; or its lines, if batched. */
export function emitRowMajor(lowering: Lowering, node: Node, emit: (y: Buffer) => void): void {
  const { K, N, block } = matrix(node.shape);
  if (node.batched || K === 1) {
    emit(lowering.buffer(node));
  } else {
    const flat = lowering.lines(panels(K * N), false);
    emit(flat);
    lowering.emit('packPanels', { source: flat, target: lowering.buffer(node), K, N, block });
  }
}

/** A shape without its leading extents of 1. */
const significant = (shape: Shape): Shape => shape.slice(shape.findIndex((extent) => extent > 1));

/**
 * Whether an elementwise instruction whose result has this shape can read `node` as it lies: if it is a single number,
 * has the shape, or, where the result has samples, has its last axes.
 */
export function fitsElementwise(node: Node, shape: Shape, batched: boolean): boolean {
  if (size(node.shape) === 1 || sameShape(node.shape, shape)) return true;
  const own = significant(node.shape);
  return batched && sameShape(own, shape.slice(-own.length));
}

interface Operand {
  readonly base: Buffer;
  /** Bytes from one panel of samples, one group and one line to the next. */
  readonly panel: number;
  readonly group: number;
  readonly row: number;
  /** 1 where one f32 is read into all lanes. */
  readonly splat: number;
}

/** How an elementwise instruction whose result is `output`, in groups of `period` lines, walks the values of `node`. */
function operand(lowering: Lowering, node: Node, output: Node, period: number): Operand {
  const elements = size(node.shape);
  const steps = (row: number) => ({ group: elements === period ? 0 : row * period, row });
  const single = { group: 0, row: 0 };
  if (node.batched) {
    const base = lowering.buffer(node);
    return { base, panel: LINE_BYTES * elements, ...(elements === 1 ? single : steps(LINE_BYTES)), splat: 0 };
  }
  if (elements === 1) return { base: lowering.buffer(node), panel: 0, ...single, splat: 1 };
  if (output.batched) return { base: lowering.flat(node), panel: 0, ...steps(4), splat: 1 };
  return { base: lowering.buffer(node), panel: 0, ...steps(LINE_BYTES), splat: 0 };
}

/** Emits y = kind(a, b), or kind(a) without b, for every element of `output`, into which the operands fit. */
export function emitElementwise(
  lowering: Lowering,
  output: Node,
  kind: number,
  operands: readonly Node[],
  alpha: number,
  y: Buffer = lowering.buffer(output),
): void {
  const features = lineCount(output);
  const sizes = operands.map(({ shape }) => size(shape)).filter((elements) => elements > 1);
  const period = output.batched ? Math.min(features, ...sizes) : features;
  const [a, b] = operands.map((node) => operand(lowering, node, output, period));
  lowering.emit('elementwise', {
    a: a.base,
    aPanel: a.panel,
    aGroup: a.group,
    aRow: a.row,
    aSplat: a.splat,
    b: b?.base ?? null,
    bPanel: b?.panel ?? 0,
    bGroup: b?.group ?? 0,
    bRow: b?.row ?? 0,
    bSplat: b?.splat ?? 0,
    y,
    features,
    period,
    batched: output.batched ? 1 : 0,
    kind,
    alpha,
  });
}
