/**
 * Which elements of a tensor make up each element of another one, or which it is chosen from. Elements go in blocks of
 * `width` that stay together: block g of the output stands for the set S(g) of blocks of the input, in a fixed order.
 * The sets lie one after the other in a list (compressed sparse rows); see `assembly/ops/combine.ts`.
 */
import { type Shape, size } from './node.js';

export interface LineMap {
  /** Elements of a block. */
  readonly width: number;
  /** Blocks of the input. */
  readonly inputs: number;
  /** Blocks of the output. */
  readonly outputs: number;
  /** S(g) is list[begins[g]] to list[begins[g + 1] - 1]. */
  readonly begins: Int32Array;
  readonly list: Int32Array;
}

/** One axis of a map: for each index along the output's axis, the indices along the input's. */
export interface AxisMap {
  /** The input's extent, and elements from one index to the next. */
  readonly extent: number;
  readonly stride: number;
  readonly sets: readonly (readonly number[])[];
}

export const range = (n: number, first = 0): number[] => Array.from({ length: n }, (_, i) => first + i);

/** Elements from one index to the next along each axis. */
export function strides(shape: Shape): number[] {
  const result = shape.map(() => 1);
  for (let axis = shape.length - 2; axis >= 0; axis--) result[axis] = result[axis + 1] * shape[axis + 1];
  return result;
}

/** Each axis on its own: `sets` gives the indices that an axis of this extent is made of; undefined leaves it as it is. */
export function axisMaps(shape: Shape, sets: (axis: number, extent: number) => AxisMap['sets'] | undefined): AxisMap[] {
  const steps = strides(shape);
  return shape.map((extent, axis) => ({
    extent,
    stride: steps[axis],
    sets: sets(axis, extent) ?? range(extent).map((i) => [i]),
  }));
}

/**
 * The map whose set for an output index is all combinations of the axes' sets, the last axis fastest. `axes` are in the
 * output's order. Trailing axes that are left as they are make the width of a block.
 */
export function lineMap(elements: number, axes: readonly AxisMap[]): LineMap {
  let width = 1;
  let rank = axes.length;
  for (; rank > 0 && isWhole(axes[rank - 1], width); rank--) width *= axes[rank - 1].extent;
  let sets: number[][] = [[0]];
  for (const { stride, sets: own } of axes.slice(0, rank)) {
    const step = stride / width;
    sets = sets.flatMap((outer) =>
      own.map((indices) => outer.flatMap((base) => indices.map((index) => base + index * step))),
    );
  }
  return fromSets(width, elements / width, sets);
}

/** The map of a reduction: to what is left of a shape without these axes, each set all that lies along them. */
export const reductionMap = (shape: Shape, axes: readonly number[]): LineMap =>
  lineMap(
    size(shape),
    axisMaps(shape, (axis, extent) => (axes.includes(axis) ? [range(extent)] : undefined)),
  );

/** Whether an axis is taken as it is, with steps of `width` elements. */
const isWhole = ({ extent, stride, sets }: AxisMap, width: number): boolean =>
  sets.length === extent &&
  (extent === 1 || stride === width) &&
  sets.every((set, i) => set.length === 1 && set[0] === i);

/** The map of blocks that each stand for themselves. */
export const identity = (width: number, blocks: number): LineMap =>
  fromSets(
    width,
    blocks,
    range(blocks).map((i) => [i]),
  );

/** The map whose sets are these. */
export function fromSets(width: number, inputs: number, sets: readonly (readonly number[])[]): LineMap {
  const begins = new Int32Array(sets.length + 1);
  sets.forEach((set, g) => {
    begins[g + 1] = begins[g] + set.length;
  });
  return { width, inputs, outputs: sets.length, begins, list: Int32Array.from(sets.flat()) };
}

/** The map from the output back to the input: s is in S'(t) as often as t is in S(s), in ascending order. */
export function transpose({ width, inputs, outputs, begins, list }: LineMap): LineMap {
  const sets: number[][] = range(inputs).map(() => []);
  for (let g = 0; g < outputs; g++) for (let i = begins[g]; i < begins[g + 1]; i++) sets[list[i]].push(g);
  return fromSets(width, outputs, sets);
}

/** The transposed map with pairs in its list: beside g in S'(t), the place where t stands in S(g). */
export function placesOf({ width, inputs, outputs, begins, list }: LineMap): LineMap {
  const sets: number[][] = range(inputs).map(() => []);
  for (let g = 0; g < outputs; g++)
    for (let i = begins[g]; i < begins[g + 1]; i++) sets[list[i]].push(g, i - begins[g]);
  const pairs = fromSets(width, outputs, sets);
  return { ...pairs, begins: pairs.begins.map((begin) => begin / 2) };
}

/** Whether the output is the input. */
export const isIdentity = ({ inputs, outputs, begins, list }: LineMap): boolean =>
  inputs === outputs && list.length === inputs && list.every((index, g) => index === g && begins[g] === g);

/** A map as the kernels read it. */
export function tableOf({ outputs, begins, list }: LineMap): Int32Array {
  const table = new Int32Array(outputs + 1 + list.length);
  table.set(begins);
  table.set(list, outputs + 1);
  return table;
}

/** Whether one table is that of a map, and the other that of its places. */
export function areTableAndPlaces(
  table: Int32Array,
  places: Int32Array,
  { width, inputs, outputs }: Pick<LineMap, 'width' | 'inputs' | 'outputs'>,
): boolean {
  const [begins, list] = [table.subarray(0, outputs + 1), table.subarray(outputs + 1)];
  const expected = tableOf(placesOf({ width, inputs, outputs, begins, list }));
  return expected.length === places.length && expected.every((entry, i) => entry === places[i]);
}
