/**
 * Convolutions. The gradient of one by its input is a convolution again, by the flipped weight, and so is a transposed
 * one; with the gradient by the weight the family is closed under differentiation.
 */
import { Activation } from '../../program/generated/instructions.js';
import { fromSets, range } from '../line-map.js';
import { apply, type Node, type Shape, size } from '../node.js';
import type { Operation, Values } from '../operation.js';
import { LINE } from '../storage.js';
import { each, type Pair } from '../window.js';
import { combination, combine } from './combine.js';
import { sumBatch, sumLeading } from './reduce.js';
import { reshape } from './reshape.js';

/** Along an axis, output o takes for tap k the input i with i up = o stride + k dilation - pad, where there is one. */
export interface Geometry {
  /** Extents of the input's image, the output's, and the window. */
  readonly input: Pair;
  readonly output: Pair;
  readonly kernel: Pair;
  readonly stride: Pair;
  readonly dilation: Pair;
  readonly pad: Pair;
  readonly up: Pair;
  /** Filter f reads the channels of group floor(f / (filters / groups)) alone. */
  readonly groups: number;
}

/** The geometry of the gradient by the input: taps are counted from the window's other end. */
export const adjoint = ({ input, output, kernel, stride, dilation, pad, up, groups }: Geometry): Geometry => ({
  input: output,
  output: input,
  kernel,
  stride: up,
  up: stride,
  dilation,
  pad: each((axis) => (kernel[axis] - 1) * dilation[axis] - pad[axis]),
  groups,
});

/** The image of a node of shape [width, channels] has height 1. */
const imageShape = ({ output }: Geometry, like: Node, channels: number): Shape =>
  like.shape.length === 2 ? [output[1], channels] : [...output, channels];

export const channelsOf = (node: Node): number => node.shape.at(-1) as number;

/** Calls `visit` for all pairs of an output and an input that a tap joins. */
function walk(
  { input, output, kernel, stride, dilation, pad, up }: Geometry,
  visit: (tap: number, input: number, output: number) => void,
): void {
  const find = (axis: 0 | 1, o: number, k: number): number => {
    const at = (o * stride[axis] + k * dilation[axis] - pad[axis]) / up[axis];
    return Number.isInteger(at) && at >= 0 && at < input[axis] ? at : -1;
  };
  for (let oy = 0; oy < output[0]; oy++)
    for (let ky = 0; ky < kernel[0]; ky++) {
      const iy = find(0, oy, ky);
      if (iy < 0) continue;
      for (let ox = 0; ox < output[1]; ox++)
        for (let kx = 0; kx < kernel[1]; kx++) {
          const ix = find(1, ox, kx);
          if (ix >= 0) visit(ky * kernel[1] + kx, iy * input[1] + ix, oy * output[1] + ox);
        }
    }
}

/** Calls `visit` with the places of x, w and y in all products x w that y is summed from, for one sample. */
function walkProducts(
  geometry: Geometry,
  C: number,
  N: number,
  visit: (x: number, w: number, y: number) => void,
): void {
  const c = C / geometry.groups;
  const filters = N / geometry.groups;
  walk(geometry, (tap, input, output) => {
    for (let n = 0; n < N; n++) {
      const first = Math.floor(n / filters) * c;
      for (let i = 0; i < c; i++) visit(input * C + first + i, (tap * c + i) * N + n, output * N + n);
    }
  });
}

/** What the kernels are told. */
function fieldsOf({ input, output, kernel, stride, dilation, pad, groups }: Geometry, C: number, N: number) {
  const [[H, W], [OH, OW], [kh, kw]] = [input, output, kernel];
  const steps = { strideY: stride[0], strideX: stride[1], dilationY: dilation[0], dilationX: dilation[1] };
  return { H, W, C, OH, OW, N, kh, kw, groups, ...steps, padY: pad[0], padX: pad[1] };
}

