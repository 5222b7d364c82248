/**
 * The third product of a dense layer, dW = X^T dY, summed over the samples; see `dense.ts`. Its epilogue is the
 * optimiser's update, so that dW itself is written only where somebody asks for it.
 */
import { hyper, PACKED_LINES, packed, samplePanels, scratch } from '../batch';
import { DenseBackwardWeight, Rule } from '../generated/instructions';
import { rowTile } from '../generated/micro-kernels';
import { sparseRows, STREAMS } from '../generated/sparse-kernels';
import { blockRows, KC, LINE, lines, panels, ROWS, rowTiles, weightLine } from '../panel';
import { updateLines, negativeLearningRate, weightDecay } from '../update/rules';
import { ONE, splitInner } from './dense';
import { isSparse, rowsOfTerms, rowTerms } from './sparse';

/** Block of dW's sum over the samples. */
const DW_MC: i32 = 256;
/** Lines in a way of a 32 KB first-level cache of 8 ways. */
const WAY_LINES: i32 = 64;
const WAYS: i32 = 8;
/** Output panels for which packing all rows of X is worth the copy. */
const PACK_FROM: i32 = 64;

export function denseBackwardWeightUnits(r: usize): i32 {
  const outer = panels(DenseBackwardWeight.N(r));
  const inner = rowTiles(DenseBackwardWeight.K(r));
  return splitInner(outer, inner) ? inner : outer;
}

/** Of the dW that is worked on: its samples, its update rule, what that changes, and what its tiles will be added to. */
let M: i32 = 0;
let rule: i32 = 0;
let w: usize = 0;
let s0: usize = 0;
let s1: usize = 0;
let target: usize = 0;
/**
 * Plain SGD needs nothing but W and the sum: W += -learningRate * S happens in the micro-kernel's registers, if samples
 * make one block of the sum. Several would be rounded to W's last place each, and a small step would be lost. So then,
 * and by other rules, W is updated by a tile of dW in the scratch memory.
 */
let inPlace: bool = false;
let byTile: bool = false;
let scale: i32 = ONE;

function findWeight(r: usize): void {
  M = (samplePanels * DenseBackwardWeight.positions(r)) << 4;
  rule = DenseBackwardWeight.rule(r);
  w = DenseBackwardWeight.w(r);
  s0 = DenseBackwardWeight.s0(r);
  s1 = DenseBackwardWeight.s1(r);
  target = w || DenseBackwardWeight.dw(r);
  inPlace = rule == Rule.SGD && weightDecay(hyper) == 0 && M <= DW_MC;
  byTile = rule != Rule.NONE && !inPlace;
  scale = inPlace ? reinterpret<i32>(negativeLearningRate(hyper)) : ONE;
}

/**
 * C = scale S, or C += scale S, of a tile of dW, S in blocks over the samples; panels of A have so many lines. Meanwhile what
 * the tile will be added to is read, from the lines at `offset` on, the optimiser's states included.
 */
// @ts-ignore: decorator
@inline
function sumSamples(tile: i32, a: usize, panel: i32, b: usize, c: usize, offset: usize): void {
  const second = s0 ? s0 - target : 0;
  const third = s1 ? s1 - target : 0;
  for (let m = 0; m < M; m += DW_MC) {
    const mc = min(DW_MC, M - m);
    const aBlock = a + lines((m >> 4) * panel);
    const accumulate = inPlace || m > 0 ? 1 : 0;
    const ahead = target + offset;
    rowTile(tile, mc, LINE, lines(panel - 1), 0, aBlock, b + lines(m), c, scale, accumulate, ahead, second, third);
  }
}

/** Updates `count` lines of W at `offset` by their dW. */
// @ts-ignore: decorator
@inline
function updateTile(offset: usize, dw: usize, count: i32): void {
  updateLines(rule, hyper, w + offset, dw, s0 + offset, s1 + offset, count);
}

