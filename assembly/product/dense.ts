/**
 * The three products of a dense layer Y = X W + b, read where their operands lie:
 *
 *   product              A (broadcast)           B (vector)      C         summed over
 *   Y  = X W             W, down a panel         X panel         Y panel   K, the inputs
 *   dX = dY W^T          W, along the lanes      dY panel        dX panel  N, the outputs
 *   dW = X^T dY          X, along the lanes      dY transposed   W panel   M, the samples: `dense-weight.ts`
 *
 * X may have several positions for each sample, which count as so many samples more.
 *
 * A slice is of the output, never of the sum, and each sum runs in blocks of a fixed size in a fixed order, so results
 * do not depend on how the output is sliced. The epilogues (activation, its derivative, the optimiser's update) work on a
 * tile, 16 or 48 lines of Y, 24 of dX and dW, or as many of dW as lie together, while it is in the first-level cache.
 */
import { packed, rows, samplePanels, scratch, threads } from '../batch';
import { DenseBackwardInput, DenseForward } from '../generated/instructions';
import { BYTES, copyLine, loadSplat, store } from '../generated/lanes';
import { AHEAD_STEPS, colTile, FULL_PANELS, rowTile } from '../generated/micro-kernels';
import { sparseRows, STREAMS } from '../generated/sparse-kernels';
import { activationTile, activationGradientTile } from '../ops/activation';
import { blockRows, KC, LINE, LINE_BYTES, lines, panels, ROWS, rowTiles, tileRows, weightLine } from '../panel';
import { firstLaneTerms, fromMemory, isLarge, isSparse, laneTerms } from './sparse';
import { transposeTile } from './transpose';

/**
 * Output panels that pass over one panel of samples before the next: the sums of 4096 units. The more, the longer W is
 * read straight on, and the longer KC lines of X stay in the first-level cache. A multiple of FULL_PANELS on each tier.
 */
const NC: i32 = 258;
/**
 * Rows of dX that pass over all samples before the next block of its sum, and that block: their part of W stays in L2.
 * 8 panels pass side by side, as many streams as prefetchers follow well; see docs/performance.md.
 */
const DX_KC: i32 = 8 * KC;
const DX_NC: i32 = AHEAD_STEPS;
/** 1.0 as bits. */
export const ONE: i32 = 0x3f800000;

/**
 * Whether the threads share `inner` panels rather than `outer` ones of the output: whichever gives the busiest thread
 * fewer tiles. A layer of 10 units has one output panel, but 8 panels of samples at a batch of 128.
 */
export function splitInner(outer: i32, inner: i32): bool {
  return tilesOfInner(outer, inner) < tilesOfInner(inner, outer);
}

/** Tiles of the busiest of the threads that share `inner` panels. */
function tilesOfInner(outer: i32, inner: i32): i64 {
  return <i64>outer * ((inner + threads - 1) / threads);
}

/**
 * Whether the threads share panels of samples in a product that reads W. Each of them then reads all of it: where it
 * comes from memory, that takes a tenth of the time at a batch of 128, and more at smaller ones, so it has to save an
 * eighth.
 */
function splitSamples(outer: i32, samples: i32, K: i32, N: i32): bool {
  if (!isLarge(K, N)) return splitInner(outer, samples);
  return 8 * tilesOfInner(outer, samples) < 7 * tilesOfInner(samples, outer);
}

export function denseForwardUnits(r: usize): i32 {
  const N = DenseForward.N(r);
  const batch = samplePanels * DenseForward.positions(r);
  return splitSamples(panels(N), batch, DenseForward.K(r), N) ? batch : panels(N);
}

