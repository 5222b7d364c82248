/**
 * Zeros that products leave out. The shades around a digit, the words that a text has not, a unit that is not active: what
 * a layer reads is often zero for all 16 samples of a line. Forward takes the sums of a panel of samples over the other
 * lines, dW only the rows that are not zero in the whole batch.
 *
 * No number changes: a sum starts at +0, and 0 w added to it leaves it as it is. Only the sign of a sum can differ that
 * has underflowed to -0, and a w that is not finite would have made NaN. What is left out depends on the numbers alone,
 * never on how threads share a product.
 *
 * A list holds the offsets of lines in bytes, in ascending order; there is room for KC of them.
 */
import { packed } from '../batch';
import { anyBit, clearLine, copyLine } from '../generated/lanes';
import { LINE_BYTES, lines, ROWS } from '../panel';

/** Outputs from which looking is worth it. It takes some 4 cycles a line, and a product one an output. */
export const LOOK_FROM: i32 = 64;

/** A line of so many tells whether looking at the others is worth it; a prime, which patterns in the data seldom meet. */
const SAMPLE: i32 = 7;

/** Weights that caches may hold: 16 MB. */
const CACHED: i64 = 2 ** 22;

/** Whether a first pass over K x N weights reads them from memory. */
export function isLarge(K: i32, N: i32): bool {
  return <i64>K * N > CACHED;
}

/**
 * Whether forward is to walk the list of `count` lines among `all`: a line takes a little longer so, the most on `simd`.
 * From memory, lines of W that lie apart come one by one, so that with 20 to 45 % of them left a pass takes up to 1.6
 * times as long as one over all.
 */
export function worthListing(count: i32, all: i32, fromMemory: bool): bool {
  return fromMemory ? count * 10 <= all : count < all - (all >> 3);
}

/**
 * Whether dW is to take the sums of `count` rows among `all` alone: to pack them and to move their sums into place takes
 * some 24 cycles for each of all, and a row that is left out saves 16 a panel of samples.
 */
export function worthPacking(count: i32, all: i32, batch: i32): bool {
  return (all - count) * batch * 16 >= all * 24;
}

/**
 * Lists the lines from p on, `count` of them, that are not zero; or the last, if all are: a sum has at least one term.
 * Returns how many are listed; or `count`, and lists nothing, where a sample of them has no zero.
 */
export function listLines(p: usize, count: i32, list: usize): i32 {
  let sampled = 0;
  while (sampled < count && anyBit(p + lines(sampled))) sampled += SAMPLE;
  if (sampled >= count) return count;
  const first = list;
  const end = lines(count);
  for (let line: usize = 0; line < end; line += LINE_BYTES) {
    i32.store(list, <i32>line);
    list += <usize>anyBit(p + line) << 2;
  }
  return max(1, <i32>(list - first) >> 2);
}

/** Lists rows of X, `count` of them in `batch` panels of K lines, the first at x, that are not zero in all of them. */
export function listRows(x: usize, K: i32, count: i32, batch: i32, list: usize): i32 {
  const first = list;
  const end = x + lines(count);
  for (let row = x; row < end; row += LINE_BYTES) {
    let m = 0;
    while (m < batch && !anyBit(row + lines(m * K))) m++;
    if (m == batch) continue;
    i32.store(list, <i32>(row - x));
    list += 4;
  }
  return <i32>(list - first) >> 2;
}

/** Lists all of `count` lines. */
export function listAll(count: i32, list: usize): void {
  for (let i = 0; i < count; i++) i32.store(list + (<usize>i << 2), i << 6);
}

/** Packs the listed rows of X, tile after tile, each [batch][rows of the tile][16]. */
export function packListed(x: usize, K: i32, list: usize, count: i32, batch: i32): void {
  let p = packed;
  for (let first = 0; first < count; first += ROWS) {
    const from = list + (<usize>first << 2);
    const to = list + (<usize>min(first + ROWS, count) << 2);
    for (let m = 0; m < batch; m++) {
      const panel = x + lines(m * K);
      for (let at = from; at < to; at += 4, p += LINE_BYTES) copyLine(panel + <usize>i32.load(at), p);
    }
  }
}

/** Copies `count` lines at p to the places that the list gives them among `all` at t, and sets the others to zero. */
export function spread(p: usize, list: usize, count: i32, all: i32, t: usize): void {
  // From the end, since t may be p, and no line comes to lie before its place.
  let last = count - 1;
  for (let i = all - 1; i >= 0; i--) {
    const target = t + lines(i);
    if (last >= 0 && i32.load(list + (<usize>last << 2)) == i << 6) copyLine(p + lines(last--), target);
    else clearLine(target);
  }
}
