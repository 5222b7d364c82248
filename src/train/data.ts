/** Samples: as callers give them, and as the inputs of a graph take them. */
import { ValueError } from '../errors.js';
import { columnName } from '../nn/build.js';

/** Row-major numbers, samples first; by name where a network has several inputs, or several outputs with a loss. */
export type Arrays = ArrayLike<number> | Readonly<Record<string, ArrayLike<number>>>;

/** Samples: inputs, and labels or targets. */
export interface Dataset {
  /** [rows, ...input] */
  readonly x: Arrays;
  /** Labels [rows], or targets [rows, ...output]. */
  readonly y: Arrays;
  /** What each sample's loss counts for [rows], in a network with `sampleWeights`. */
  readonly weights?: ArrayLike<number> | undefined;
}

/** The numbers of each input of a graph, by its name there. */
export type Columns = Readonly<Record<string, ArrayLike<number>>>;

/** What a network calls its inputs, and its outputs with a loss. */
export interface Ports {
  readonly x: readonly string[];
  readonly y: readonly string[];
}

/** The numbers of inputs, or of targets, by their names in the graph. Throws `ValueError` if they are not by name. */
export function columnsOf(operation: string, letter: 'x' | 'y', names: readonly string[], values: Arrays): Columns {
  if (names.length <= 1) return { [letter]: values as ArrayLike<number> };
  if (typeof values !== 'object' || values === null || Array.isArray(values) || ArrayBuffer.isView(values))
    throw new ValueError(
      `${operation}: expected ${letter} to be arrays by name (${names.join(', ')}), got ${what(values)}`,
    );
  return Object.fromEntries(Object.entries(values).map(([name, array]) => [columnName(letter, name, names), array]));
}

const what = (values: unknown): string =>
  typeof values === 'object' && values !== null ? 'one array' : String(values);

/** Part of an array: a view where the array has views. */
function slice(values: ArrayLike<number>, from: number, to: number): ArrayLike<number> {
  if (ArrayBuffer.isView(values)) return (values as unknown as Float32Array).subarray(from, to);
  return Array.prototype.slice.call(values, from, to);
}

/** Rows `from` to `to` - 1 of columns, whose samples have so many numbers each. */
export const rowsOf = (columns: Columns, sizes: Readonly<Record<string, number>>, from: number, to: number): Columns =>
  Object.fromEntries(
    Object.entries(columns).map(([name, values]) => [name, slice(values, from * sizes[name], to * sizes[name])]),
  );
