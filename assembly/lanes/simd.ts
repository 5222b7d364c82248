/**
 * Lanes: four f32 side by side, as WebAssembly SIMD has them. The only place where the tiers `simd`, `relaxed` and
 * `wide` differ outside the micro-kernels is `madd`. `scalar.ts` has the same functions for one lane.
 */
export type Lanes = v128;
/** All bits of a lane set where a comparison held, none where it did not. */
export type Mask = v128;

/** Lanes in a value, and the bytes that they take. */
export const LANES: i32 = 4;
export const BYTES: usize = 16;

// @ts-ignore: decorator
@inline
export function load(p: usize): Lanes {
  return v128.load(p);
}

// @ts-ignore: decorator
@inline
export function store(p: usize, x: Lanes): void {
  v128.store(p, x);
}

/** The one f32 at p, in every lane. */
// @ts-ignore: decorator
@inline
export function loadSplat(p: usize): Lanes {
  return v128.load32_splat(p);
}

// @ts-ignore: decorator
@inline
export function splat(x: f32): Lanes {
  return f32x4.splat(x);
}

// @ts-ignore: decorator
@inline
export function add(a: Lanes, b: Lanes): Lanes {
  return f32x4.add(a, b);
}

// @ts-ignore: decorator
@inline
export function sub(a: Lanes, b: Lanes): Lanes {
  return f32x4.sub(a, b);
}

// @ts-ignore: decorator
@inline
export function mul(a: Lanes, b: Lanes): Lanes {
  return f32x4.mul(a, b);
}

// @ts-ignore: decorator
@inline
export function div(a: Lanes, b: Lanes): Lanes {
  return f32x4.div(a, b);
}

/** a b + c, rounded once where the tier has a fused multiply-add and twice where it has not. */
// @ts-ignore: decorator
@inline
export function madd(a: Lanes, b: Lanes, c: Lanes): Lanes {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

// @ts-ignore: decorator
@inline
export function neg(x: Lanes): Lanes {
  return f32x4.neg(x);
}

// @ts-ignore: decorator
@inline
export function abs(x: Lanes): Lanes {
  return f32x4.abs(x);
}

// @ts-ignore: decorator
@inline
export function sqrt(x: Lanes): Lanes {
  return f32x4.sqrt(x);
}

/** The nearest integer, ties to even. */
// @ts-ignore: decorator
@inline
export function nearest(x: Lanes): Lanes {
  return f32x4.nearest(x);
}

/** b where a < b, else a: one instruction, and a NaN in a comes through. */
// @ts-ignore: decorator
@inline
export function pmax(a: Lanes, b: Lanes): Lanes {
  return f32x4.pmax(a, b);
}

/** b where b < a, else a: one instruction, and a NaN in a comes through. */
// @ts-ignore: decorator
@inline
export function pmin(a: Lanes, b: Lanes): Lanes {
  return f32x4.pmin(a, b);
}

/** The greater of the two; NaN if either is NaN. */
// @ts-ignore: decorator
@inline
export function max(a: Lanes, b: Lanes): Lanes {
  return f32x4.max(a, b);
}

/** The lesser of the two; NaN if either is NaN. */
// @ts-ignore: decorator
@inline
export function min(a: Lanes, b: Lanes): Lanes {
  return f32x4.min(a, b);
}

// @ts-ignore: decorator
@inline
export function eq(a: Lanes, b: Lanes): Mask {
  return f32x4.eq(a, b);
}

// @ts-ignore: decorator
@inline
export function gt(a: Lanes, b: Lanes): Mask {
  return f32x4.gt(a, b);
}

// @ts-ignore: decorator
@inline
export function lt(a: Lanes, b: Lanes): Mask {
  return f32x4.lt(a, b);
}

/** Where they differ or one is NaN. */
// @ts-ignore: decorator
@inline
export function ne(a: Lanes, b: Lanes): Mask {
  return f32x4.ne(a, b);
}

/** Where one of the masks is set, or both. */
// @ts-ignore: decorator
@inline
export function either(a: Mask, b: Mask): Mask {
  return v128.or(a, b);
}

/** a where the mask is set, else b. */
// @ts-ignore: decorator
@inline
export function select(mask: Mask, a: Lanes, b: Lanes): Lanes {
  if (ASC_FEATURE_RELAXED_SIMD) return i32x4.relaxed_laneselect(a, b, mask);
  return v128.bitselect(a, b, mask);
}

/** x where the mask is set, else 0. */
// @ts-ignore: decorator
@inline
export function keep(mask: Mask, x: Lanes): Lanes {
  return v128.and(mask, x);
}

/** |magnitude| with the sign of `sign`. */
// @ts-ignore: decorator
@inline
export function copysign(magnitude: Lanes, sign: Lanes): Lanes {
  return v128.bitselect(magnitude, sign, i32x4.splat(0x7fffffff));
}

/** 2^n for an integer-valued n in [-126, 127], by writing the exponent's bits. */
// @ts-ignore: decorator
@inline
export function pow2(n: Lanes): Lanes {
  return i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23);
}

