/**
 * Sums over features, over a tensor and over the batch. Lanes are added line by line; where lanes must meet, they do so
 * by halves in memory, in an order that does not depend on how many of them a vector has.
 */
import { rows, samplePanels, scratch } from '../batch';
import { BatchMean, ShareBatch, SumBatch, SumFeatures, SumPanels } from '../generated/instructions';
import { add, BYTES, iota, keep, LANES, load, lt, mul, splat, store, sub } from '../generated/lanes';
import { blockRows, KC, LINE_BYTES, lines, panels, tileRows, weightLine } from '../panel';
import { excess, SUM_BLOCK } from './compensate';

export function sumFeaturesUnits(r: usize): i32 {
  return samplePanels;
}

/** y[m][16] = scale * sum over f of x[m][f][16] */
export function sumFeatures(r: usize, first: i32, last: i32): void {
  const features = SumFeatures.features(r);
  const scale = splat(SumFeatures.scale(r));
  for (let m = first; m < last; m++) {
    const y = SumFeatures.y(r) + lines(m);
    sumLines(SumFeatures.x(r) + lines(m * features), features, y);
    for (let j: usize = 0; j < LINE_BYTES; j += BYTES) store(y + j, mul(scale, load(y + j)));
  }
}

/** The sum of `count` lines, at least one, in blocks of SUM_BLOCK. */
function sumLines(x: usize, count: i32, y: usize): void {
  for (let j: usize = 0; j < LINE_BYTES; j += 4 * BYTES) {
    let p = x + j;
    const end = p + lines(count);
    let sum0 = splat(0);
    let sum1 = splat(0);
    let sum2 = splat(0);
    let sum3 = splat(0);
    let excess0 = splat(0);
    let excess1 = splat(0);
    let excess2 = splat(0);
    let excess3 = splat(0);
    while (p < end) {
      const blockEnd = min(p + lines(SUM_BLOCK), end);
      let block0 = splat(0);
      let block1 = splat(0);
      let block2 = splat(0);
      let block3 = splat(0);
      for (; p < blockEnd; p += LINE_BYTES) {
        block0 = add(block0, load(p));
        block1 = add(block1, load(p + BYTES));
        block2 = add(block2, load(p + 2 * BYTES));
        block3 = add(block3, load(p + 3 * BYTES));
      }
      block0 = sub(block0, excess0);
      block1 = sub(block1, excess1);
      block2 = sub(block2, excess2);
      block3 = sub(block3, excess3);
      const next0 = add(sum0, block0);
      const next1 = add(sum1, block1);
      const next2 = add(sum2, block2);
      const next3 = add(sum3, block3);
      excess0 = excess(next0, sum0, block0);
      excess1 = excess(next1, sum1, block1);
      excess2 = excess(next2, sum2, block2);
      excess3 = excess(next3, sum3, block3);
      sum0 = next0;
      sum1 = next1;
      sum2 = next2;
      sum3 = next3;
    }
    store(y + j + 3 * BYTES, sum3);
    store(y + j + 2 * BYTES, sum2);
    store(y + j + BYTES, sum1);
    store(y + j, sum0);
  }
}

export function sumPanelsUnits(r: usize): i32 {
  return 1;
}

/** y[0] = scale * sum of a weight's panels, the lanes beyond N left out. Sums of KC lines in f32 go into one of f64. */
export function sumPanels(r: usize, first: i32, last: i32): void {
  if (first == last) return;
  const K = SumPanels.K(r);
  const N = SumPanels.N(r);
  const block = SumPanels.block(r);
  let sum: f64 = 0;
  for (let n = 0; n < panels(N); n++) {
    const width = tileRows(n << 4, N);
    for (let k = 0; k < K; k += KC) {
      sumLines(SumPanels.x(r) + lines(weightLine(n, k, K, N, block)), blockRows(k, K), scratch);
      for (let lane = 0; lane < width; lane++) sum += f32.load(scratch + (<usize>lane << 2));
    }
  }
  storeScalar(SumPanels.y(r), <f32>(SumPanels.scale(r) * sum));
}

export function sumBatchUnits(r: usize): i32 {
  return panels(SumBatch.features(r));
}

/** The tiles of 16 lines in the scratch memory that `sumBatch` uses: the sums, what they hold too much, a block of them. */
const SUMS: usize = 0;
const EXCESS: usize = 16 * LINE_BYTES;
const BLOCK: usize = 32 * LINE_BYTES;

/**
 * y[f] = sum, or mean, over the samples of x[m][f][16], in blocks of SUM_BLOCK panels; 0 from `features` to the end of
 * y's last line.
 */
