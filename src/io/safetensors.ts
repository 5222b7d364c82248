/**
 * The safetensors format (https://huggingface.co/docs/safetensors): a u64 header length, a JSON header, then the bytes
 * of the tensors. All numbers are little-endian; the tensors lie back to back and fill the rest of the file.
 *
 *   { "__metadata__": { string: string }, name: { "dtype", "shape", "data_offsets": [begin, end] }, … }
 */
import type { Bytes } from '../arrays.js';
import { CheckpointError, ShapeError, ValueError } from '../errors.js';
import { show } from '../fields.js';
import type { Tensor } from '../graph/model.js';

export interface Safetensors {
  /** In the order of their bytes in the file. */
  tensors: Map<string, Tensor>;
  metadata: Record<string, string>;
}

interface Entry {
  name: string;
  shape: number[];
  begin: number;
  end: number;
}

const LENGTH_BYTES = 8;
const F32_BYTES = 4;
const METADATA = '__metadata__';

/** The reference implementation's limit: a longer header is taken for damage, not for a model. */
const MAX_HEADER_BYTES = 100_000_000;

/** Names that reach a prototype when somebody uses them as keys of an ordinary object. */
const RESERVED_NAMES = new Set(['__proto__', 'constructor', 'prototype']);

const LITTLE_ENDIAN_HOST = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/** The bytes of a safetensors file that holds the tensors in the map's order. */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>>,
): Bytes {
  for (const [name, tensor] of tensors) checkTensor(name, tensor);
  for (const [key, value] of Object.entries(metadata)) checkMetadata(key, value, ValueError);

  const header = encodeHeader(tensors, metadata);
  const payload = [...tensors.values()].reduce((size, { data }) => size + data.byteLength, 0);
  const bytes = new Uint8Array(LENGTH_BYTES + header.length + payload);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(header, LENGTH_BYTES);
  let at = LENGTH_BYTES + header.length;
  for (const { data } of tensors.values()) {
    bytes.set(bytesOf(data), at);
    swapWords(bytes.subarray(at, at + data.byteLength));
    at += data.byteLength;
  }
  return bytes;
}

/** The tensors and metadata of a safetensors file; a CheckpointError if anything in it does not add up. */
export function decodeSafetensors(bytes: Uint8Array): Safetensors {
  const headerEnd = LENGTH_BYTES + headerLength(bytes);
  // A copy, since browsers decode no text in memory that is shared.
  const { [METADATA]: strings = {}, ...described } = decodeHeader(bytes.slice(LENGTH_BYTES, headerEnd));
  const metadata = decodeMetadata(strings);
  const payload = bytes.subarray(headerEnd);
  const entries = Object.entries(described).map(([name, value]) => decodeEntry(name, value, payload.length));
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  checkTiling(entries, payload.length);

  const tensors = new Map<string, Tensor>();
  for (const { name, shape, begin, end } of entries) {
    // A copy, since the bytes may lie at an odd address, and so that the file's memory can go.
    const data = new Float32Array((end - begin) / F32_BYTES);
    bytesOf(data).set(payload.subarray(begin, end));
    swapWords(bytesOf(data));
    tensors.set(name, { shape, data });
  }
  return { tensors, metadata };
}

function encodeHeader(tensors: ReadonlyMap<string, Tensor>, metadata: Readonly<Record<string, string>>): Uint8Array {
  const entries: [string, unknown][] = Object.keys(metadata).length > 0 ? [[METADATA, metadata]] : [];
  let end = 0;
  for (const [name, { shape, data }] of tensors) {
    const begin = end;
    end += data.byteLength;
    entries.push([name, { dtype: 'F32', shape, data_offsets: [begin, end] }]);
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));

  // Padded with spaces to a multiple of 8, which aligns the tensors in the file.
  const header = new Uint8Array(Math.ceil(json.length / 8) * 8).fill(0x20);
  header.set(json);
  if (header.length > MAX_HEADER_BYTES)
    throw new ValueError(`safetensors: expected a header of at most ${MAX_HEADER_BYTES} bytes, got ${header.length}`);
  return header;
}

function headerLength(bytes: Uint8Array): number {
  if (bytes.length < LENGTH_BYTES)
    throw new CheckpointError(
      `safetensors: expected at least the ${LENGTH_BYTES} bytes of the header's length, got a file of ${bytes.length}`,
    );
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (length > MAX_HEADER_BYTES)
    throw new CheckpointError(`safetensors: expected a header of at most ${MAX_HEADER_BYTES} bytes, got ${length}`);
  const left = bytes.length - LENGTH_BYTES;
  if (length > left)
    throw new CheckpointError(`safetensors: expected a header of ${length} bytes, got a file that ends after ${left}`);
  return Number(length);
}