/** The low 8 bits of s as an exponent: 2^n for s = 1.5 2^23 + 127 + n, 0 for n = -127, infinity for n = 128. */
// @ts-ignore: decorator
@inline
export function exponentField(s: Lanes): Lanes {
  return i32x4.shl(s, 23);
}

/** The e of x = m 2^e with m in [sqrt(1/2), sqrt(2)), for a positive normal x. */
// @ts-ignore: decorator
@inline
export function exponent(x: Lanes): Lanes {
  return f32x4.convert_i32x4_s(i32x4.shr_s(i32x4.sub(x, i32x4.splat(0x3f3504f3)), 23));
}

/** The m of x = m 2^e with m in [sqrt(1/2), sqrt(2)), for a positive normal x. */
// @ts-ignore: decorator
@inline
export function mantissa(x: Lanes): Lanes {
  const e = v128.and(i32x4.sub(x, i32x4.splat(0x3f3504f3)), i32x4.splat(<i32>0xff800000));
  return i32x4.sub(x, e);
}

/** The lanes first, first + 1, ... as numbers. */
// @ts-ignore: decorator
@inline
export function iota(first: i32): Lanes {
  return f32x4.convert_i32x4_s(i32x4.add(i32x4.splat(first), i32x4(0, 1, 2, 3)));
}

/** The sum of the lanes, as (0 + 1) + (2 + 3). */
// @ts-ignore: decorator
@inline
export function sum(x: Lanes): f32 {
  return f32x4.extract_lane(x, 0) + f32x4.extract_lane(x, 1) + (f32x4.extract_lane(x, 2) + f32x4.extract_lane(x, 3));
}

/** The first lane. */
// @ts-ignore: decorator
@inline
export function first(x: Lanes): f32 {
  return f32x4.extract_lane(x, 0);
}

/** How many of a line's 16 numbers are not zero. */
// @ts-ignore: decorator
@inline
export function lanesInUse(p: usize): i32 {
  const zero = f32x4.splat(0);
  return (
    popcnt(i32x4.bitmask(f32x4.ne(v128.load(p), zero))) +
    popcnt(i32x4.bitmask(f32x4.ne(v128.load(p, 16), zero))) +
    popcnt(i32x4.bitmask(f32x4.ne(v128.load(p, 32), zero))) +
    popcnt(i32x4.bitmask(f32x4.ne(v128.load(p, 48), zero)))
  );
}

/** For each set of lanes, the bytes of their numbers in a vector; and how many bytes farther the line of each begins. */
const CHOSEN = memory.data<u8>([
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  4, 5, 6, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 1, 2, 3, 4, 5, 6, 7, 0, 0, 0, 0, 0, 0, 0, 0,
  8, 9, 10, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 1, 2, 3, 8, 9, 10, 11, 0, 0, 0, 0, 0, 0, 0, 0,
  4, 5, 6, 7, 8, 9, 10, 11, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0, 0, 0, 0,
  12, 13, 14, 15, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 1, 2, 3, 12, 13, 14, 15, 0, 0, 0, 0, 0, 0, 0, 0,
  4, 5, 6, 7, 12, 13, 14, 15, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 1, 2, 3, 4, 5, 6, 7, 12, 13, 14, 15, 0, 0, 0, 0,
  8, 9, 10, 11, 12, 13, 14, 15, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15, 0, 0, 0, 0,
  4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 0, 0, 0,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
]);
const CHOSEN_LINES = memory.data<i32>([
  0, 0, 0, 0, 0, 0, 0, 0, 64, 0, 0, 0, 0, 64, 0, 0,
  128, 0, 0, 0, 0, 128, 0, 0, 64, 128, 0, 0, 0, 64, 128, 0,
  192, 0, 0, 0, 0, 192, 0, 0, 64, 192, 0, 0, 0, 64, 192, 0,
  128, 192, 0, 0, 0, 128, 192, 0, 64, 128, 192, 0, 0, 64, 128, 192,
]);