/** y[o, n] = b_n + sum over taps k and channels c of x[i(o, k), c] w[k, c, n]. */
export const convolveOperation: Operation<Geometry> = {
  name: 'conv',
  shape: ([x, w], geometry) => imageShape(geometry, x, channelsOf(w)),
  vjp(node, dy, [needsX, needsW, needsB], geometry) {
    const [x, w] = node.inputs;
    const dx = needsX ? apply(convolveOperation, [dy, flip(w, geometry)], adjoint(geometry)) : null;
    const dw = needsW ? weightGradient(x, dy, w, geometry) : null;
    const db = needsB ? sumBatch(sumLeading(dy)) : null;
    return [dx, dw, db].slice(0, node.inputs.length);
  },
  evaluate(node, [x, w, b], evaluation, geometry) {
    const y = evaluation.allocate(node);
    const N = channelsOf(node);
    if (b) for (let i = 0; i < y.length; i++) y[i] = b[i % N];
    const rows = samples(evaluation.rows, x, y);
    walkProducts(geometry, channelsOf(node.inputs[0]), N, (i, j, o) => {
      for (const { x, y } of rows) y[o] += x[i] * w[j];
    });
    return y;
  },
  lower(node, lowering, geometry) {
    const [x, w, b] = node.inputs;
    const y = lowering.buffer(node);
    lowering.emit('convolve', {
      x: lowering.buffer(x),
      w: lowering.buffer(w),
      b: b ? lowering.buffer(b) : null,
      saved: null,
      z: y,
      y,
      ...fieldsOf(geometry, channelsOf(x), channelsOf(node)),
      upY: geometry.up[0],
      upX: geometry.up[1],
      activation: Activation.linear,
      alpha: 0,
    });
  },
};

/** Each sample's part of x and of y. */
const samples = (rows: number, x: Values, y: Values): { x: Values; y: Values }[] =>
  Array.from({ length: rows }, (_, row) => {
    const [sx, sy] = [x, y].map((values) =>
      values.subarray((row * values.length) / rows, ((row + 1) * values.length) / rows),
    );
    return { x: sx, y: sy };
  });

/** dw[k, c, n] = sum over samples and outputs o of x[i(o, k), c] dy[o, n], for a geometry whose `up` is 1. */
const weightGradientOperation: Operation<Geometry & { readonly shape: Shape }> = {
  name: 'convWeightGradient',
  shape: (_, { shape }) => shape,
  batched: () => false,
  vjp(node, g, [needsX, needsDy], geometry) {
    const [x, dy] = node.inputs;
    return [
      needsX ? apply(convolveOperation, [dy, flip(g, geometry)], adjoint(geometry)) : null,
      needsDy ? apply(convolveOperation, [x, g], geometry) : null,
    ];
  },
  evaluate(node, [x, dy], evaluation, geometry) {
    const dw = evaluation.allocate(node);
    const rows = samples(evaluation.rows, x, dy);
    walkProducts(geometry, channelsOf(node.inputs[0]), channelsOf(node), (i, j, o) => {
      for (const { x, y } of rows) dw[j] += x[i] * y[o];
    });
    return dw;
  },
  lower(node, lowering, geometry) {
    const [x, dy] = node.inputs;
    const fields = { x: lowering.buffer(x), dyT: lowering.transposed(dy), dw: lowering.buffer(node) };
    lowering.emit('convolveWeight', { ...fields, ...fieldsOf(geometry, channelsOf(x), channelsOf(node)) });
  },
};

/** The gradient by the weight. Where x is spread out (`up`), x and dy change places, and the result is flipped back. */
function weightGradient(x: Node, dy: Node, w: Node, geometry: Geometry): Node {
  if (geometry.up.every((up) => up === 1)) {
    const together = outputsTogether(geometry, channelsOf(dy));
    if (together > 1) return gradientOfFewFilters(x, dy, w, geometry, together);
    return apply(weightGradientOperation, [x, dy], { ...geometry, shape: w.shape });
  }
  const swapped = adjoint(geometry);
  const shape = flippedShape(w, geometry.groups);
  return flip(apply(weightGradientOperation, [dy, x], { ...swapped, shape }), swapped);
}

