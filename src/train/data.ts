/** Samples: as callers give them, and as columns, the numbers of each input of a graph. */
import { anything, byName, checkFields, type FieldsOf } from '../fields.js';

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

/** The fields of `Dataset`; the arrays are checked against the network. */
const dataFields: FieldsOf<Dataset> = { x: anything, y: anything, weights: anything };

/** Throws `ValueError` unless this is an object of no other fields than those of `Dataset`. */
export function checkData(operation: string, data: Dataset): void {
  byName(operation, data, 'data { x, y }');
  checkFields(operation, data, dataFields);
}

/** The numbers of each input of a graph, by its name there. */
export type Columns = Readonly<Record<string, ArrayLike<number>>>;

/** Samples whose shapes and indices have been checked. */
export interface Checked {
  readonly rows: number;
  readonly columns: Columns;
}

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
