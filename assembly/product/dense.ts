/**
 * The three products of a dense layer Y = X W + b, read where their operands lie:
 *
 *   product              A (broadcast)           B (vector)      C         summed over
 *   Y  = X W             W, down a panel         X panel         Y panel   K, the inputs
 *   dX = dY W^T          W, along the lanes      dY panel        dX panel  N, the outputs
 *   dW = X^T dY          X, along the lanes      dY transposed   W panel   M, the samples
 *
 * X may have several positions for each sample, which count as so many samples more.
 *
 * A slice is of the output, never of the sum, and each sum runs in blocks of a fixed size in a fixed order, so results
 * do not depend on how the output is sliced. The epilogues (activation, its derivative, the optimiser's update) work on a
 * tile, 16 or 48 lines of Y, 24 of dX and dW, or as many of dW as lie together, while it is in the first-level cache.
 */
import { hyper, list, PACKED_LINES, packed, rows, samplePanels, scratch, threads } from '../batch';
import { DenseBackwardInput, DenseBackwardWeight, DenseForward, Rule } from '../generated/instructions';
import { BYTES, copyLine, loadSplat, store } from '../generated/lanes';
import { AHEAD_STEPS, colTile, FULL_PANELS, listTile, rowTile, STREAMS, streamTile } from '../generated/micro-kernels';
import { activationTile, activationGradientTile } from '../ops/activation';
import { blockRows, KC, LINE, LINE_BYTES, lines, panels, ROWS, rowTiles, tileRows, weightLine } from '../panel';
import { updateLines, negativeLearningRate, weightDecay } from '../update/rules';
import {
  isLarge,
  LOOK_FROM,
  listAll,
  listLines,
  listRows,
  packListed,
  spread,
  worthListing,
  worthPacking,
} from './occupied';

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
/** Block of dW's sum over the samples. */
const DW_MC: i32 = 256;
/** Lines in a way of a 32 KB first-level cache of 8 ways. */
const WAY_LINES: i32 = 64;
const WAYS: i32 = 8;
/** Output panels for which packing all rows of X is worth the copy. */
const PACK_FROM: i32 = 64;
/** 1.0 as bits. */
export const ONE: i32 = 0x3f800000;

/**
 * Whether the threads share `inner` panels rather than `outer` ones of the output: whichever gives the busiest thread
 * fewer tiles. A layer of 10 units has one output panel, but 8 panels of samples at a batch of 128.
 */
function splitInner(outer: i32, inner: i32): bool {
  return <i64>outer * ((inner + threads - 1) / threads) < <i64>inner * ((outer + threads - 1) / threads);
}

