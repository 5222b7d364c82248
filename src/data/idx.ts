/**
 * The IDX format of Yann LeCun's MNIST files (http://yann.lecun.com/exdb/mnist): two zero bytes, the element type, the
 * number of dimensions, each dimension as a u32, then the elements, row-major. All numbers are big-endian.
 */
import type { Own } from '../arrays.js';
import { bytesOf } from '../bytes.js';
import { ValueError } from '../errors.js';

export type IdxData = Own<
  | Uint8ArrayConstructor
  | Int8ArrayConstructor
  | Int16ArrayConstructor
  | Int32ArrayConstructor
  | Float32ArrayConstructor
  | Float64ArrayConstructor
>;

export interface IdxArray {
  /** Extents, the slowest axis first. */
  shape: number[];
  /** The numbers, row-major. */
  data: IdxData;
}

interface ElementType {
  bytes: number;
  read(payload: Uint8Array): IdxData;
}

const MAGIC_BYTES = 4;
const DIMENSION_BYTES = 4;

const ELEMENT_TYPES: ReadonlyMap<number, ElementType> = new Map<number, ElementType>([
  [0x08, { bytes: 1, read: (payload) => new Uint8Array(payload) }],
  [0x09, { bytes: 1, read: (payload) => new Int8Array(payload) }],
  [0x0b, { bytes: 2, read: (payload) => readElements(new Int16Array(payload.length / 2), payload, 'getInt16') }],
  [0x0c, { bytes: 4, read: (payload) => readElements(new Int32Array(payload.length / 4), payload, 'getInt32') }],
  [0x0d, { bytes: 4, read: (payload) => readElements(new Float32Array(payload.length / 4), payload, 'getFloat32') }],
  [0x0e, { bytes: 8, read: (payload) => readElements(new Float64Array(payload.length / 8), payload, 'getFloat64') }],
]);

/** The array in an IDX file; a ValueError if the file is not exactly one. The data is a copy. */
export function readIdx(source: Uint8Array | ArrayBuffer): IdxArray {
  const bytes = bytesOf('readIdx', 'bytes', source);
  const { type, rank } = readMagic(bytes);
  const start = MAGIC_BYTES + DIMENSION_BYTES * rank;
  if (bytes.length < start)
    throw new ValueError(
      `readIdx: expected a header of ${start} bytes for ${rank} dimensions, found a file of ${bytes.length}`,
    );

  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: rank }, (_, i) => view.getUint32(MAGIC_BYTES + DIMENSION_BYTES * i));
  const expected = shape.reduce((product, size) => product * size, type.bytes);
  const found = bytes.length - start;
  if (found !== expected) {
    const fault = found < expected ? 'the file is cut short' : 'trailing bytes';
    throw new ValueError(
      `readIdx: expected ${expected} bytes of data for the shape [${shape.join(', ')}] at ${type.bytes} an element, ` +
        `found ${found}: ${fault}`,
    );
  }
  return { shape, data: type.read(bytes.subarray(start)) };
}

function readMagic(bytes: Uint8Array): { type: ElementType; rank: number } {
  if (bytes.length < MAGIC_BYTES)
    throw new ValueError(`readIdx: expected at least the ${MAGIC_BYTES} bytes of the magic, found ${bytes.length}`);
  const [zero, alsoZero, code, rank] = bytes;
  if (zero !== 0 || alsoZero !== 0) {
    const hint = zero === 0x1f && alsoZero === 0x8b ? ': a gzip file, to be decompressed first' : '';
    throw new ValueError(
      `readIdx: expected a magic that begins with 00 00, found ${hex(zero)} ${hex(alsoZero)}${hint}`,
    );
  }
  const type = ELEMENT_TYPES.get(code);
  if (type === undefined) {
    const known = [...ELEMENT_TYPES.keys()].map(hex).join(', ');
    throw new ValueError(`readIdx: expected an element type out of ${known}, found ${hex(code)}`);
  }
  if (rank === 0) throw new ValueError('readIdx: expected at least 1 dimension, found 0');
  return { type, rank };
}

function readElements<T extends IdxData>(
  data: T,
  payload: Uint8Array,
  get: 'getInt16' | 'getInt32' | 'getFloat32' | 'getFloat64',
): T {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  for (let i = 0; i < data.length; i++) data[i] = view[get](i * data.BYTES_PER_ELEMENT);
  return data;
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}