export function sumBatch(r: usize, first: i32, last: i32): void {
  const features = SumBatch.features(r);
  const x = SumBatch.x(r);
  const divisor: f32 = SumBatch.mean(r) ? <f32>rows : 1;
  for (let line = first; line < last; line++) {
    const f = line << 4;
    const count = tileRows(f, features);
    memory.fill(scratch, 0, BLOCK);
    for (let block = 0; block < samplePanels; block += SUM_BLOCK) {
      // The first block is the sum of one.
      const sum = scratch + (block ? BLOCK : SUMS);
      if (block) memory.fill(sum, 0, lines(count));
      for (let m = block; m < min(block + SUM_BLOCK, samplePanels); m++) {
        const samples = tileRows(m << 4, rows);
        if (samples == 16) addLines(x + lines(m * features + f), count, sum);
        else addLanes(x + lines(m * features + f), count, samples, sum);
      }
      if (block) addBlock(count);
    }
    const y = SumBatch.y(r) + lines(line);
    for (let i = 0; i < 16; i++) f32.store(y + (<usize>i << 2), sumLine(scratch + SUMS + lines(i)) / divisor);
  }
}

/** sum += `count` lines at x */
function addLines(x: usize, count: i32, sum: usize): void {
  for (const end = x + lines(count); x < end; x += 2 * BYTES, sum += 2 * BYTES) {
    const low = add(load(sum), load(x));
    const high = add(load(sum + BYTES), load(x + BYTES));
    store(sum + BYTES, high);
    store(sum, low);
  }
}

/** The same with the first `samples` lanes alone. */
function addLanes(x: usize, count: i32, samples: i32, sums: usize): void {
  for (let lane = 0; lane < samples; lane += LANES) {
    const mask = lt(iota(lane), splat(<f32>samples));
    const offset = <usize>lane << 2;
    for (let i = 0; i < count; i++) {
      const sum = sums + lines(i) + offset;
      store(sum, add(load(sum), keep(mask, load(x + lines(i) + offset))));
    }
  }
}

/** Adds `count` lines of a block to the sums, with compensation. */
function addBlock(count: i32): void {
  for (let sum = scratch + SUMS, end = sum + lines(count); sum < end; sum += BYTES) {
    const before = load(sum);
    const term = sub(load(sum + BLOCK), load(sum + EXCESS));
    const next = add(before, term);
    store(sum + EXCESS, excess(next, before, term));
    store(sum, next);
  }
}

/** The sum of a line's lanes, by halves: 16 to 8 to 4 to 1. The line is used up. */
// @ts-ignore: decorator
@inline
function sumLine(p: usize): f32 {
  for (let half: usize = 32; half >= 16; half >>= 1) {
    for (let j: usize = 0; j < half; j += BYTES) store(p + j, add(load(p + j), load(p + j + half)));
  }
  return f32.load(p) + f32.load(p, 8) + (f32.load(p, 4) + f32.load(p, 12));
}

export function shareBatchUnits(r: usize): i32 {
  return samplePanels;
}

/** The gradient of the batch's mean: y[m][f][16] = x[f] / rows, in the lanes beyond the batch too, which repeat a sample. */
export function shareBatch(r: usize, first: i32, last: i32): void {
  const features = ShareBatch.features(r);
  for (let m = first; m < last; m++) {
    let y = ShareBatch.y(r) + lines(m * features);
    for (let f = 0; f < features; f++, y += LINE_BYTES) {
      const value = splat(f32.load(ShareBatch.x(r) + (<usize>f << 2)) / <f32>rows);
      for (let j: usize = 0; j < LINE_BYTES; j += 2 * BYTES) {
        store(y + j + BYTES, value);
        store(y + j, value);
      }
    }
  }
}

export function batchMeanUnits(r: usize): i32 {
  return 1;
}

/** y[0] = the mean over the samples of one number each, summed in their order in f64. */
export function batchMean(r: usize, first: i32, last: i32): void {
  if (first == last) return;
  const x = BatchMean.x(r);
  let sum: f64 = 0;
  for (let i = 0; i < rows; i++) sum += f32.load(x + (<usize>i << 2));
  storeScalar(BatchMean.y(r), <f32>(sum / rows));
}

/** A scalar's line: the value in lane 0, zeros in the rest. */
// @ts-ignore: decorator
@inline
function storeScalar(y: usize, value: f32): void {
  memory.fill(y, 0, LINE_BYTES);
  f32.store(y, value);
}