export function denseForwardUnits(r: usize): i32 {
  const outer = panels(DenseForward.N(r));
  const inner = samplePanels * DenseForward.positions(r);
  return splitInner(outer, inner) ? inner : outer;
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
  const splitBatch = splitInner(panels(N), batch);
  const firstPanel = splitBatch ? 0 : first;
  const lastPanel = splitBatch ? panels(N) : last;
  const firstSamples = splitBatch ? first : 0;
  const lastSamples = splitBatch ? last : batch;
  const large = isLarge(K, N);
  for (let block = firstPanel; block < lastPanel; block += NC) {
    for (let k = 0; k < K; k += KC) {
      const kc = min(KC, K - k);
      const blockEnd = min(block + NC, lastPanel);
      for (let m = firstSamples; m < lastSamples; m++) {
        const b = x + lines(m * K + k);
        const count = N < LOOK_FROM ? kc : listLines(b, kc, list);
        const few = worthListing(count, kc, large && m == 0);
        // The first pass over W reads it from memory, and the prefetchers follow best what is read panel by panel.
        const step = m == firstSamples ? 1 : FULL_PANELS;
        for (let n = block; n < blockEnd; n += step) {
          const a = w + lines(weightLine(n, k, K, N));
          const tile = min(min(n + step, blockEnd) << 4, N) - (n << 4);
          const offset = lines(m * N + (n << 4));
          if (k == 0 && bias) splatLines(bias + lines(n), z + offset, tile);
          const accumulate = k > 0 || bias ? 1 : 0;
          if (few) listTile(tile, count, list, a, b, z + offset, ONE, accumulate, lines(kc));
          else colTile(tile, kc, kc, 0, 0, a, b, z + offset, ONE, accumulate, lines(kc));
          if (activation && k + kc == K) activationTile(activation, alpha, z + offset, y + offset, tile);
        }
      }
    }
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
  const streamed = first + share * STREAMS;
  for (let k = 0; k < K; k += KC) {
    const kc = min(KC, K - k);
    const a = x + lines(k);
    const count = N < LOOK_FROM ? kc : listLines(a, kc, list);
    const few = worthListing(count, kc, isLarge(K, N));
    const accumulate = k > 0 || bias ? 1 : 0;
    if (k == 0 && bias)
      for (let n = first; n < last; n++) copyLine(bias + lines(n), z + lines(n << 4));
    const w = DenseForward.w(r) + lines(weightLine(0, k, K, N));
    const panel = lines(kc);
    if (few) {
      for (let n = first; n < last; n++) listTile(1, count, list, a, w + n * panel, z + lines(n << 4), ONE, accumulate, 0);
      continue;
    }
    for (let n = first; n < first + share; n++)
      streamTile(kc, a, w + n * panel, share * panel, z + lines(n << 4), lines(share << 4), accumulate);
    for (let n = streamed; n < last; n++)
      colTile(1, kc, kc, 0, 0, a, w + n * panel, z + lines(n << 4), ONE, accumulate, 0);
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
  const outer = rowTiles(DenseBackwardInput.K(r));
  const inner = samplePanels * DenseBackwardInput.positions(r);
  return splitInner(outer, inner) ? inner : outer;
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
  const splitBatch = splitInner(rowTiles(K), batch);
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

export function denseBackwardWeightUnits(r: usize): i32 {
  const outer = panels(DenseBackwardWeight.N(r));
  const inner = rowTiles(DenseBackwardWeight.K(r));
  return splitInner(outer, inner) ? inner : outer;
}

/** C = scale S, or C += scale S, of a tile of dW, S in blocks over M samples; panels of A have so many lines. */
// @ts-ignore: decorator
@inline
function sumSamples(
  tile: i32,
  M: i32,
  a: usize,
  panel: i32,
  b: usize,
  c: usize,
  scale: i32,
  add: bool,
  ahead: usize,
  second: usize,
  third: usize,
): void {
  for (let m = 0; m < M; m += DW_MC) {
    const mc = min(DW_MC, M - m);
    const aBlock = a + lines((m >> 4) * panel);
    const accumulate = add || m > 0 ? 1 : 0;
    rowTile(tile, mc, LINE, lines(panel - 1), 0, aBlock, b + lines(m), c, scale, accumulate, ahead, second, third);
  }
}

/** dW, written out; or, where the record has an update rule, W and the optimiser's state updated by it tile by tile. */
export function denseBackwardWeight(r: usize, first: i32, last: i32): void {
  const K = DenseBackwardWeight.K(r);
  const N = DenseBackwardWeight.N(r);
  const batch = samplePanels * DenseBackwardWeight.positions(r);
  const M = batch << 4;
  const x = DenseBackwardWeight.x(r);
  const dyT = DenseBackwardWeight.dyT(r);
  const dw = DenseBackwardWeight.dw(r);
  const rule = DenseBackwardWeight.rule(r);
  const w = DenseBackwardWeight.w(r);
  const s0 = DenseBackwardWeight.s0(r);
  const s1 = DenseBackwardWeight.s1(r);
  const splitK = splitInner(panels(N), rowTiles(K));
  const firstPanel = splitK ? 0 : first;
  const lastPanel = splitK ? panels(N) : last;
  const firstRow = splitK ? first * ROWS : 0;
  const lastRow = splitK ? min(last * ROWS, K) : K;
  // Plain SGD needs nothing but W and the sum: W += -learningRate * S happens in the micro-kernel's registers, and, where
  // samples make several blocks of the sum, for each of them.
  const inPlace = rule == Rule.SGD && weightDecay(hyper) == 0;
  const scale = inPlace ? reinterpret<i32>(negativeLearningRate(hyper)) : ONE;

  // While a tile's sum is taken, what it will be added to is read, the optimiser's states included.
  const target = w || dw;
  const second = s0 ? s0 - target : 0;
  const third = s1 ? s1 - target : 0;
  // Rows of X that pass over all output panels, as many as there is room to pack.
  const room = min(KC, (PACKED_LINES / batch / ROWS) * ROWS);
  const kc = room || KC;
  const look = room && N >= LOOK_FROM && !(inPlace && M > DW_MC);
  const pack = room && crowded(K, batch) && lastPanel - firstPanel >= PACK_FROM;

  for (let block = firstRow, blockEnd = 0; block < lastRow; block = blockEnd) {
    const start = block - (block % KC);
    blockEnd = min(lastRow, min(block + kc, start + KC));
    const rowsOfX = x + lines(block);
    if (look) {
      // All threads have to decide alike, so by the rows of the whole block of W, of which a thread may have a part.
      const whole = blockRows(start, K);
      const count = listRows(x + lines(start), K, whole, batch, list);
      if (worthPacking(count, whole, batch)) {
        const own = blockEnd - block;
        const ownCount = own == whole ? count : listRows(rowsOfX, K, own, batch, list);
        backwardWeightListed(r, block, own, ownCount, firstPanel, lastPanel);
        continue;
      }
    }
    if (pack) {
      listAll(blockEnd - block, list);
      packListed(rowsOfX, K, list, blockEnd - block, batch);
    }
    for (let n = firstPanel; n < lastPanel; n++) {
      for (let k = block; k < blockEnd; k += ROWS) {
        const offset = lines(weightLine(n, k, K, N));
        const tile = min(ROWS, blockEnd - k);
        const c = inPlace ? w + offset : rule ? scratch : dw + offset;
        const a = pack ? packed + lines((k - block) * batch) : rowsOfX + lines(k - block);
        const panel = pack ? tile : K;
        sumSamples(tile, M, a, panel, dyT + lines(n * M), c, scale, inPlace, target + offset, second, third);
        if (rule && !inPlace) updateLines(rule, hyper, w + offset, scratch, s0 + offset, s1 + offset, tile);
      }
    }
  }
}

/** The same of `all` rows, which lie in one block of W, where those that are not zero in the whole batch are listed. */
function backwardWeightListed(r: usize, first: i32, all: i32, count: i32, firstPanel: i32, lastPanel: i32): void {
  const K = DenseBackwardWeight.K(r);
  const N = DenseBackwardWeight.N(r);
  const batch = samplePanels * DenseBackwardWeight.positions(r);
  const M = batch << 4;
  const dyT = DenseBackwardWeight.dyT(r);
  const rule = DenseBackwardWeight.rule(r);
  const w = DenseBackwardWeight.w(r);
  const s0 = DenseBackwardWeight.s0(r);
  const s1 = DenseBackwardWeight.s1(r);
  const target = w || DenseBackwardWeight.dw(r);
  const second = s0 ? s0 - target : 0;
  const third = s1 ? s1 - target : 0;
  packListed(DenseBackwardWeight.x(r) + lines(first), K, list, count, batch);
  for (let n = firstPanel; n < lastPanel; n++) {
    const offset = lines(weightLine(n, first, K, N));
    for (let i = 0; i < count; i += ROWS) {
      const tile = min(ROWS, count - i);
      const a = packed + lines(i * batch);
      const ahead = target + offset + lines(i);
      sumSamples(tile, M, a, tile, dyT + lines(n * M), scratch + lines(i), ONE, false, ahead, second, third);
    }
    spread(scratch, list, count, all, rule ? scratch : target + offset);
    if (rule) updateLines(rule, hyper, w + offset, scratch, s0 + offset, s1 + offset, all);
  }
}

/**
 * Whether panels of X lie a multiple of a cache's way apart and crowd into the same sets: a row's lines of 8 or more of
 * them would drive B out of the first-level cache at every tile, so that their rows are packed.
 */
function crowded(K: i32, batch: i32): bool {
  return K % WAY_LINES == 0 && batch >= WAYS;
}