function decodeHeader(bytes: Uint8Array): Record<string, unknown> {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new CheckpointError('safetensors: expected a header in UTF-8, got bytes that are not');
  }
  if (!text.startsWith('{'))
    throw new CheckpointError(`safetensors: expected a header that begins with "{", got ${show(text)}`);
  let header: Record<string, unknown>;
  try {
    header = JSON.parse(text);
  } catch (cause) {
    const { message } = cause as Error;
    throw new CheckpointError(`safetensors: expected a header in JSON, got text that is not: ${message}`, { cause });
  }
  const duplicate = duplicateKey(text);
  if (duplicate !== undefined)
    throw new CheckpointError(`safetensors: expected each name once in the header, got ${show(duplicate)} twice`);
  return header;
}

/**
 * The first key that an object in the two outer levels of valid JSON has twice: a tensor's name, or a name inside its
 * entry or the metadata. JSON.parse keeps the last of them and says nothing.
 */
function duplicateKey(json: string): string | undefined {
  const levels = [new Set<string>(), new Set<string>()];
  let depth = 0;
  let opened = -1; // where the string that we are in begins
  let string = ''; // the last one that ended, quotes included
  for (const { 0: token, index } of json.matchAll(/\\.|["{}:]/g)) {
    if (token === '"' && opened < 0) opened = index;
    else if (token === '"') {
      string = json.slice(opened, index + 1);
      opened = -1;
    } else if (opened >= 0) continue;
    else if (token === '{') levels[depth++]?.clear();
    else if (token === '}') depth--;
    else {
      const keys = levels[depth - 1];
      const key: string = JSON.parse(string);
      if (keys?.has(key)) return key;
      keys?.add(key);
    }
  }
  return undefined;
}

function decodeMetadata(metadata: unknown): Record<string, string> {
  if (!isObject(metadata))
    throw new CheckpointError(`safetensors: ${METADATA}: expected an object of strings, got ${show(metadata)}`);
  for (const [key, value] of Object.entries(metadata)) checkMetadata(key, value, CheckpointError);
  return metadata as Record<string, string>;
}

function decodeEntry(name: string, entry: unknown, payload: number): Entry {
  const refuse: (expected: string, got: string) => never = (expected, got) => {
    throw new CheckpointError(`safetensors: tensor ${show(name)}: expected ${expected}, got ${got}`);
  };
  if (RESERVED_NAMES.has(name)) refuse('another name', 'one that is reserved');
  if (!isObject(entry)) refuse('an object with dtype, shape and data_offsets', show(entry));

  const { dtype, shape, data_offsets: offsets } = entry;
  if (dtype !== 'F32') refuse('dtype "F32"', show(dtype));
  if (!Array.isArray(shape)) refuse('a shape that is an array', show(shape));
  shape.forEach((size, i) => {
    if (!isSize(size)) refuse(`dimension ${i} of the shape to be a non-negative integer`, show(size));
  });
  if (!Array.isArray(offsets) || offsets.length !== 2) refuse('data_offsets [begin, end]', show(offsets));

  const [begin, end] = offsets;
  const range = `[${show(begin)}, ${show(end)}]`;
  if (!isSize(begin) || !isSize(end) || begin > end) refuse('data_offsets 0 <= begin <= end in integers', range);
  if (end > payload) refuse(`data_offsets within the ${payload} bytes of data`, range);
  const size = F32_BYTES * elements(shape);
  if (end - begin !== size) refuse(`${size} bytes for the shape ${show(shape)}`, `${end - begin} at ${range}`);
  return { name, shape, begin, end };
}

/** The entries, in order, must cover the data: no byte twice, none left out. */
function checkTiling(entries: readonly Entry[], payload: number): void {
  let covered = 0;
  for (const { name, begin, end } of entries) {
    if (begin !== covered) {
      const fault = begin < covered ? 'an overlap' : 'a hole';
      throw new CheckpointError(
        `safetensors: tensor ${show(name)}: expected its data to begin at ${covered}, got ${fault}: ${begin}`,
      );
    }
    covered = end;
  }
  if (covered !== payload)
    throw new CheckpointError(
      `safetensors: expected ${covered} bytes of data for ${entries.length} tensors, got ${payload}: trailing bytes`,
    );
}

function checkTensor(name: string, { shape, data }: Tensor): void {
  if (name === METADATA || RESERVED_NAMES.has(name))
    throw new ValueError(`safetensors: tensor ${show(name)}: expected another name, got one that is reserved`);
  if (!(data instanceof Float32Array) || !shape.every(isSize) || elements(shape) !== data.length)
    throw new ShapeError(
      `safetensors: tensor ${show(name)}: expected a Float32Array for the shape ${show(shape)}, got ${show(data)}`,
    );
}

function checkMetadata(key: string, value: unknown, Refusal: new (message: string) => Error): void {
  const where = `safetensors: ${METADATA} ${show(key)}`;
  if (RESERVED_NAMES.has(key)) throw new Refusal(`${where}: expected another name, got one that is reserved`);
  if (typeof value !== 'string') throw new Refusal(`${where}: expected a string, got ${show(value)}`);
}

function elements(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

function isSize(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0 && !Object.is(value, -0);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** Turns little-endian words into the host's, or back: nothing to do almost everywhere. */
function swapWords(bytes: Uint8Array): void {
  if (LITTLE_ENDIAN_HOST) return;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length; at += F32_BYTES) view.setUint32(at, view.getUint32(at), true);
}
