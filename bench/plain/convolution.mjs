/**
 * A convolution of images and its gradients in plain JavaScript: matrix products whose operands are windows, packed from
 * where they lie. Outputs whose windows meet the image with the same taps make up a product of their own, so that nothing
 * is multiplied by the zeros around an image. Arrays are row-major: x [M, H, W, C], w [k, k, C, N], y [M, OH, OW, N].
 */
import { Gathered, multiply } from './product.mjs';

/** Extents of the output of a window of k x k taps and stride 1 over an image with `pad` zeros on each side. */
export const outputOf = ({ H, W, k, pad }) => ({ OH: H + 2 * pad - k + 1, OW: W + 2 * pad - k + 1 });

/** Multiply-adds for one sample, of a convolution and of each of its gradients: those that meet the image. */
export function multiplyAddsOf(shape) {
  const pairs = (ranges) => ranges.reduce((sum, { first, last, outputs }) => sum + (last - first) * outputs.length, 0);
  const { y, x } = tapRanges(shape);
  return pairs(y) * pairs(x) * shape.C * shape.N;
}

/** Of each axis, the outputs of equal ranges of taps, `first` to `last`, last not included, that meet the image. */
function tapRanges({ H, W, k, pad }) {
  const { OH, OW } = outputOf({ H, W, k, pad });
  const along = (count, extent) => {
    const ranges = new Map();
    for (let o = 0; o < count; o++) {
      const [first, last] = [Math.max(0, pad - o), Math.min(k, extent + pad - o)];
      const range = ranges.get(`${first} ${last}`) ?? { first, last, outputs: [] };
      range.outputs.push(o);
      ranges.set(`${first} ${last}`, range);
    }
    return [...ranges.values()];
  };
  return { y: along(OH, H), x: along(OW, W) };
}

/**
 * A product for each pair of ranges of taps. Element i, j of its windows is x[windows[i] + taps[j]]; its rows of the weight
 * begin at `weights`, and its outputs at `outputs`.
 */
function regionsOf(M, shape) {
  const { H, W, C, k, N, pad } = shape;
  const { OH, OW } = outputOf(shape);
  const { y, x } = tapRanges(shape);
  return y.flatMap((down) =>
    x.map((across) => {
      const [windows, outputs, taps, weights] = [[], [], [], []];
      for (let m = 0; m < M; m++)
        for (const oy of down.outputs)
          for (const ox of across.outputs) {
            windows.push(((m * H + oy - pad) * W + ox - pad) * C);
            outputs.push(((m * OH + oy) * OW + ox) * N);
          }
      for (let ky = down.first; ky < down.last; ky++)
        for (let kx = across.first; kx < across.last; kx++)
          for (let c = 0; c < C; c++) {
            taps.push((ky * W + kx) * C + c);
            weights.push(((ky * k + kx) * C + c) * N);
          }
      const tables = { windows, outputs, taps, weights };
      return Object.fromEntries(Object.entries(tables).map(([name, table]) => [name, Int32Array.from(table)]));
    }),
  );
}

export class Convolution {
  #shape;
  #regions;
  #gradientRegions;
  #flipped;

  /** `shape` is `{ H, W, C, k, N, pad }` with pad < k, and M the number of samples. */
  constructor(M, shape) {
    const { C, k, N, pad } = shape;
    const { OH, OW } = outputOf(shape);
    this.#shape = shape;
    this.#regions = regionsOf(M, shape);
    this.#gradientRegions = regionsOf(M, { H: OH, W: OW, C: N, k, N: C, pad: k - 1 - pad });
    this.#flipped = new Float32Array(k * k * C * N);
  }

  /** y = x * w */
  forward(x, w, y) {
    convolve(this.#regions, this.#shape.N, x, w, y);
  }

  /** dx, the convolution of dy by the flipped weight. */
  backwardInput(dy, w, dx) {
    flip(this.#shape, w, this.#flipped);
    convolve(this.#gradientRegions, this.#shape.C, dy, this.#flipped, dx);
  }

  /** dw[k, c, n] = sum of x dy over all outputs that tap k meets the image for. */
  backwardWeight(x, dy, dw) {
    const filters = indices(this.#shape.N);
    dw.fill(0);
    for (const { windows, outputs, taps, weights } of this.#regions) {
      const [a, bT] = [new Gathered(x, taps, windows), new Gathered(dy, filters, outputs)];
      multiply(taps.length, filters.length, windows.length, a, bT, new Gathered(dw, weights, filters), true);
    }
  }
}

const indices = (count) => Int32Array.from({ length: count }, (_, i) => i);

function convolve(regions, N, x, w, y) {
  const filters = indices(N);
  for (const { windows, outputs, taps, weights } of regions) {
    if (N === 1) {
      sumWindows(x, windows, taps, w, weights, y, outputs);
      continue;
    }
    const [a, bT] = [new Gathered(x, windows, taps), new Gathered(w, filters, weights)];
    multiply(windows.length, N, taps.length, a, bT, new Gathered(y, outputs, filters), false);
  }
}

/** flipped[ky, kx, n, c] = w[k - 1 - ky, k - 1 - kx, c, n] */
function flip({ C, k, N }, w, flipped) {
  const taps = k * k;
  for (let tap = 0; tap < taps; tap++)
    for (let c = 0; c < C; c++)
      for (let n = 0; n < N; n++) flipped[((taps - 1 - tap) * N + n) * C + c] = w[(tap * C + c) * N + n];
}

/** One filter alone does not repay packing the windows: four of them at a time, where they lie. */
function sumWindows(x, windows, taps, w, weights, y, outputs) {
  const last = windows.length - 1;
  for (let i = 0; i <= last; i += 4) {
    const [i1, i2, i3] = [Math.min(i + 1, last), Math.min(i + 2, last), Math.min(i + 3, last)];
    const x0 = windows[i];
    const x1 = windows[i1];
    const x2 = windows[i2];
    const x3 = windows[i3];
    let y0 = 0;
    let y1 = 0;
    let y2 = 0;
    let y3 = 0;
    for (let k = 0; k < taps.length; k = (k + 1) | 0) {
      const tap = taps[k];
      const weight = w[weights[k]];
      y0 += x[(x0 + tap) | 0] * weight;
      y1 += x[(x1 + tap) | 0] * weight;
      y2 += x[(x2 + tap) | 0] * weight;
      y3 += x[(x3 + tap) | 0] * weight;
    }
    y[outputs[i]] = y0;
    y[outputs[i1]] = y1;
    y[outputs[i2]] = y2;
    y[outputs[i3]] = y3;
  }
}
