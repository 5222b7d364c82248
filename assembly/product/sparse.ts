/**
 * Sums over numbers that are not zero. The shades around a digit, the words that a text has not, half of what a ReLU lets
 * through: much of what a layer reads is zero, each sample's in other places. Where most is, Y = X W and dW = X^T dY run
 * over lists of the others, in the kernels of `sparse-kernels.ts`.
 *
 * No number changes: a sum starts at +0, and 0 w added to it leaves it as it is. Only the sign of a sum can differ that
 * has underflowed to -0, and a w or dY that is not finite would have made NaN. Whether zeros are left out depends on X and
 * the sizes, never on how threads share a product.
 */
import { PACKED_LINES, scratch } from '../batch';
import { BYTES, LANES, lanesInUse, load, writeTerms } from '../generated/lanes';
import { transposeMatrix } from '../matrix';
import { KC, LINE, LINE_BYTES, lines, ROWS } from '../panel';

/** A line of so many, or a few more, tells how much is zero, about 512 of them at most. */
const SAMPLE: i32 = 11;
const SAMPLES: i32 = 512;

/**
 * Listing a number takes as long as so many outputs of a dense product. It was measured as 24; the rest is for threads,
 * each of which lists all of X.
 */
const LISTING: i32 = 40;
/** Outputs that give each of two threads the four panels that a kernel takes side by side. */
const LEAST_OUTPUTS: i32 = 128;

/** Bytes of a term, and of what stands before the terms of a row. */
const TERM_BYTES: i32 = 8;

/** Weights of 8 MB and of 16 MB. */
const LARGE: i64 = 2 ** 21;
const CACHED: i64 = 2 ** 22;

/** Whether K x N weights are too large for a second-level cache, so that a batch's first pass over them takes longer. */
export function isLarge(K: i32, N: i32): bool {
  return <i64>K * N >= LARGE;
}

/** Whether K x N weights come from memory even where they are all that is read again and again. */
export function fromMemory(K: i32, N: i32): bool {
  return <i64>K * N > CACHED;
}

/**
 * Whether products with `outputs` outputs are to leave out the zeros of x, `count` lines.
 *
 * A term takes up to 1.5 times as long as a number of a dense product, and listing a number as long as LISTING outputs.
 * With `memory` W comes from there, and the lines of a list come one by one: more than a tenth of them would take up to
 * 1.6 times as long as all.
 */
export function isSparse(x: usize, count: i32, outputs: i32, memory: bool): bool {
  if (outputs < LEAST_OUTPUTS) return false;
  let step = max(SAMPLE, (count / SAMPLES) | 1);
  // A step that divides a row's length would meet the same features in all rows.
  while (count % step == 0) step += 2;
  let looked = 0;
  let used = 0;
  for (let line = 0; line < count; line += step) {
    used += lanesInUse(x + lines(line));
    looked += LINE;
  }
  return memory ? used * 10 <= looked : <f32>used * 1.5 <= <f32>looked * (1 - <f32>LISTING / <f32>outputs);
}

/** Rows of X whose terms over M samples, in `blocks` blocks of the sum, have room; a multiple of ROWS up to KC. */
export function rowsOfTerms(M: i32, blocks: i32): i32 {
  const rows = <i32>lines(PACKED_LINES) / (TERM_BYTES * (M + blocks));
  return min(KC, rows - (rows % ROWS));
}

/** Writes a term at p. Returns its end; or p, where it is not kept. */
// @ts-ignore: decorator
@inline
function writeTerm(p: usize, x: f32, offset: i32, keep: bool): usize {
  i32.store(p, offset);
  f32.store(p, x, 4);
  return p + (<usize>keep << 3);
}

/** Appends terms at p for those of `count` numbers that are not zero; the first belongs to the line at `offset`. */
// @ts-ignore: decorator
@inline
function appendTerms(p: usize, numbers: usize, count: i32, offset: i32): usize {
  const end = numbers + (<usize>count << 2);
  for (; numbers + BYTES <= end; numbers += BYTES, offset += LANES << 6) p = writeTerms(p, load(numbers), offset);
  for (; numbers < end; numbers += 4, offset += 64) {
    const x = f32.load(numbers);
    p = writeTerm(p, x, offset, x != 0);
  }
  return p;
}

/** Writes how many bytes of terms stand between a row's start and p; one that has none gets a term of 0. */
function closeRow(row: usize, p: usize): usize {
  if (p == row + TERM_BYTES) p = writeTerm(p, 0, 0, true);
  i32.store(row, <i32>(p - row) - TERM_BYTES);
  return p;
}

/** The terms of each lane of `count` lines of X, KC at most, whose lines of W lie one after the other. */
export function laneTerms(p: usize, x: usize, count: i32): void {
  const lane: usize = 4 * KC;
  transposeMatrix(x, LINE_BYTES, count, LINE, scratch, lane);
  for (let i = 0; i < LINE; i++) p = closeRow(p, appendTerms(p + TERM_BYTES, scratch + i * lane, count, 0));
}

/** The terms of a row of X over panels of samples `panelBytes` apart, whose lines of dY lie one after the other. */
export function rowTerms(p: usize, row: usize, panelBytes: usize, batch: i32): usize {
  let end = p + TERM_BYTES;
  for (let m = 0; m < batch; m++) end = appendTerms(end, row + m * panelBytes, LINE, m << 10);
  return closeRow(p, end);
}

/** The terms of the first lane of `count` lines of X; all of them, or those that are not zero. */
export function firstLaneTerms(p: usize, x: usize, count: i32, all: bool): void {
  let end = p + TERM_BYTES;
  for (let k = 0; k < count; k++) {
    const number = f32.load(x + lines(k));
    end = writeTerm(end, number, k << 6, all || number != 0);
  }
  closeRow(p, end);
}
