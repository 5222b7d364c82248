/** Bytes as callers have them. */
import { ValueError } from './errors.js';
import { show } from './fields.js';

/** The bytes of a buffer or of a view, of whatever realm. Throws `ValueError`, which tells what was expected, for others. */
export function bytesOf(operation: string, expected: string, source: unknown): Uint8Array {
  if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  const tag = Object.prototype.toString.call(source);
  if (tag === '[object ArrayBuffer]') return new Uint8Array(source as ArrayBuffer);
  throw new ValueError(`${operation}: expected ${expected}, got ${show(source)}`);
}