export function denseForward(r: usize, first: i32, last: i32): void {
  // Of a single panel of samples the threads always share the outputs.
  if (rows == 1 && DenseForward.positions(r) == 1) return forwardOne(r, first, last);
  const K = DenseForward.K(r);
  const N = DenseForward.N(r);
  const w = DenseForward.w(r);
  const x = DenseForward.x(r);
  const bias = DenseForward.b(r);
  const z = DenseForward.z(r);
  const y = DenseForward.y(r);
  const activation = DenseForward.activation(r);
  const alpha = DenseForward.alpha(r);
  const batch = samplePanels * DenseForward.positions(r);
  const splitBatch = splitSamples(panels(N), batch, K, N);
  const firstPanel = splitBatch ? 0 : first;
  const lastPanel = splitBatch ? panels(N) : last;
  const firstSamples = splitBatch ? first : 0;
  const lastSamples = splitBatch ? last : batch;
  const sparse = isSparse(x, batch * K, N, false);
  const large = isLarge(K, N);
  for (let block = firstPanel; block < lastPanel; block += NC) {
    for (let k = 0; k < K; k += KC) {
      const kc = min(KC, K - k);
      const blockEnd = min(block + NC, lastPanel);
      for (let m = firstSamples; m < lastSamples; m++) {
        const b = x + lines(m * K + k);
        let n = block;
        const full = min(blockEnd, N >> 4);
        // In the first pass over a large W, lines that lie apart come one by one, and those of all numbers stream.
        if (sparse && n < full && !(large && m == 0)) {
          forwardSparse(r, m, k, kc, b, n, full);
          n = full;
        }
        // The prefetchers follow best what is read panel by panel.
        const step = m == firstSamples ? 1 : FULL_PANELS;
        for (; n < blockEnd; n += step) {
          const a = w + lines(weightLine(n, k, K, N));
          const tile = min(min(n + step, blockEnd) << 4, N) - (n << 4);
          const offset = lines(m * N + (n << 4));
          if (k == 0 && bias) splatLines(bias + lines(n), z + offset, tile);
          colTile(tile, kc, kc, 0, 0, a, b, z + offset, ONE, k > 0 || bias ? 1 : 0, lines(kc));
          if (activation && k + kc == K) activationTile(activation, alpha, z + offset, y + offset, tile);
        }
      }
    }
  }
}

/**
 * Adds the terms of kc lines of X to the sums of a panel of samples, of outputs from panel n to `last`, all of them full.
 * A lane is an output here: until its sums are complete, a tile of z has a line for each sample.
 */
function forwardSparse(r: usize, m: i32, k: i32, kc: i32, b: usize, n: i32, last: i32): void {
  const K = DenseForward.K(r);
  const N = DenseForward.N(r);
  const bias = DenseForward.b(r);
  const z = DenseForward.z(r) + lines(m * N);
  const y = DenseForward.y(r) + lines(m * N);
  const activation = DenseForward.activation(r);
  const add = k > 0 || bias ? 1 : 0;
  laneTerms(packed, b, kc);
  while (n < last) {
    const count = min(STREAMS, last - n);
    const c = z + lines(n << 4);
    if (k == 0 && bias) for (let i = 0; i < count << 4; i++) copyLine(bias + lines(n + (i >> 4)), c + lines(i));
    const w = DenseForward.w(r) + lines(weightLine(n, k, K, N));
    sparseRows(16, count, packed, w, lines(kc), c, lines(16), ONE, add);
    if (k + kc == K)
      for (let i = 0; i < count; i++) {
        const tile = lines((n + i) << 4);
        memory.copy(scratch, z + tile, lines(16));
        transposeTile(scratch, 16, z + tile);
        if (activation) activationTile(activation, DenseForward.alpha(r), z + tile, y + tile, 16);
      }
    n += count;
  }
}

/**
 * Y = X W + b of one sample. A lane is an output here, so that no arithmetic is spent on lanes that repeat the sample:
 * the micro-kernel walks x as its A and W as its B, straight through memory. Each sum runs as it does for a batch, so
 * the bits are the same. Until it is complete, a panel's sums stand in its first line of z.
 */