/** How many outputs side by side are worth taking together: as many as fit into the lanes, if that makes less work. */
function outputsTogether({ output, kernel, stride, dilation, groups }: Geometry, N: number): number {
  if (groups > 1 || dilation[1] > 1 || kernel[1] <= stride[1]) return 1;
  return range(Math.floor(LINE / N), 1).findLast((P) => output[1] % P === 0) ?? 1;
}

/**
 * Lanes are filters in the product that gives dw, and of fewer than 16 most would be empty. So P outputs side by side are
 * taken as one of P N filters, whose window is P - 1 strides wider: filter n of output j sees its own window from tap
 * j stride on, and dw[ky, kx, c, n] = sum over j of dw'[ky, kx + j stride, c, j N + n].
 */
function gradientOfFewFilters(x: Node, dy: Node, w: Node, geometry: Geometry, P: number): Node {
  const { output, kernel, stride } = geometry;
  const [N, C] = [channelsOf(dy), channelsOf(x)];
  const wider = kernel[1] + (P - 1) * stride[1];
  const joined = {
    ...geometry,
    output: [output[0], output[1] / P] as const,
    kernel: [kernel[0], wider] as const,
    stride: [stride[0], P * stride[1]] as const,
  };
  const outputs = reshape(dy, imageShape(joined, dy, P * N));
  const shape = [...w.shape.slice(0, -3), wider, C, P * N];
  const sets = range(kernel[0]).flatMap((ky) =>
    range(kernel[1]).flatMap((kx) =>
      range(C).map((c) => range(P).map((j) => ((ky * wider + kx + j * stride[1]) * C + c) * P + j)),
    ),
  );
  const map = fromSets(N, kernel[0] * wider * C * P, sets);
  const dw = apply(weightGradientOperation, [x, outputs], { ...joined, shape });
  return combine(foldOperation, dw, { shape: w.shape, map, scale: 1 });
}

const foldOperation = combination('foldWeight');

interface FlipAttributes {
  readonly groups: number;
}

function flippedShape(w: Node, groups: number): Shape {
  const [c, N] = w.shape.slice(-2);
  return [...w.shape.slice(0, -2), N / groups, c * groups];
}

/** y[k, n in its group, c] = w[last - k, c in its group, n]: the weight of the gradient by the input. */
const flipOperation: Operation<FlipAttributes> = {
  name: 'flipWeight',
  shape: ([w], { groups }) => flippedShape(w, groups),
  vjp: (_, dy, __, { groups }) => [flip(dy, { groups })],
  evaluate(node, [w], evaluation, { groups }) {
    const y = evaluation.allocate(node);
    const [c, N] = node.inputs[0].shape.slice(-2);
    const [filters, C] = [N / groups, c * groups];
    const taps = w.length / (c * N);
    for (let k = 0; k < taps; k++)
      for (let f = 0; f < filters; f++)
        for (let channel = 0; channel < C; channel++) {
          const n = Math.floor(channel / c) * filters + f;
          y[(k * filters + f) * C + channel] = w[((taps - 1 - k) * c + (channel % c)) * N + n];
        }
    return y;
  },
  lower(node, lowering, { groups }) {
    const [w] = node.inputs;
    const [c, N] = w.shape.slice(-2);
    const fields = { kh: 1, kw: size(w.shape) / (c * N), C: c * groups, N, groups };
    lowering.emit('flipWeight', { w: lowering.buffer(w), y: lowering.buffer(node), ...fields });
  },
};

export const flip = (w: Node, { groups }: FlipAttributes): Node => apply(flipOperation, [w], { groups });

export const convolutionOperations = [
  convolveOperation,
  weightGradientOperation,
  flipOperation,
  foldOperation,
] as const;
