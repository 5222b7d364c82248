/**
 * Convolution as the dense product, walked over the rows of its window: nothing is copied. A sample's image [H, W, C] is
 * lines in that order, so that a row of the window is kw C lines side by side, and the micro-kernel goes from one to the
 * next on its own. At the image's borders it walks what lies inside, so zeros are neither stored nor multiplied.
 *
 * Output o takes, for each tap k of the window, the input i with i up = o stride + k dilation - pad, where there is one.
 * `up` is 1 in a convolution; in its gradient, which is a convolution by the flipped weight, it is the stride
 * (Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", 2016).
 */
import { samplePanels, scratch } from '../batch';
import { Convolve, ConvolveWeight, FlipWeight } from '../generated/instructions';
import { colTile, rowTile } from '../generated/micro-kernels';
import { activationGradientTile, activationTile } from '../ops/activation';
import { LINE, LINE_BYTES, lines, panels, ROWS, rowTiles, tileRows } from '../panel';
import { ONE, splatLines } from './dense';

/** What `findTaps` found along one axis: taps first, first + step, ... and the inputs that they meet. */
let count: i32 = 0;
let tap: i32 = 0;
let tapStep: i32 = 0;
let input: i32 = 0;
let inputStep: i32 = 0;

/** The taps, of `kernel`, that meet one of `extent` inputs for output o. */
function findTaps(o: i32, stride: i32, dilation: i32, pad: i32, up: i32, kernel: i32, extent: i32): void {
  const start = o * stride - pad;
  count = kernel;
  tap = 0;
  tapStep = 1;
  input = start;
  inputStep = dilation;
  if (up == 1 && start >= 0 && start + (kernel - 1) * dilation < extent) return;
  count = 0;
  for (let k = 0; k < kernel; k++) {
    const at = start + k * dilation;
    if (at < 0 || at % up || at / up >= extent) continue;
    if (count == 0) {
      tap = k;
      input = at / up;
    } else if (count == 1) {
      tapStep = k - tap;
      inputStep = at / up - input;
    }
    count++;
  }
}

export function convolveUnits(r: usize): i32 {
  return samplePanels * Convolve.OH(r);
}

/** Rows of the output, y = f(x * w + b), or with `saved` y = (x * w) f'(saved); without an activation y is z. */
export function convolve(r: usize, first: i32, last: i32): void {
  const OH = Convolve.OH(r);
  const row = Convolve.OW(r) * Convolve.N(r);
  const activation = Convolve.activation(r);
  const alpha = Convolve.alpha(r);
  const saved = Convolve.saved(r);
  for (let unit = first; unit < last; unit++) {
    const m = unit / OH;
    const offset = lines(unit * row);
    const z = Convolve.z(r) + offset;
    const y = Convolve.y(r) + offset;
    convolveRow(r, m, unit - m * OH, z);
    if (!activation) continue;
    if (saved) activationGradientTile(activation, alpha, saved + offset, z, y, row);
    else activationTile(activation, alpha, z, y, row);
  }
}

/** Row oy of the sums of sample panel m. */
function convolveRow(r: usize, m: i32, oy: i32, z: usize): void {
  const H = Convolve.H(r);
  const W = Convolve.W(r);
  const C = Convolve.C(r);
  const OW = Convolve.OW(r);
  const N = Convolve.N(r);
  const kh = Convolve.kh(r);
  const kw = Convolve.kw(r);
  const groups = Convolve.groups(r);
  const strideX = Convolve.strideX(r);
  const dilationX = Convolve.dilationX(r);
  const padX = Convolve.padX(r);
  const upX = Convolve.upX(r);
  const bias = Convolve.b(r);
  // Channels and filters of a group, and rows of the weight.
  const c = C / groups;
  const filters = N / groups;
  const K = kh * kw * c;
  findTaps(oy, Convolve.strideY(r), Convolve.dilationY(r), Convolve.padY(r), Convolve.upY(r), kh, H);
  const rowCount = count;
  const wRow = Convolve.w(r) + lines(tap * kw * c);
  const wRowBytes = lines(tapStep * kw * c);
  const xRow = Convolve.x(r) + lines((m * H + input) * W * C);
  const xRowBytes = lines(inputStep * W * C);

  for (let n = 0, height = 0; n < N; n += height) {
    const lane = n & 15;
    const group = n / filters;
    height = min(16 - lane, (group + 1) * filters - n);
    const w = wRow + lines((n >> 4) * K) + (<usize>lane << 2);
    const x = xRow + lines(group * c);
    for (let ox = 0; ox < OW; ox++) {
      const tile = z + lines(ox * N + n);
      findTaps(ox, strideX, dilationX, padX, upX, kw, W);
      if (bias) splatLines(bias + (<usize>n << 2), tile, height);
      else if (!count || !rowCount) memory.fill(tile, 0, lines(height));
      if (!count || !rowCount) continue;
      // Taps that follow each other in the weight and in the image are one chunk.
      const joined = groups == 1 && tapStep == 1 && inputStep == 1;
      const chunk = joined ? count * c : c;
      const wSkip = wRowBytes - lines(chunk);
      const xSkip = xRowBytes - lines(chunk);
      let a = w + lines(tap * c);
      let b = x + lines(input * C);
      let accumulate = bias ? 1 : 0;
      for (let left = joined ? 1 : count; left > 0; left--) {
        colTile(height, chunk * rowCount, chunk, wSkip, xSkip, a, b, tile, ONE, accumulate, 0);
        a += lines(tapStep * c);
        b += lines(inputStep * C);
        accumulate = 1;
      }
    }
  }
}

