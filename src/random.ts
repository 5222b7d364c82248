/**
 * Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC 2011), a generator
 * without state: four words of 32 bits are a function of a counter and a key. Everything random in lanegrad, from the
 * first weights to the order of the samples, comes from here, so that a seed means the same bits on every machine.
 * `assembly/random.ts` is its twin in WebAssembly.
 */
import { ValueError } from './errors.js';
import { show } from './fields.js';

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;
const ROUNDS = 10;

const TWO_32 = 2 ** 32;

/** Four words of 32 bits. */
export type Block = [number, number, number, number] | Uint32Array;

/** The block of a counter (four words) and a key (two words), into `out`. */
export function philox(counter: ArrayLike<number>, key: ArrayLike<number>, out: Block): void {
  let x0 = counter[0];
  let x1 = counter[1];
  let x2 = counter[2];
  let x3 = counter[3];
  let k0 = key[0];
  let k1 = key[1];
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, x0);
    const high1 = multiplyHigh(MULTIPLIER_1, x2);
    const low0 = Math.imul(MULTIPLIER_0, x0);
    const low1 = Math.imul(MULTIPLIER_1, x2);
    x0 = high1 ^ x1 ^ k0;
    x1 = low1;
    x2 = high0 ^ x3 ^ k1;
    x3 = low0;
    k0 = (k0 + WEYL_0) | 0;
    k1 = (k1 + WEYL_1) | 0;
  }
  out[0] = x0 >>> 0;
  out[1] = x1 >>> 0;
  out[2] = x2 >>> 0;
  out[3] = x3 >>> 0;
}

/** The upper 32 bits of the product of two words: by halves of 16 bits, every partial sum is below 2^53. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const carry = aLow * bHigh + (middle % 0x10000);
  return (aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(carry / 0x10000)) | 0;
}

/**
 * Fills `target` with uniform numbers from low to high: element e is word e mod 4 of the block with counter
 * (floor(e / 4), stream, 0, 0) and the seed as key: its upper 24 bits, u in [0, 1), as low + u (high - low), the
 * multiplication and the addition rounded to f32 each.
 */
export function fillUniform(target: Float32Array, seed: number, stream: number, low: number, high: number): void {
  const key = seedWords('fillUniform', seed);
  const counter = [0, checkStream('fillUniform', stream), 0, 0];
  if (!Number.isFinite(low) || !Number.isFinite(high) || low > high)
    throw new ValueError(`fillUniform: expected finite bounds with low <= high, got ${show(low)} and ${show(high)}`);
  const from = Math.fround(low);
  const range = Math.fround(Math.fround(high) - from);
  const block: Block = [0, 0, 0, 0];
  for (let e = 0; e < target.length; e++) {
    if (e % 4 === 0) {
      counter[0] = e / 4;
      philox(counter, key, block);
    }
    target[e] = from + Math.fround(unit(block[e % 4]) * range);
  }
}

/** A word's upper 24 bits as a number in [0, 1), exact in f32. */
export function unit(word: number): number {
  return (word >>> 8) / 2 ** 24;
}

/** A sequence of random numbers. Seed, stream and position are all its state: set the position to go on from there. */
export class Generator {
  readonly seed: number;
  readonly stream: number;
  readonly #key: readonly [number, number];
  readonly #block: Block = [0, 0, 0, 0];
  #blockNumber = -1;
  #position = 0;

  constructor(seed: number, stream = 0, position = 0) {
    this.#key = seedWords('Generator', seed);
    this.seed = seed;
    this.stream = checkStream('Generator', stream);
    this.position = position;
  }

  /** Words drawn so far. */
  get position(): number {
    return this.#position;
  }

  set position(position: number) {
    if (!Number.isSafeInteger(position) || position < 0)
      throw new ValueError(`Generator: expected a position that is a non-negative safe integer, got ${show(position)}`);
    this.#position = position;
  }

  /** The next word, an integer from 0 to 2^32 - 1. */
  #word(): number {
    const blockNumber = Math.floor(this.#position / 4);
    if (blockNumber !== this.#blockNumber) {
      const counter = [blockNumber >>> 0, this.stream, Math.floor(blockNumber / TWO_32), 0];
      philox(counter, this.#key, this.#block);
      this.#blockNumber = blockNumber;
    }
    return this.#block[this.#position++ % 4];
  }

  /** A number in [0, 1), a multiple of 2^-24. */
  uniform(): number {
    return unit(this.#word());
  }

  /** An integer from 0 to n - 1, each as likely as any other. */
  integer(n: number): number {
    if (!Number.isInteger(n) || n < 1 || n > TWO_32)
      throw new ValueError(`Generator.integer: expected an integer from 1 to 2^32, got ${show(n)}`);
    // Words at and above the last multiple of n are drawn again, or the first remainders would be more likely.
    const limit = TWO_32 - (TWO_32 % n);
    let word = this.#word();
    while (word >= limit) word = this.#word();
    return word % n;
  }

  /** Shuffles in place (Fisher and Yates), every order as likely as any other. */
  shuffle<T extends Int32Array | Uint32Array>(items: T): T {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      const item = items[i];
      items[i] = items[j];
      items[j] = item;
    }
    return items;
  }
}

/** A seed as the two words of a key. */
export function seedWords(operation: string, seed: number): [low: number, high: number] {
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new ValueError(`${operation}: expected a seed that is a non-negative safe integer, got ${show(seed)}`);
  return [seed >>> 0, Math.floor(seed / TWO_32)];
}

/**
 * Throws `ValueError` unless this is a stream: an integer from 0 to 2^32 - 1, without the last ones, which may be `kept`
 * for something else.
 */
export function checkStream(operation: string, stream: number, kept = 0): number {
  if (!Number.isInteger(stream) || stream < 0 || stream >= TWO_32 - kept)
    throw new ValueError(
      `${operation}: expected a stream that is an integer from 0 to 2^32 - ${1 + kept}, got ${show(stream)}`,
    );
  return stream;
}