/** dW, written out; or, where the record has an update rule, W and the optimiser's state updated by it tile by tile. */
export function denseBackwardWeight(r: usize, first: i32, last: i32): void {
  const K = DenseBackwardWeight.K(r);
  const N = DenseBackwardWeight.N(r);
  const x = DenseBackwardWeight.x(r);
  const dyT = DenseBackwardWeight.dyT(r);
  findWeight(r);
  const batch = M >> 4;
  const splitK = splitInner(panels(N), rowTiles(K));
  const firstPanel = splitK ? 0 : first;
  const lastPanel = splitK ? panels(N) : last;
  const firstRow = splitK ? first * ROWS : 0;
  const lastRow = splitK ? min(last * ROWS, K) : K;

  const blocks = (M + DW_MC - 1) / DW_MC;
  const rowsToList = isSparse(x, batch * K, N, false) ? rowsOfTerms(M, blocks) : 0;
  const rowsToPack = min(KC, (PACKED_LINES / batch / ROWS) * ROWS);
  const pack = rowsToPack && crowded(K, batch) && lastPanel - firstPanel >= PACK_FROM;
  // Rows of X that pass over all output panels.
  const kc = rowsToList || (pack ? rowsToPack : KC);

  for (let block = firstRow, blockEnd = 0; block < lastRow; block = blockEnd) {
    blockEnd = min(lastRow, min(block + kc, block - (block % KC) + KC));
    const rowsOfX = x + lines(block);
    if (rowsToList) {
      listTerms(rowsOfX, K, blockEnd - block, batch);
      backwardWeightSparse(r, block, blockEnd, firstPanel, lastPanel);
      continue;
    }
    if (pack) packRows(rowsOfX, K, blockEnd - block, batch);
    for (let n = firstPanel; n < lastPanel; n++) {
      for (let k = block; k < blockEnd; k += ROWS) {
        const offset = lines(weightLine(n, k, K, N));
        const tile = min(ROWS, blockEnd - k);
        const c = byTile ? scratch : target + offset;
        const a = pack ? packed + lines((k - block) * batch) : rowsOfX + lines(k - block);
        const panel = pack ? tile : K;
        sumSamples(tile, a, panel, dyT + lines(n * M), c, offset);
        if (byTile) updateTile(offset, scratch, tile);
      }
    }
  }
}

/** Packs `count` rows of X, tile after tile, each [batch][rows of the tile][16]. */
function packRows(x: usize, K: i32, count: i32, batch: i32): void {
  let p = packed;
  for (let first = 0; first < count; first += ROWS) {
    const tile = lines(min(ROWS, count - first));
    for (let m = 0; m < batch; m++, p += tile) memory.copy(p, x + lines(m * K + first), tile);
  }
}

/** Lists the terms of `count` rows of X, tile after tile, each [blocks of samples][rows of the tile]. */
function listTerms(x: usize, K: i32, count: i32, batch: i32): void {
  let p = packed;
  for (let first = 0; first < count; first += ROWS) {
    const last = min(first + ROWS, count);
    for (let m = 0; m < batch; m += DW_MC >> 4) {
      const panels = min(DW_MC >> 4, batch - m);
      for (let k = first; k < last; k++) p = rowTerms(p, x + lines(m * K + k), lines(K), panels);
    }
  }
}

/** dW of rows `first` to `last` of one block of W, over the listed terms of X. */
function backwardWeightSparse(r: usize, first: i32, last: i32, firstPanel: i32, lastPanel: i32): void {
  const K = DenseBackwardWeight.K(r);
  const N = DenseBackwardWeight.N(r);
  const dyT = DenseBackwardWeight.dyT(r);
  const panel = lines(blockRows(first - (first % KC), K));
  for (let n = firstPanel; n < lastPanel; n += STREAMS) {
    const count = min(STREAMS, lastPanel - n);
    let terms = packed;
    for (let k = first; k < last; k += ROWS) {
      const tile = min(ROWS, last - k);
      const offset = lines(weightLine(n, k, K, N));
      const c = byTile ? scratch : target + offset;
      const cApart = byTile ? lines(ROWS) : panel;
      for (let m = 0; m < M; m += DW_MC) {
        const add = inPlace || m > 0 ? 1 : 0;
        terms = sparseRows(tile, count, terms, dyT + lines(n * M + m), lines(M), c, cApart, scale, add);
      }
      if (byTile)
        for (let i = 0; i < count; i++) updateTile(offset + i * panel, scratch + lines(i * ROWS), tile);
    }
  }
}

/**
 * Whether panels of X lie a multiple of a cache's way apart and crowd into the same sets: a row's lines of 8 or more of
 * them would drive B out of the first-level cache at every tile, so that their rows are packed.
 */
function crowded(K: i32, batch: i32): bool {
  return K % WAY_LINES == 0 && batch >= WAYS;
}