/** Rows of dW that belong to lines of X side by side: all taps of a row of the window, or the channels of one. */
// @ts-ignore: decorator
@inline
function runRows(r: usize): i32 {
  const joined = ConvolveWeight.groups(r) == 1 && ConvolveWeight.dilationX(r) == 1;
  return joined ? ConvolveWeight.kw(r) * ConvolveWeight.C(r) : ConvolveWeight.C(r) / ConvolveWeight.groups(r);
}

/** Tiles of ROWS rows of dW in one of its panels. */
// @ts-ignore: decorator
@inline
function panelTiles(r: usize): i32 {
  const rows = runRows(r);
  const c = ConvolveWeight.C(r) / ConvolveWeight.groups(r);
  return ((ConvolveWeight.kh(r) * ConvolveWeight.kw(r) * c) / rows) * rowTiles(rows);
}

export function convolveWeightUnits(r: usize): i32 {
  return panels(ConvolveWeight.N(r)) * panelTiles(r);
}

/**
 * dW, summed over samples and positions: dw[ky, kx, c, n] = sum of x[iy, ix, c] dy[oy, ox, n]; `up` is 1. All tiles take
 * a row of dY before the next: it stays in the first-level cache, and the rows of X that meet it in the second.
 */
export function convolveWeight(r: usize, first: i32, last: i32): void {
  const OH = ConvolveWeight.OH(r);
  const groups = ConvolveWeight.groups(r);
  const K = (ConvolveWeight.kh(r) * ConvolveWeight.kw(r) * ConvolveWeight.C(r)) / groups;
  const rows = runRows(r);
  const runTiles = rowTiles(rows);
  const tiles = panelTiles(r);
  for (let m = 0; m < samplePanels; m++) {
    for (let oy = 0; oy < OH; oy++) {
      for (let unit = first; unit < last; unit++) {
        const panel = unit / tiles;
        const run = (unit - panel * tiles) / runTiles;
        const row = (unit - panel * tiles - run * runTiles) * ROWS;
        const k = run * rows + row;
        const height = min(ROWS, rows - row);
        const dw = ConvolveWeight.dw(r) + lines(panel * K + k);
        if (m == 0 && oy == 0) memory.fill(dw, 0, lines(height));
        if (groups == 1) weightTile(r, m, oy, panel, k, height, 0, dw);
        else groupedTile(r, m, oy, panel, k, height, dw);
      }
    }
  }
}

/** A tile in whose lanes are filters of several groups, each of which meets other channels of X. */
function groupedTile(r: usize, m: i32, oy: i32, panel: i32, k: i32, height: i32, dw: usize): void {
  const N = ConvolveWeight.N(r);
  const c = ConvolveWeight.C(r) / ConvolveWeight.groups(r);
  const filters = N / ConvolveWeight.groups(r);
  const end = min(N, (panel + 1) << 4);
  for (let n = panel << 4, width = 0; n < end; n += width) {
    const group = n / filters;
    width = min(end, (group + 1) * filters) - n;
    memory.fill(scratch, 0, lines(height));
    weightTile(r, m, oy, panel, k, height, group * c, scratch);
    for (let i = 0; i < height; i++) {
      for (let lane = n & 15; lane < (n & 15) + width; lane++) {
        const at = lines(i) + (<usize>lane << 2);
        f32.store(dw + at, f32.load(dw + at) + f32.load(scratch + at));
      }
    }
  }
}

