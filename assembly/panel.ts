/**
 * The layout's arithmetic. A panel's line is 16 f32: 64 bytes, one cache line.
 *
 *   activation, features F, batch B    [ceil(B / 16)][F][16]      a lane is a sample
 *   weight, K x N                      [ceil(N / 16)][K][16]      a lane is an output unit
 *   transposed gradient                [ceil(N / 16)][samples][16]
 */

/** Lanes in a line, and a line's bytes. */
export const LINE: i32 = 16;
export const LINE_BYTES: usize = 64;

/** Panels that hold n lanes. */
// @ts-ignore: decorator
@inline
export function panels(n: i32): i32 {
  return (n + 15) >> 4;
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
