/**
 * Between the user's row-major arrays and panels. Samples [rows][features] are transposed on their way, since a lane is
 * a sample; weights K x N are copied line by line, since a lane is a column.
 */
import { invalid, rows, samplePanels } from '../batch';
import { PackPanels, PackRows, UnpackPanels, UnpackRows } from '../generated/instructions';
import {
  add,
  BYTES,
  copyLine,
  LANES,
  load,
  madd,
  splat,
  sum,
  transposeRows,
} from '../generated/lanes';
import { transposeMatrix } from '../matrix';
import { LINE_BYTES, lines, panels, tileRows, weightLine } from '../panel';

/** Rows of a weight matrix that go through all panels before the next: as many streams as a prefetcher follows. */
const ROWS_BLOCK: i32 = 8;

export function packRowsUnits(r: usize): i32 {
  return samplePanels;
}

/**
 * Samples into panels: those that `index` names or, without one, in the order in which they lie. Marks the run as
 * invalid where a number is not finite; what has an index was checked as a whole. Lanes beyond the batch get the last
 * sample. Sums over samples leave them out, but zeros would let a logarithm or a reciprocal reach infinity, and products
 * know these lanes by zeros in one of two factors: 0 x infinity is NaN.
 */
export function packRows(r: usize, first: i32, last: i32): void {
  const features = PackRows.features(r);
  const index = PackRows.index(r);
  for (let m = first; m < last; m++) {
    for (let f = 0; f < features; f += 16) {
      const source = PackRows.source(r) + (<usize>f << 2);
      const target = PackRows.target(r) + lines(m * features + f);
      const count = tileRows(f, features);
      for (let lane = 0; lane < 16; lane += LANES) {
        const sample = (m << 4) + lane;
        const s0 = samplePointer(source, index, sample, features);
        const s1 = samplePointer(source, index, sample + 1, features);
        const s2 = samplePointer(source, index, sample + 2, features);
        const s3 = samplePointer(source, index, sample + 3, features);
        packLanes(s0, s1, s2, s3, target + (<usize>lane << 2), count);
      }
      if (!index && !allFinite(target, count << 4)) i32.store(invalid, 1);
    }
  }
}

/** Where a sample lies; beyond the batch, where the last one does. */
// @ts-ignore: decorator
@inline
function samplePointer(source: usize, index: usize, sample: i32, features: i32): usize {
  const i = min(sample, rows - 1);
  const row = index ? i32.load(index + (<usize>i << 2)) : i;
  return source + ((<usize>row * features) << 2);
}

/** `count` numbers of LANES samples, each sample to a lane of the lines at t. */
export function packLanes(s0: usize, s1: usize, s2: usize, s3: usize, t: usize, count: i32): void {
  const end = t + lines(count);
  for (const whole = t + lines(count & -LANES); t < whole; t += lines(LANES)) {
    transposeRows(s0, s1, s2, s3, t, LINE_BYTES);
    s0 += BYTES;
    s1 += BYTES;
    s2 += BYTES;
    s3 += BYTES;
  }
  for (; t < end; t += LINE_BYTES) {
    f32.store(t, f32.load(s0));
    f32.store(t, f32.load(s1), 4);
    f32.store(t, f32.load(s2), 8);
    f32.store(t, f32.load(s3), 12);
    s0 += 4;
    s1 += 4;
    s2 += 4;
    s3 += 4;
  }
}

export function unpackRowsUnits(r: usize): i32 {
  return samplePanels;
}

/** Panels into samples. */
export function unpackRows(r: usize, first: i32, last: i32): void {
  const features = UnpackRows.features(r);
  const rowBytes = <usize>features << 2;
  for (let m = first; m < last; m++) {
    const samples = tileRows(m << 4, rows);
    const source = UnpackRows.source(r) + lines(m * features);
    const target = UnpackRows.target(r) + <usize>(m << 4) * rowBytes;
    for (let f = 0; f < features; f += 16)
      transposeMatrix(source + lines(f), LINE_BYTES, tileRows(f, features), samples, target + (<usize>f << 2), rowBytes);
  }
}

/** Whether `count` numbers hold neither NaN nor infinity, either of which makes 0 x NaN. Four sums overlap. */
export function allFinite(p: usize, count: i32): bool {
  const zero = splat(0);
  let s0 = zero;
  let s1 = zero;
  let s2 = zero;
  let s3 = zero;
  for (const end = p + (<usize>(count & -(4 * LANES)) << 2); p < end; p += 4 * BYTES) {
    s0 = madd(zero, load(p), s0);
    s1 = madd(zero, load(p + BYTES), s1);
    s2 = madd(zero, load(p + 2 * BYTES), s2);
    s3 = madd(zero, load(p + 3 * BYTES), s3);
  }
  let total = sum(add(add(s0, s1), add(s2, s3)));
  for (const end = p + (<usize>(count & (4 * LANES - 1)) << 2); p < end; p += 4) total += 0 * f32.load(p);
  return total == total;
}

export function packPanelsUnits(r: usize): i32 {
  return panels(PackPanels.N(r));
}

/** K x N into panels whose lanes beyond N are 0. */
export function packPanels(r: usize, first: i32, last: i32): void {
  const K = PackPanels.K(r);
  const N = PackPanels.N(r);
  const together = PackPanels.block(r);
  for (let block = 0; block < K; block += ROWS_BLOCK) {
    const blockEnd = min(block + ROWS_BLOCK, K);
    for (let n = first; n < last; n++) {
      const width = tileRows(n << 4, N);
      for (let k = block; k < blockEnd; k++) {
        const s = PackPanels.source(r) + ((<usize>k * N + (n << 4)) << 2);
        const t = PackPanels.target(r) + lines(weightLine(n, k, K, N, together));
        if (width == 16) {
          copyLine(s, t);
        } else {
          memory.fill(t, 0, LINE_BYTES);
          copyElements(s, t, width);
        }
      }
    }
  }
}

export function unpackPanelsUnits(r: usize): i32 {
  return panels(UnpackPanels.N(r));
}

/** Panels into K x N. */
export function unpackPanels(r: usize, first: i32, last: i32): void {
  const K = UnpackPanels.K(r);
  const N = UnpackPanels.N(r);
  const together = UnpackPanels.block(r);
  for (let block = 0; block < K; block += ROWS_BLOCK) {
    const blockEnd = min(block + ROWS_BLOCK, K);
    for (let n = first; n < last; n++) {
      const width = tileRows(n << 4, N);
      for (let k = block; k < blockEnd; k++) {
        const s = UnpackPanels.source(r) + lines(weightLine(n, k, K, N, together));
        const t = UnpackPanels.target(r) + ((<usize>k * N + (n << 4)) << 2);
        if (width == 16) copyLine(s, t);
        else copyElements(s, t, width);
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function copyElements(s: usize, t: usize, count: i32): void {
  for (const end = s + (<usize>count << 2); s < end; s += 4, t += 4) f32.store(t, f32.load(s));
}
