/** Bytes as callers have them. */
import { ValueError } from './errors.js';

/** The bytes of a buffer or of a view, of whatever realm. Throws `ValueError`, which tells what was expected, for others. */
export function bytesOf(operation: string, expected: string, source: unknown): Uint8Array {
  if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  const tag = Object.prototype.toString.call(source);
  if (tag === '[object ArrayBuffer]') return new Uint8Array(source as ArrayBuffer);
  const got = typeof source === 'object' && source !== null ? tag : String(source);
  throw new ValueError(`${operation}: expected ${expected}, got ${got}`);
}