function forwardOne(r: usize, first: i32, last: i32): void {
  const K = DenseForward.K(r);
  const N = DenseForward.N(r);
  const x = DenseForward.x(r);
  const z = DenseForward.z(r);
  const bias = DenseForward.b(r);
  const activation = DenseForward.activation(r);
  // Each of as many shares of the panels is read straight on, side by side with the others. Where shares are long they are
  // odd: 8 panels are a multiple of 4 KB, and streams so far apart would meet in the same sets of a cache (3 %).
  const whole = (last - first) / STREAMS;
  const share = whole < 8 ? whole : (whole - 1) | 1;
  const sparse = isSparse(x, K, N, fromMemory(K, N));
  for (let k = 0; k < K; k += KC) {
    const kc = min(KC, K - k);
    const a = x + lines(k);
    if (sparse || share) firstLaneTerms(packed, a, kc, !sparse);
    if (k == 0 && bias)
      for (let n = first; n < last; n++) copyLine(bias + lines(n), z + lines(n << 4));
    const w = DenseForward.w(r) + lines(weightLine(0, k, K, N));
    const panel = lines(kc);
    const add = k > 0 || bias ? 1 : 0;
    for (let n = first; n < first + share; n++)
      sparseRows(1, STREAMS, packed, w + n * panel, share * panel, z + lines(n << 4), lines(share << 4), ONE, add);
    for (let n = first + share * STREAMS; n < last; n++) {
      const c = z + lines(n << 4);
      if (sparse) sparseRows(1, 1, packed, w + n * panel, 0, c, 0, ONE, add);
      else colTile(1, kc, kc, 0, 0, a, w + n * panel, c, ONE, add, 0);
    }
  }
  for (let n = first; n < last; n++) {
    const sums = z + lines(n << 4);
    const tile = tileRows(n << 4, N);
    copyLine(sums, scratch);
    splatLines(scratch, sums, tile);
    if (activation) activationTile(activation, DenseForward.alpha(r), sums, DenseForward.y(r) + lines(n << 4), tile);
  }
}

/** Each of `count` numbers at p, in all lanes of a line of its own. */
export function splatLines(p: usize, c: usize, count: i32): void {
  for (let i = 0; i < count; i++) {
    const value = loadSplat(p);
    for (let end = c + LINE_BYTES; c < end; c += BYTES) store(c, value);
    p += 4;
  }
}

export function denseBackwardInputUnits(r: usize): i32 {
  const K = DenseBackwardInput.K(r);
  const batch = samplePanels * DenseBackwardInput.positions(r);
  return splitSamples(rowTiles(K), batch, K, DenseBackwardInput.N(r)) ? batch : rowTiles(K);
}

export function denseBackwardInput(r: usize, first: i32, last: i32): void {
  const K = DenseBackwardInput.K(r);
  const N = DenseBackwardInput.N(r);
  const w = DenseBackwardInput.w(r);
  const dy = DenseBackwardInput.dy(r);
  const saved = DenseBackwardInput.saved(r);
  const dx = DenseBackwardInput.dx(r);
  const activation = DenseBackwardInput.activation(r);
  const alpha = DenseBackwardInput.alpha(r);
  const batch = samplePanels * DenseBackwardInput.positions(r);
  const splitBatch = splitSamples(rowTiles(K), batch, K, N);
  const firstRow = splitBatch ? 0 : first * ROWS;
  const lastRow = splitBatch ? K : min(last * ROWS, K);
  const firstSamples = splitBatch ? first : 0;
  const lastSamples = splitBatch ? last : batch;

  for (let block = firstRow; block < lastRow; block += DX_KC) {
    const blockEnd = min(block + DX_KC, lastRow);
    for (let n = 0; n < N; n += DX_NC) {
      const nc = min(DX_NC, N - n);
      for (let m = firstSamples; m < lastSamples; m++) {
        const b = dy + lines(m * N + n);
        for (let k = block; k < blockEnd; k += ROWS) {
          const a = w + lines(weightLine(n >> 4, k, K, N));
          const nextPanel = lines(blockRows(k - (k % KC), K) - 1);
          const offset = lines(m * K + k);
          const tile = min(ROWS, blockEnd - k);
          // The next outputs' part of W, a panel during each of as many passes, is on its way before it is needed.
          const pass = m - firstSamples;
          const later = ((n + DX_NC) >> 4) + pass;
          const ahead = pass < DX_NC >> 4 && later < panels(N) ? w + lines(weightLine(later, k, K, N)) : 0;
          rowTile(tile, nc, LINE, nextPanel, 0, a, b, dx + offset, ONE, n > 0 ? 1 : 0, ahead, 0, 0);
          if (activation && n + nc == N)
            activationGradientTile(activation, alpha, saved + offset, dx + offset, dx + offset, tile);
        }
      }
    }
  }
}
