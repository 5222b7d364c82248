import { describe, expect, it } from 'vitest';
import { ValueError } from '../src/errors.js';
import { fillUniform, Generator, philox } from '../src/random.js';
import { runtimeFor } from '../src/runtime/runtime.js';
import { bits } from './numbers.js';
import { availableTiers } from './tiers.js';

/** The known answers of Random123's kat_vectors for philox4x32-10. */
const knownAnswers = [
  {
    counter: [0, 0, 0, 0],
    key: [0, 0],
    answer: [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
  },
  {
    counter: [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    key: [0xffffffff, 0xffffffff],
    answer: [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  },
  {
    counter: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    key: [0xa4093822, 0x299f31d0],
    answer: [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  },
];

const identity = (n: number) => Int32Array.from({ length: n }, (_, i) => i);
const draw = (generator: Generator, n: number) => Array.from({ length: n }, () => generator.uniform());

describe('philox', () => {
  it.each(knownAnswers)('gives the published block for counter $counter', ({ counter, key, answer }) => {
    const out = new Uint32Array(4);
    philox(counter, key, out);
    expect([...out]).toEqual(answer);
  });
});

describe('fillUniform', () => {
  it('stays within its bounds and has their mean', () => {
    const n = 100_000;
    const values = new Float32Array(n);
    fillUniform(values, 7, 0, -2, 3);
    const mean = values.reduce((sum, value) => sum + value, 0) / n;
    // The mean of n uniform numbers has a standard deviation of (high - low) / sqrt(12 n): five of them are allowed.
    expect(Math.abs(mean - 0.5)).toBeLessThan((5 * 5) / Math.sqrt(12 * n));
    expect(values.every((value) => value >= -2 && value <= 3)).toBe(true);
  });

  it('gives a prefix of the same numbers to a shorter array', () => {
    const long = new Float32Array(11);
    const short = new Float32Array(6);
    fillUniform(long, 1, 2, 0, 1);
    fillUniform(short, 1, 2, 0, 1);
    expect(short).toEqual(long.subarray(0, 6));
  });

  it('depends on both words of the seed and on the stream', () => {
    const first = [
      [5, 0],
      [5 + 2 ** 32, 0],
      [5, 1],
    ].map(([seed, stream]) => {
      const value = new Float32Array(1);
      fillUniform(value, seed!, stream!, 0, 1);
      return value[0];
    });
    expect(new Set(first).size).toBe(3);
  });

  it('refuses seeds, streams and bounds that it cannot use', () => {
    const target = new Float32Array(1);
    expect(() => fillUniform(target, -1, 0, 0, 1)).toThrow(ValueError);
    expect(() => fillUniform(target, 0.5, 0, 0, 1)).toThrow(ValueError);
    expect(() => fillUniform(target, 2 ** 53, 0, 0, 1)).toThrow(ValueError);
    expect(() => fillUniform(target, 0, 2 ** 32, 0, 1)).toThrow(ValueError);
    expect(() => fillUniform(target, 0, 0, 1, 0)).toThrow(ValueError);
    expect(() => fillUniform(target, 0, 0, 0, Number.POSITIVE_INFINITY)).toThrow(ValueError);
  });
});

const kernelTiers = (await availableTiers()).filter((tier) => tier !== 'js');

describe.each(kernelTiers)('the kernel on %s', (tier) => {
  it.each([
    [0, 0, 0, 1],
    [7, 3, -0.1, 0.1],
    [2 ** 32 - 1, 2 ** 32 - 1, -1e-20, 3e20],
    [2 ** 32, 5, 0.3, 0.3],
    [Number.MAX_SAFE_INTEGER, 2 ** 31, -3e38, 0],
  ])('fills with the same bits for seed %d, stream %d, from %d to %d', async (seed, stream, low, high) => {
    const { exports, heap } = await runtimeFor(tier);
    for (const count of [1, 2, 3, 4, 5, 1001]) {
      const target = heap.allocate(4 * count + 4, 'test');
      exports.fillUniform(target, 0, count, seed >>> 0, Math.floor(seed / 2 ** 32), stream, low, high);
      const expected = new Float32Array(count);
      fillUniform(expected, seed, stream, low, high);
      expect(bits(heap.f32.slice(target / 4, target / 4 + count))).toEqual(bits(expected));
      expect(heap.f32[target / 4 + count]).toBe(0);
      heap.free(target, 4 * count + 4);
    }
  });

  it('fills the panels of a tensor in row-major order', async () => {
    const runtime = await runtimeFor(tier);
    // The last has more numbers than are drawn at a time.
    for (const shape of [[37], [5, 3], [3, 17], [2, 3, 20], [700, 50]]) {
      const count = shape.reduce((product, extent) => product * extent, 1);
      const bytes = 64 * 16 * count;
      const target = runtime.heap.allocate(bytes, 'test');
      runtime.fillUniform(target, shape, 11, 2, -1, 1);
      const expected = new Float32Array(count);
      fillUniform(expected, 11, 2, -1, 1);
      expect(runtime.unpack(target, shape)).toEqual(expected);
      runtime.heap.free(target, bytes);
    }
  });
});

describe('Generator', () => {
  it('draws the numbers of fillUniform', () => {
    const values = new Float32Array(9);
    fillUniform(values, 11, 3, 0, 1);
    expect(draw(new Generator(11, 3), 9)).toEqual([...values]);
  });

  it('goes on from a position as if it had never stopped', () => {
    for (const taken of [0, 1, 3, 4, 10]) {
      const whole = draw(new Generator(3), taken + 20);
      const generator = new Generator(3);
      draw(generator, taken);
      expect(draw(new Generator(3, 0, generator.position), 20)).toEqual(whole.slice(taken));
    }
  });

  it('goes back and forth over blocks', () => {
    const generator = new Generator(3);
    const whole = draw(generator, 12);
    for (const position of [7, 2, 11, 0, 4]) {
      generator.position = position;
      expect(generator.uniform()).toBe(whole[position]);
    }
  });

  it('does not repeat itself after 2^34 words', () => {
    expect(draw(new Generator(3, 0, 2 ** 34), 4)).not.toEqual(draw(new Generator(3), 4));
  });

  it('draws every integer equally often', () => {
    const generator = new Generator(1);
    const n = 60_000;
    const counts = new Array<number>(6).fill(0);
    for (let i = 0; i < n; i++) counts[generator.integer(6)]!++;
    // Chi-squared with five degrees of freedom exceeds 20.5 once in a thousand seeds.
    const chiSquared = counts.reduce((sum, count) => sum + (count - n / 6) ** 2 / (n / 6), 0);
    expect(chiSquared).toBeLessThan(20.5);
  });

  it('draws words again that would favour small integers', () => {
    // Two thirds of 2^32: without rejection, half of the draws would be below 2^32 / 3 twice as often as above.
    const n = 2 ** 31 + 2 ** 30;
    const generator = new Generator(2);
    let below = 0;
    for (let i = 0; i < 10_000; i++) if (generator.integer(n) < n / 2) below++;
    expect(Math.abs(below - 5000)).toBeLessThan(5 * 50);
    expect(generator.position).toBeGreaterThan(10_000);
  });

  it('shuffles to a permutation, the same for the same seed', () => {
    const once = new Generator(42).shuffle(identity(1000));
    const again = new Generator(42).shuffle(identity(1000));
    const other = new Generator(43).shuffle(identity(1000));
    expect(once).toEqual(again);
    expect(once).not.toEqual(other);
    expect(once).not.toEqual(identity(1000));
    expect(once.slice().sort()).toEqual(identity(1000));
  });

  it('refuses what it cannot use', () => {
    const generator = new Generator(0);
    expect(() => generator.integer(0)).toThrow(ValueError);
    expect(() => generator.integer(2.5)).toThrow(ValueError);
    expect(() => generator.integer(2 ** 32 + 1)).toThrow(ValueError);
    expect(() => {
      generator.position = -1;
    }).toThrow(ValueError);
    expect(() => new Generator(Number.NaN)).toThrow(ValueError);
  });
});
