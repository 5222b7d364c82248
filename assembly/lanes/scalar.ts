/**
 * Lanes for WebAssembly without SIMD: one f32. The same functions as `simd.ts`, and the same results to the last bit,
 * so that the benchmark ladder's `scalar` rung differs from `simd` in nothing but the width.
 */
export type Lanes = f32;
export type Mask = bool;

export const LANES: i32 = 1;
export const BYTES: usize = 4;

// @ts-ignore: decorator
@inline
export function load(p: usize): Lanes {
  return f32.load(p);
}

// @ts-ignore: decorator
@inline
export function store(p: usize, x: Lanes): void {
  f32.store(p, x);
}

// @ts-ignore: decorator
@inline
export function loadSplat(p: usize): Lanes {
  return f32.load(p);
}

// @ts-ignore: decorator
@inline
export function splat(x: f32): Lanes {
  return x;
}

// @ts-ignore: decorator
@inline
export function add(a: Lanes, b: Lanes): Lanes {
  return a + b;
}

// @ts-ignore: decorator
@inline
export function sub(a: Lanes, b: Lanes): Lanes {
  return a - b;
}

// @ts-ignore: decorator
@inline
export function mul(a: Lanes, b: Lanes): Lanes {
  return a * b;
}

// @ts-ignore: decorator
@inline
export function div(a: Lanes, b: Lanes): Lanes {
  return a / b;
}

// @ts-ignore: decorator
@inline
export function madd(a: Lanes, b: Lanes, c: Lanes): Lanes {
  return a * b + c;
}

// @ts-ignore: decorator
@inline
export function neg(x: Lanes): Lanes {
  return -x;
}

// @ts-ignore: decorator
@inline
export function abs(x: Lanes): Lanes {
  return f32.abs(x);
}

// @ts-ignore: decorator
@inline
export function sqrt(x: Lanes): Lanes {
  return f32.sqrt(x);
}

// @ts-ignore: decorator
@inline
export function nearest(x: Lanes): Lanes {
  return f32.nearest(x);
}

// @ts-ignore: decorator
@inline
export function pmax(a: Lanes, b: Lanes): Lanes {
  return a < b ? b : a;
}

// @ts-ignore: decorator
@inline
export function pmin(a: Lanes, b: Lanes): Lanes {
  return b < a ? b : a;
}

// @ts-ignore: decorator
@inline
export function max(a: Lanes, b: Lanes): Lanes {
  return f32.max(a, b);
}

// @ts-ignore: decorator
@inline
export function min(a: Lanes, b: Lanes): Lanes {
  return f32.min(a, b);
}

// @ts-ignore: decorator
@inline
export function eq(a: Lanes, b: Lanes): Mask {
  return a == b;
}

// @ts-ignore: decorator
@inline
export function gt(a: Lanes, b: Lanes): Mask {
  return a > b;
}

// @ts-ignore: decorator
@inline
export function lt(a: Lanes, b: Lanes): Mask {
  return a < b;
}

// @ts-ignore: decorator
@inline
export function ne(a: Lanes, b: Lanes): Mask {
  return a != b;
}

// @ts-ignore: decorator
@inline
export function either(a: Mask, b: Mask): Mask {
  return a || b;
}

// @ts-ignore: decorator
@inline
export function select(mask: Mask, a: Lanes, b: Lanes): Lanes {
  return mask ? a : b;
}

// @ts-ignore: decorator
@inline
export function keep(mask: Mask, x: Lanes): Lanes {
  return mask ? x : 0;
}

// @ts-ignore: decorator
@inline
export function copysign(magnitude: Lanes, sign: Lanes): Lanes {
  return f32.copysign(magnitude, sign);
}

// @ts-ignore: decorator
@inline
export function pow2(n: Lanes): Lanes {
  return reinterpret<f32>((<i32>n + 127) << 23);
}

// @ts-ignore: decorator
@inline
export function exponentField(s: Lanes): Lanes {
  return reinterpret<f32>(reinterpret<i32>(s) << 23);
}

// @ts-ignore: decorator
@inline
export function exponent(x: Lanes): Lanes {
  return <f32>((reinterpret<i32>(x) - 0x3f3504f3) >> 23);
}

// @ts-ignore: decorator
@inline
export function mantissa(x: Lanes): Lanes {
  return reinterpret<f32>(reinterpret<i32>(x) - ((reinterpret<i32>(x) - 0x3f3504f3) & <i32>0xff800000));
}

// @ts-ignore: decorator
@inline
export function iota(first: i32): Lanes {
  return <f32>first;
}

// @ts-ignore: decorator
@inline
export function first(x: Lanes): f32 {
  return x;
}

// @ts-ignore: decorator
@inline
export function sum(x: Lanes): f32 {
  return x;
}

/** How many of a line's 16 numbers are not zero. */
// @ts-ignore: decorator
@inline
export function lanesInUse(p: usize): i32 {
  let used = 0;
  for (const end = p + 16 * BYTES; p < end; p += BYTES) used += i32(load(p) != 0);
  return used;
}

/** Writes a term at p, an offset and a number, if that is not zero. Returns the end; what follows it is written over. */
// @ts-ignore: decorator
@inline
export function writeTerms(p: usize, x: Lanes, offset: i32): usize {
  i32.store(p, offset);
  f32.store(p, x, 4);
  return p + (<usize>(x != 0) << 3);
}

/** Copies a line of 16 numbers. */
// @ts-ignore: decorator
@inline
export function copyLine(s: usize, t: usize): void {
  for (const end = s + 16 * BYTES; s < end; s += BYTES, t += BYTES) store(t, load(s));
}

// @ts-ignore: decorator
@inline
export function transposeBlock(s: usize, sourceStride: usize, t: usize, targetStride: usize): void {
  f32.store(t, f32.load(s));
}

// @ts-ignore: decorator
@inline
export function transposeRows(s0: usize, s1: usize, s2: usize, s3: usize, t: usize, targetStride: usize): void {
  f32.store(t, f32.load(s0));
}

export type Words = u32;

// @ts-ignore: decorator
@inline
export function splatWord(x: u32): Words {
  return x;
}

// @ts-ignore: decorator
@inline
export function iotaWords(first: u32): Words {
  return first;
}

// @ts-ignore: decorator
@inline
export function xor(a: Words, b: Words): Words {
  return a ^ b;
}

// @ts-ignore: decorator
@inline
export function mulLow(a: Words, b: Words): Words {
  return a * b;
}

// @ts-ignore: decorator
@inline
export function mulHigh(a: Words, b: Words): Words {
  return <u32>((<u64>a * <u64>b) >> 32);
}

// @ts-ignore: decorator
@inline
export function upper24(x: Words): Lanes {
  return <f32>(x >> 8);
}
