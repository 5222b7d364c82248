import { afterEach, describe, expect, it, vi } from 'vitest';
import { CheckpointError, ShapeError, ValueError } from '../../src/errors.js';
import { decodeSafetensors, encodeSafetensors } from '../../src/io/safetensors.js';

/** Written by the reference implementation (safetensors 0.8.0 for Python), from the tensors below. */
const reference = Buffer.from(
  'KAEAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJub3RlIjoibmHDr3ZlIFwicXVvdGVzXCIgXG4ifSwiMC5iaWFzIjp7ImR0eXBlIjoiRjMyIiwic2hh' +
    'cGUiOlszXSwiZGF0YV9vZmZzZXRzIjpbMCwxMl19LCIwLndlaWdodCI6eyJkdHlwZSI6IkYzMiIsInNoYXBlIjpbMiwzXSwiZGF0YV9vZmZzZX' +
    'RzIjpbMTIsMzZdfSwibm9uZSI6eyJkdHlwZSI6IkYzMiIsInNoYXBlIjpbMCw0XSwiZGF0YV9vZmZzZXRzIjpbMzYsMzZdfSwic2NhbGUiOnsi' +
    'ZHR5cGUiOiJGMzIiLCJzaGFwZSI6W10sImRhdGFfb2Zmc2V0cyI6WzM2LDQwXX19ICAgICAgIAAAAAAAAACAAACAfwAAgD8AAABAAABAQAAAgM' +
    'AAAAA/AACAAM3MzD0=',
  'base64',
);
const metadata = { note: 'naïve "quotes" \n' };
const tensors = () =>
  new Map([
    ['0.bias', tensor([3], [0, -0, Infinity])],
    ['0.weight', tensor([2, 3], [1, 2, 3, -4, 0.5, 1.17549435e-38])],
    ['none', tensor([0, 4], [])],
    ['scale', tensor([], [0.1])],
  ]);

const tensor = (shape: number[], values: number[]) => ({ shape, data: Float32Array.from(values) });