/** Adds what row oy of dY gives to `height` rows of a panel of dW from row k on, by channels of X from `channel` on. */
function weightTile(r: usize, m: i32, oy: i32, panel: i32, k: i32, height: i32, channel: i32, dw: usize): void {
  const H = ConvolveWeight.H(r);
  const W = ConvolveWeight.W(r);
  const C = ConvolveWeight.C(r);
  const OH = ConvolveWeight.OH(r);
  const OW = ConvolveWeight.OW(r);
  const kw = ConvolveWeight.kw(r);
  const stride = ConvolveWeight.strideX(r);
  const dilation = ConvolveWeight.dilationX(r);
  const pad = ConvolveWeight.padX(r);
  const c = C / ConvolveWeight.groups(r);
  const ky = k / (kw * c);
  const iy = oy * ConvolveWeight.strideY(r) + ky * ConvolveWeight.dilationY(r) - ConvolveWeight.padY(r);
  if (iy < 0 || iy >= H) return;
  // Rows count from the first of this row of the window; tap kx begins at row kx c.
  const row = k - ky * kw * c;
  const end = row + height;
  const firstTap = row / c;
  const lastTap = (end - 1) / c;
  // Where all taps of the tile meet the image; left and right of it some of them do.
  const left = firstOutput(firstTap * dilation - pad, stride, OW);
  const right = max(left, endOutput(lastTap * dilation - pad, stride, W, OW));
  const x = ConvolveWeight.x(r) + lines((m * H + iy) * W * C + channel);
  const dy = ConvolveWeight.dyT(r) + lines((((panel * samplePanels + m) * OH + oy) * OW) << 4);
  if (right > left) {
    const ix = left * stride + firstTap * dilation - pad;
    const a = x + lines(ix * C + row - firstTap * c);
    rowTile(height, (right - left) << 4, LINE, lines(stride * C - 1), 0, a, dy + lines(left << 4), dw, ONE, 1, a, 0, 0);
  }
  for (let kx = firstTap; kx <= lastTap; kx++) {
    const from = max(row, kx * c);
    const rows = min(end, (kx + 1) * c) - from;
    const start = kx * dilation - pad;
    const stop = endOutput(start, stride, W, OW);
    for (let ox = firstOutput(start, stride, OW); ox < stop; ox++) {
      if (ox == left) ox = right;
      if (ox >= stop) break;
      const a = x + lines((ox * stride + start) * C + from - kx * c);
      rowTile(rows, LINE, LINE, 0, 0, a, dy + lines(ox << 4), dw + lines(from - row), ONE, 1, a, 0, 0);
    }
  }
}

/** The first output o with o stride + start >= 0. */
function firstOutput(start: i32, stride: i32, outputs: i32): i32 {
  return start < 0 ? min(outputs, (stride - 1 - start) / stride) : 0;
}

/** One more than the last output o with o stride + start < extent. */
function endOutput(start: i32, stride: i32, extent: i32, outputs: i32): i32 {
  return start < extent ? min(outputs, (extent - 1 - start) / stride + 1) : 0;
}

export function flipWeightUnits(r: usize): i32 {
  return panels(FlipWeight.C(r));
}

/** The weight of the gradient: y[ky, kx, n in its group, c] = w[kh - 1 - ky, kw - 1 - kx, c in its group, n]. */
export function flipWeight(r: usize, first: i32, last: i32): void {
  const C = FlipWeight.C(r);
  const groups = FlipWeight.groups(r);
  const taps = FlipWeight.kh(r) * FlipWeight.kw(r);
  const c = C / groups;
  const filters = FlipWeight.N(r) / groups;
  const K = taps * c;
  for (let panel = first; panel < last; panel++) {
    const width = tileRows(panel << 4, C);
    let y = FlipWeight.y(r) + lines(panel * taps * filters);
    if (width < 16) memory.fill(y, 0, lines(taps * filters));
    for (let k = taps - 1; k >= 0; k--) {
      for (let f = 0; f < filters; f++, y += LINE_BYTES) {
        for (let lane = 0; lane < width; lane++) {
          const channel = (panel << 4) + lane;
          const group = channel / c;
          const n = group * filters + f;
          const w = FlipWeight.w(r) + lines((n >> 4) * K + k * c + channel - group * c) + (<usize>(n & 15) << 2);
          f32.store(y + (<usize>lane << 2), f32.load(w));
        }
      }
    }
  }
}