/**
 * Writes a term at p for each of LANES numbers that is not zero, 8 bytes: an offset and the number. The first number's
 * offset is given, the next are a line farther each. Returns the end; what follows it, up to LANES terms, is written over.
 */
// @ts-ignore: decorator
@inline
export function writeTerms(p: usize, x: Lanes, offset: i32): usize {
  const mask = i32x4.bitmask(f32x4.ne(x, f32x4.splat(0)));
  const row = <usize>mask << 4;
  const bytes = v128.load(CHOSEN + row);
  const numbers = ASC_FEATURE_RELAXED_SIMD ? i8x16.relaxed_swizzle(x, bytes) : i8x16.swizzle(x, bytes);
  const offsets = i32x4.add(v128.load(CHOSEN_LINES + row), i32x4.splat(offset));
  v128.store(p, v128.shuffle<i32>(offsets, numbers, 2, 6, 3, 7), 16);
  v128.store(p, v128.shuffle<i32>(offsets, numbers, 0, 4, 1, 5));
  return p + (<usize>popcnt(mask) << 3);
}

/** Copies a line of 16 numbers. */
// @ts-ignore: decorator
@inline
export function copyLine(s: usize, t: usize): void {
  const x0 = v128.load(s);
  const x1 = v128.load(s, 16);
  const x2 = v128.load(s, 32);
  const x3 = v128.load(s, 48);
  v128.store(t, x3, 48);
  v128.store(t, x2, 32);
  v128.store(t, x1, 16);
  v128.store(t, x0);
}

/** Transposes the LANES x LANES block at s, its rows sourceStride bytes apart, into the block at t. */
// @ts-ignore: decorator
@inline
export function transposeBlock(s: usize, sourceStride: usize, t: usize, targetStride: usize): void {
  transposeRows(s, s + sourceStride, s + 2 * sourceStride, s + 3 * sourceStride, t, targetStride);
}

/** Transposes LANES rows of as many numbers, the first of them at s0, s1 and so on, into the block at t. */
// @ts-ignore: decorator
@inline
export function transposeRows(s0: usize, s1: usize, s2: usize, s3: usize, t: usize, targetStride: usize): void {
  const r0 = v128.load(s0);
  const r1 = v128.load(s1);
  const r2 = v128.load(s2);
  const r3 = v128.load(s3);
  const t0 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
  const t1 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
  const t2 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
  const t3 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  v128.store(t, v128.shuffle<f64>(t0, t2, 0, 2));
  v128.store(t + targetStride, v128.shuffle<f64>(t0, t2, 1, 3));
  v128.store(t + 2 * targetStride, v128.shuffle<f64>(t1, t3, 0, 2));
  v128.store(t + 3 * targetStride, v128.shuffle<f64>(t1, t3, 1, 3));
}

/** As many words of 32 bits. */
export type Words = v128;

// @ts-ignore: decorator
@inline
export function splatWord(x: u32): Words {
  return i32x4.splat(x);
}

/** The words first, first + 1, .... */
// @ts-ignore: decorator
@inline
export function iotaWords(first: u32): Words {
  return i32x4.add(i32x4.splat(first), i32x4(0, 1, 2, 3));
}

// @ts-ignore: decorator
@inline
export function xor(a: Words, b: Words): Words {
  return v128.xor(a, b);
}

/** The lower 32 bits of the products. */
// @ts-ignore: decorator
@inline
export function mulLow(a: Words, b: Words): Words {
  return i32x4.mul(a, b);
}

/** The upper 32 bits of the products. */
// @ts-ignore: decorator
@inline
export function mulHigh(a: Words, b: Words): Words {
  return v128.shuffle<i32>(i64x2.extmul_low_i32x4_u(a, b), i64x2.extmul_high_i32x4_u(a, b), 1, 3, 5, 7);
}

/** The upper 24 bits as numbers. */
// @ts-ignore: decorator
@inline
export function upper24(x: Words): Lanes {
  return f32x4.convert_i32x4_s(i32x4.shr_u(x, 8));
}