/** A file with this header and so many bytes of data. */
function file(header: unknown, payload = 0): Uint8Array {
  const json = typeof header === 'string' ? header : JSON.stringify(header);
  const text = new TextEncoder().encode(json);
  const bytes = new Uint8Array(8 + text.length + payload);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

const entry = (shape: unknown, begin: unknown, end: unknown, dtype: unknown = 'F32') => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

function refusal(bytes: Uint8Array): string {
  try {
    decodeSafetensors(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(CheckpointError);
    return (error as Error).message;
  }
  throw new Error('expected a refusal');
}

describe('encodeSafetensors', () => {
  it('writes what the reference implementation writes', () => {
    expect(Buffer.from(encodeSafetensors(tensors(), metadata))).toEqual(reference);
  });

  it('pads the header to a multiple of 8', () => {
    for (let length = 1; length <= 9; length++) {
      const bytes = encodeSafetensors(new Map([['n'.repeat(length), tensor([1], [1])]]), {});
      expect(new DataView(bytes.buffer).getUint32(0, true) % 8).toBe(0);
    }
  });

  it('refuses what it could not read back', () => {
    const one = tensor([1], [1]);
    expect(() => encodeSafetensors(new Map([['w', tensor([2, 2], [1])]]), {})).toThrow(ShapeError);
    expect(() => encodeSafetensors(new Map([['w', tensor([-1], [1])]]), {})).toThrow(ShapeError);
    expect(() => encodeSafetensors(new Map([['w', tensor([0.5, 2], [1])]]), {})).toThrow(ShapeError);
    expect(() => encodeSafetensors(new Map([['w', { shape: [1], data: new Float64Array(1) as never }]]), {})).toThrow(
      'safetensors: tensor "w": expected a Float32Array for the shape [1], got a Float64Array of 1',
    );
    for (const name of ['__metadata__', '__proto__', 'constructor', 'prototype'])
      expect(() => encodeSafetensors(new Map([[name, one]]), {})).toThrow(ValueError);
    expect(() => encodeSafetensors(new Map(), { seed: 1 as never })).toThrow(
      'safetensors: __metadata__ "seed": expected a string, got 1',
    );
  });
});

describe('decodeSafetensors', () => {
  afterEach(() => void vi.unstubAllGlobals());

  it('reads what the reference implementation writes', () => {
    expect(decodeSafetensors(reference)).toEqual({ tensors: tensors(), metadata });
  });

  it('reads shared memory, of which browsers decode no text', () => {
    class StrictDecoder extends TextDecoder {
      override decode(bytes: Uint8Array): string {
        if (bytes.buffer instanceof SharedArrayBuffer) throw new TypeError('must not be shared');
        return super.decode(bytes);
      }
    }
    vi.stubGlobal('TextDecoder', StrictDecoder);
    const shared = new Uint8Array(new SharedArrayBuffer(reference.length));
    shared.set(reference);
    expect(decodeSafetensors(shared)).toEqual({ tensors: tensors(), metadata });
  });

  it('gives back what was encoded, in order and to the bit', () => {
    // A NaN with a payload, and names that an object would reorder.
    const nan = new Float32Array(Uint32Array.of(0x7f812345).buffer);
    const written = new Map([
      ['10', { shape: [1], data: nan }],
      ['', tensor([1], [2])],
      ['9', tensor([1, 1], [3])],
      ['"日本\\', tensor([2], [4, 5])],
    ]);
    const read = decodeSafetensors(encodeSafetensors(written, {}));
    expect([...read.tensors.keys()]).toEqual([...written.keys()]);
    expect(new Uint32Array(read.tensors.get('10')!.data.buffer)).toEqual(Uint32Array.of(0x7f812345));
    expect(read).toEqual({ tensors: written, metadata: {} });
  });

  it('reads an empty file', () => {
    expect(decodeSafetensors(encodeSafetensors(new Map(), {}))).toEqual({ tensors: new Map(), metadata: {} });
  });

  it('reads at any address, into memory of its own', () => {
    for (let offset = 0; offset < 4; offset++) {
      const bytes = Buffer.alloc(reference.length + offset).subarray(offset);
      bytes.set(reference);
      const read = decodeSafetensors(bytes);
      bytes.fill(0);
      expect(read.tensors).toEqual(tensors());
    }
  });

  it('reads tensors in any order of the header, behind a header of any length', () => {
    const bytes = file({ b: entry([1], 4, 8), a: entry([1], 0, 4) }, 8);
    expect(bytes.length % 4).not.toBe(0);
    expect([...decodeSafetensors(bytes).tensors.keys()]).toEqual(['a', 'b']);
  });

  it('refuses a file that is cut short anywhere, or has a byte too many', () => {
    for (let length = 0; length < reference.length; length++)
      expect(refusal(reference.subarray(0, length))).toMatch(/^safetensors: /);
    expect(refusal(Buffer.concat([reference, Buffer.alloc(1)]))).toBe(
      'safetensors: expected 40 bytes of data for 4 tensors, got 41: trailing bytes',
    );
  });

  it('refuses or reads, and never fails otherwise, whatever byte is changed', () => {
    for (let at = 0; at < reference.length; at++)
      for (const flip of [0x01, 0x10, 0x80]) {
        const bytes = Uint8Array.from(reference);
        bytes[at] ^= flip;
        try {
          decodeSafetensors(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(CheckpointError);
        }
      }
  });

  const length = (value: bigint) => new Uint8Array(BigUint64Array.of(value, 0n).buffer);

  it.each<[string, Uint8Array, string]>([
    ['a stub', new Uint8Array(7), "expected at least the 8 bytes of the header's length, got a file of 7"],
    ['a header beyond the file', length(9n), 'expected a header of 9 bytes, got a file that ends after 8'],
    ['an absurd header', length(2n ** 63n), 'at most 100000000 bytes, got 9223372036854775808'],
    ['an absurd header', length(100_000_001n), 'at most 100000000 bytes, got 100000001'],
    ['no header', length(0n), 'expected a header that begins with "{", got ""'],
    ['invalid UTF-8', Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0xff), 'expected a header in UTF-8'],
    ['invalid JSON', file('{"a":}'), 'expected a header in JSON, got text that is not'],
    ['a byte order mark', file('\ufeff{}'), 'expected a header that begins with "{"'],
    ['an array', file('[]'), 'expected a header that begins with "{", got "[]"'],
    ['a duplicate name', file('{"a":1,"b":{"}":"{"},"\\u0061":2}'), 'each name once in the header, got "a" twice'],
    ['a duplicate field', file('{"a":{"dtype":"F32","dtype":"F32"}}'), 'got "dtype" twice'],
    ['a duplicate in the metadata', file('{"__metadata__":{"a\\"":"","a\\"":""}}'), 'got "a\\"" twice'],
    ['metadata that is no object', file({ __metadata__: [] }), '__metadata__: expected an object of strings, got []'],
    ['metadata that is null', file({ __metadata__: null }), '__metadata__: expected an object of strings, got null'],
    ['a number in the metadata', file({ __metadata__: { step: 3 } }), '__metadata__ "step": expected a string, got 3'],
    [
      'a prototype in the metadata',
      file('{"__metadata__":{"__proto__":""}}'),
      '__metadata__ "__proto__": expected another',
    ],
  ])('refuses %s', (_, bytes, message) => {
    expect(refusal(bytes)).toContain(message);
    expect(refusal(bytes)).toMatch(/^safetensors: /);
  });

  it.each<[string, unknown, string]>([
    ['that is a number', 1, 'expected an object with dtype, shape and data_offsets, got 1'],
    ['that is null', null, 'expected an object with dtype, shape and data_offsets, got null'],
    ['without dtype', {}, 'expected dtype "F32", got undefined'],
    ['of another dtype', entry([4], 0, 8, 'F16'), 'expected dtype "F32", got "F16"'],
    ['of a dtype that is an object', entry([2], 0, 8, {}), 'expected dtype "F32", got {}'],
    ['without shape', { dtype: 'F32' }, 'expected a shape that is an array, got undefined'],
    ['of negative shape', entry([2, -1], 0, 8), 'dimension 1 of the shape to be a non-negative integer, got -1'],
    ['of fractional shape', entry([0.5, 4], 0, 8), 'dimension 0 of the shape to be a non-negative integer, got 0.5'],
    ['of textual shape', entry(['2'], 0, 8), 'dimension 0 of the shape to be a non-negative integer, got "2"'],
    ['of an unsafe size', entry([2 ** 53], 0, 8), 'dimension 0 of the shape to be a non-negative integer'],
    ['of a shape that overflows', entry([2 ** 32, 2 ** 32], 0, 8), 'for the shape [4294967296, 4294967296], got 8'],
    ['without offsets', { dtype: 'F32', shape: [2] }, 'expected data_offsets [begin, end], got undefined'],
    ['with one offset', { dtype: 'F32', shape: [2], data_offsets: [0] }, 'expected data_offsets [begin, end], got [0]'],
    ['with offsets out of order', entry([2], 8, 0), 'data_offsets 0 <= begin <= end in integers, got [8, 0]'],
    ['with negative offsets', entry([2], -8, 0), 'data_offsets 0 <= begin <= end in integers, got [-8, 0]'],
    ['with fractional offsets', entry([2], 0, 7.5), 'data_offsets 0 <= begin <= end in integers, got [0, 7.5]'],
    ['beyond the data', entry([3], 0, 12), 'expected data_offsets within the 8 bytes of data, got [0, 12]'],
    ['smaller than its shape', entry([2], 0, 4), 'expected 8 bytes for the shape [2], got 4 at [0, 4]'],
    ['larger than its shape', entry([1], 0, 8), 'expected 4 bytes for the shape [1], got 8 at [0, 8]'],
    ['that leaves a hole', entry([1], 4, 8), 'expected its data to begin at 0, got a hole: 4'],
  ])('refuses a tensor %s', (_, value, message) => {
    const refused = refusal(file({ w: value }, 8));
    expect(refused).toContain(message);
    expect(refused).toMatch(/^safetensors: tensor "w": /);
  });

  it('refuses a minus sign before a zero', () => {
    expect(refusal(file('{"w":{"dtype":"F32","shape":[-0],"data_offsets":[0,0]}}'))).toContain('dimension 0');
  });

  it('refuses tensors that overlap', () => {
    expect(refusal(file({ a: entry([2], 0, 8), b: entry([1], 4, 8) }, 8))).toBe(
      'safetensors: tensor "b": expected its data to begin at 8, got an overlap: 4',
    );
    expect(refusal(file({ a: entry([2], 0, 8), b: entry([2], 0, 8) }, 8))).toContain('got an overlap');
  });

  it.each(['__proto__', 'constructor', 'prototype'])('refuses a tensor named %s', (name) => {
    const refused = refusal(file(`{"${name}":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}`, 4));
    expect(refused).toBe(`safetensors: tensor "${name}": expected another name, got one that is reserved`);
  });

  it('keeps its sentences short whatever the file holds', () => {
    const long = 'x'.repeat(1e6);
    expect(refusal(file({ [long]: entry([1], 0, 4, long) }, 4)).length).toBeLessThan(300);
    expect(refusal(file({ w: entry(new Array(1e5).fill(1), 0, 8) }, 8)).length).toBeLessThan(300);
    const nested = '['.repeat(1e5) + ']'.repeat(1e5);
    expect(refusal(file(`{"w":{"dtype":${nested}}}`))).toContain('expected dtype "F32", got [[an array of 1]]');
  });
});

describe('on a big-endian host', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.resetModules();
  });

  it('swaps the bytes of each word', async () => {
    vi.resetModules();
    vi.stubGlobal('Uint32Array', { of: () => Uint8Array.of(0, 0, 0, 1) });
    const { decodeSafetensors: decode, encodeSafetensors: encode } = await import('../../src/io/safetensors.js');
    const swapped = (values: Float32Array) => new Float32Array(Buffer.from(values.slice().buffer).swap32().buffer);
    const written = new Map([['w', tensor([2], [1, -2.5])]]);
    const inHostOrder = new Map([['w', { shape: [2], data: swapped(written.get('w')!.data) }]]);
    expect(encode(inHostOrder, {})).toEqual(encodeSafetensors(written, {}));
    expect(decode(encode(written, {})).tensors).toEqual(written);
  });
});
