/** Bytes, and files of them, as callers name them. */
import { ValueError } from './errors.js';
import { show } from './fields.js';

/** A path, or a `file:` URL. */
export const isPath = (source: unknown): source is string | URL =>
  source instanceof URL ? source.protocol === 'file:' : typeof source === 'string' && source !== '';

/** The bytes of a buffer or of a view, of whatever realm. Throws `ValueError`, which tells what was expected, for others. */
export function bytesOf(operation: string, expected: string, source: unknown): Uint8Array {
  const refuse = (got: string, cause?: unknown): never => {
    throw new ValueError(`${operation}: expected ${expected}, got ${got}`, { cause });
  };
  const tag = Object.prototype.toString.call(source);
  try {
    if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
    if (tag === '[object ArrayBuffer]') return new Uint8Array(source as ArrayBuffer);
  } catch (cause) {
    // It was transferred, to a worker say.
    refuse('a detached buffer', cause);
  }
  return refuse(show(source));
}
