/** Numbers for tests: drawn from a seed, compared so that a NaN is a difference. */
import type { Generator } from '../src/random.js';

/** Uniform numbers from low to high, as f32. */
export function uniform(generator: Generator, count: number, low = -1, high = 1): Float32Array {
  return Float32Array.from({ length: count }, () => low + (high - low) * generator.uniform());
}

/** Integers from 0 to n - 1. */
export const integers = (generator: Generator, count: number, n: number): Float32Array =>
  Float32Array.from({ length: count }, () => generator.integer(n));

/** The largest difference of two arrays; NaN if there is a NaN, infinity if the lengths differ. */
export function difference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    const d = Math.abs(actual[i] - expected[i]);
    if (!(d <= largest)) largest = d;
    if (Number.isNaN(d)) return d;
  }
  return largest;
}

/** The largest magnitude in an array. */
export function magnitude(values: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i]));
  return largest;
}

/** Whether two arrays have the same bits, quicker than `toEqual`. */
export const sameBits = (a: Float32Array, b: Float32Array): boolean => Buffer.compare(bytesOf(a), bytesOf(b)) === 0;

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);

/** The bits of f32 numbers: equal bits are more than equal numbers, since 0 and -0 differ. */
export const bits = (values: Float32Array): Uint32Array =>
  new Uint32Array(values.buffer, values.byteOffset, values.length);
