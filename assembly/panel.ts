/**
 * The layout's arithmetic. A panel's line is 16 f32: 64 bytes, one cache line.
 *
 *   activation, features F, batch B    [ceil(B / 16)][F][16]                  a lane is a sample
 *   weight, K x N                      [ceil(K / KC)][ceil(N / 16)][KC][16]   a lane is an output unit
 *   weight of a convolution            [ceil(N / 16)][K][16]                  a lane is a filter
 *   transposed gradient                [ceil(N / 16)][samples][16]            a lane is an output unit
 *
 * The rows of a weight are kept in blocks, the last of which may be shorter, because the products take their sums in
 * blocks: what is read next then lies next in memory, where the hardware's prefetchers look for it.
 */
import { KC, ROWS } from './generated/instructions';

/** Lanes in a line, and a line's bytes. */
export const LINE: i32 = 16;
export const LINE_BYTES: usize = 64;

/**
 * ROWS, 24: rows of a tile whose rows are lines. It is a multiple of the micro-kernels' 2 and 6 rows, so that none works
 * short.
 *
 * KC, 5 ROWS = 120: rows of a weight that lie together, and block of the products' sums over K. 120 lines of W and of X
 * are 15 KB, half of a 32 KB first-level cache, and leave room for the lines that are fetched ahead (compare Low et al.,
 * TOMS 2016). Panels 7.5 KB apart spread over all sets of a cache whose ways are 4 KB; 8 KB apart they would crowd into
 * the same.
 */
export { KC, ROWS };

/** Panels that hold n lanes. */
// @ts-ignore: decorator
@inline
export function panels(n: i32): i32 {
  return (n + 15) >> 4;
}

/** Tiles of ROWS rows that n rows make. */
// @ts-ignore: decorator
@inline
export function rowTiles(n: i32): i32 {
  return (n + ROWS - 1) / ROWS;
}

/** The bytes of n lines. */
// @ts-ignore: decorator
@inline
export function lines(n: i32): usize {
  return <usize>n << 6;
}

/** The number of rows of a tile that starts at `first` of `count`: 16, or what is left. */
// @ts-ignore: decorator
@inline
export function tileRows(first: i32, count: i32): i32 {
  return min(16, count - first);
}

/** Lines from the start of a K x N weight, of which `block` rows lie together, to row k of panel n. */
// @ts-ignore: decorator
@inline
export function weightLine(n: i32, k: i32, K: i32, N: i32, block: i32 = KC): i32 {
  const first = k - (k % block);
  return first * panels(N) + n * min(block, K - first) + (k - first);
}

/** Rows in the block of a dense layer's weight that begins at row `first`. */
// @ts-ignore: decorator
@inline
export function blockRows(first: i32, K: i32): i32 {
  return min(KC, K - first);
}
