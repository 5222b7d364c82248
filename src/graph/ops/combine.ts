/**
 * The linear operation that moves elements and sums over sets of them: what slices, permutations, sums over axes and
 * average pools come down to. Its adjoint is the same with the map transposed.
 */
import { Combine } from '../../program/generated/instructions.js';
import { isIdentity, type LineMap, tableOf, transpose } from '../line-map.js';
import type { Buffer } from '../lowering.js';
import { apply, type Node, type Shape, size } from '../node.js';
import type { Lowering, Operation, Values } from '../operation.js';
import { emitRowMajor } from '../storage.js';
import { reshape } from './reshape.js';

export interface CombineAttributes {
  readonly shape: Shape;
  readonly map: LineMap;
  readonly scale: number;
}

/** y_g = scale * (sum over s in S(g) of x_s), under the name of what it is in a graph. */
export const combination = (name: string): Operation<CombineAttributes> => ({
  name,
  shape: (_, { shape }) => shape,
  vjp: ({ inputs: [x] }, dy, _, { map, scale }) => [
    combine(adjointOperation, dy, { shape: x.shape, map: transpose(map), scale }),
  ],
  evaluate(node, [x], evaluation, { map, scale }) {
    const y = evaluation.allocate(node);
    eachElement(map, y, (i, set, at) => {
      let total = 0;
      for (const s of set) total += x[at(s)];
      y[i] = scale * total;
    });
    return y;
  },
  lower(node, lowering, { map, scale }) {
    const [x] = node.inputs;
    emitRowMajor(lowering, node, (y) => emitCombine(lowering, node, map, { kind: 'sum', x, y, scale }));
  },
});

const adjointOperation = combination('adjoint');

/** Applies an operation that `combination` has made. A map that changes nothing is a reshape. */
export const combine = (operation: Operation<CombineAttributes>, x: Node, attributes: CombineAttributes): Node =>
  attributes.scale === 1 && isIdentity(attributes.map)
    ? reshape(x, attributes.shape)
    : apply(operation, [x], attributes);

/**
 * Visits every element of y: its index, the set of its block, and the index of the element of x at the same place of
 * the sample's block s.
 */
export function eachElement(
  { width, inputs, outputs, begins, list }: LineMap,
  y: Values,
  visit: (i: number, set: Int32Array, at: (s: number) => number) => void,
): void {
  const tensors = y.length / (outputs * width);
  for (let tensor = 0; tensor < tensors; tensor++)
    for (let g = 0; g < outputs; g++) {
      const set = list.subarray(begins[g], begins[g + 1]);
      for (let j = 0; j < width; j++)
        visit((tensor * outputs + g) * width + j, set, (s) => (tensor * inputs + s) * width + j);
    }
}

interface Combination {
  readonly kind: keyof typeof Combine;
  readonly x: Node;
  /** What the instruction writes. */
  readonly y?: Buffer;
  readonly position?: Buffer;
  /** Where to choose from a set, and elements of it a block: as many as it has, or one. */
  readonly at?: Node;
  readonly atWidth?: number;
  readonly scale?: number;
  /** Where block g of the output begins: first + g * stride. By default the blocks are all that there is. */
  readonly first?: number;
  readonly stride?: number;
}

/** Emits a `combine` instruction for blocks of `node`, whose values are lines, or row-major numbers if unbatched. */
export function emitCombine(
  lowering: Lowering,
  node: Node,
  map: LineMap,
  { kind, x, at, ...fields }: Combination,
): void {
  const { inputs, outputs, width } = map;
  const read = (operand: Node) => (node.batched ? lowering.buffer(operand) : lowering.flat(operand));
  lowering.emit('combine', {
    x: read(x),
    at: at ? read(at) : null,
    table: lowering.table(tableOf(map)),
    y: null,
    position: null,
    inputs,
    outputs,
    width,
    atWidth: 0,
    features: size(node.shape),
    first: 0,
    stride: width,
    batched: node.batched ? 1 : 0,
    kind: Combine[kind],
    scale: 1,
    ...fields,
  });
}

export const combineOperations = [adjointOperation];
