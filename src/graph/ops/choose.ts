/**
 * What chooses one element out of each of many sets: the greatest, its place in the set, the element at a given place.
 * The sets are those of a map; `pick` and its adjoint `unpick` are each other's gradients.
 */
import { ValueError } from '../../errors.js';
import { type Axes, axesOf, axisOf } from '../axes.js';
import { type LineMap, placesOf, reductionMap } from '../line-map.js';
import { apply, type Node, type Shape, showNode, size } from '../node.js';
import type { Operation, Values } from '../operation.js';
import { emitRowMajor } from '../storage.js';
import { eachElement, emitCombine } from './combine.js';
import { neg } from './elementwise.js';
import { sourceKind } from './source.js';

interface Choice {
  /** The shape of the result. */
  readonly shape: Shape;
  /** The sets that elements of the result, and of its adjoint's operand, are chosen from. */
  readonly map: LineMap;
}

/** The place of the greatest: the first of equals. A NaN counts as greater than what came before it. */
function placeOfGreatest(x: Values, set: Int32Array, at: (s: number) => number): number {
  let best = 0;
  for (let place = 1; place < set.length; place++) {
    const candidate = x[at(set[place])];
    if (candidate > x[at(set[best])] || Number.isNaN(candidate)) best = place;
  }
  return best;
}

/** y_g = max over s in S(g) of x_s. Its gradient goes to the first of equals. */
const greatestOperation: Operation<Choice> = {
  name: 'max',
  shape: (_, { shape }) => shape,
  vjp: ({ inputs: [x], shape }, dy, _, { map }) => [unpick(dy, positions(x, shape, map), x.shape, map)],
  evaluate(node, [x], evaluation, { map }) {
    const y = evaluation.allocate(node);
    eachElement(map, y, (i, set, at) => {
      y[i] = x[at(set[placeOfGreatest(x, set, at)])];
    });
    return y;
  },
  lower(node, lowering, { map }) {
    const [x] = node.inputs;
    emitRowMajor(lowering, node, (y) => emitCombine(lowering, node, map, { kind: 'greatest', x, y }));
  },
};

/** The place in S(g) of the greatest x_s: piecewise constant, so no gradient flows. */
const positionOperation: Operation<Choice> = {
  name: 'argmax',
  shape: (_, { shape }) => shape,
  vjp: () => [null],
  evaluate(node, [x], evaluation, { map }) {
    const position = evaluation.allocate(node);
    eachElement(map, position, (i, set, at) => {
      position[i] = placeOfGreatest(x, set, at);
    });
    return position;
  },
  lower(node, lowering, { map }) {
    const [x] = node.inputs;
    emitRowMajor(lowering, node, (position) => emitCombine(lowering, node, map, { kind: 'greatest', x, position }));
  },
};

/** Positions are one an element or one a block. */
const positionWidth = (at: Node, { outputs }: LineMap): number => size(at.shape) / outputs;

/** The position of element i. */
const positionReader = (at: Node, values: Values, map: LineMap): ((i: number) => number) =>
  positionWidth(at, map) === map.width ? (i) => values[i] : (i) => values[Math.floor(i / map.width)];

/** Positions that are fed are those of `gather`, where all sets are as large as the first. */
const indices: Operation<Choice>['indices'] = (_, { map }) => [undefined, map.begins[1]];

/** y_g = the x_s at place at_g of S(g). */
const pickOperation: Operation<Choice> = {
  name: 'pick',
  shape: (_, { shape }) => shape,
  indices,
  vjp: ({ inputs: [x, at] }, dy, _, { map }) => [unpick(dy, at, x.shape, map), null],
  evaluate(node, [x, at], evaluation, { map }) {
    const y = evaluation.allocate(node);
    const position = positionReader(node.inputs[1], at, map);
    eachElement(map, y, (i, set, element) => {
      y[i] = x[element(set[position(i)])];
    });
    return y;
  },
  lower(node, lowering, { map }) {
    const [x, at] = node.inputs;
    const atWidth = positionWidth(at, map);
    emitRowMajor(lowering, node, (y) => emitCombine(lowering, node, map, { kind: 'pick', x, at, atWidth, y }));
  },
};

/** The adjoint: dx_s = sum of the dy_g of which s is the element at place at_g of S(g). */
const unpickOperation: Operation<Choice> = {
  name: 'unpick',
  shape: (_, { shape }) => shape,
  indices,
  vjp: ({ inputs: [dy, at] }, g, _, { map }) => [pick(g, at, dy.shape, map), null],
  evaluate(node, [dy, at], evaluation, { map }) {
    const dx = evaluation.allocate(node);
    const position = positionReader(node.inputs[1], at, map);
    eachElement(map, dy, (i, set, element) => {
      dx[element(set[position(i)])] += dy[i];
    });
    return dx;
  },
  lower(node, lowering, { map }) {
    const [x, at] = node.inputs;
    const atWidth = positionWidth(at, map);
    const places = placesOf(map);
    emitRowMajor(lowering, node, (y) => emitCombine(lowering, node, places, { kind: 'unpick', x, at, atWidth, y }));
  },
};

const positions = (x: Node, shape: Shape, map: LineMap): Node => apply(positionOperation, [x], { shape, map });
/** The element of each set at a place: of equal sets, where the places are an index that `checkIndex` has seen. */
export const pick = (x: Node, at: Node, shape: Shape, map: LineMap): Node =>
  apply(pickOperation, [x, at], { shape, map });
const unpick = (dy: Node, at: Node, shape: Shape, map: LineMap): Node =>
  apply(unpickOperation, [dy, at], { shape, map });

/** The greatest of each set: max over windows. */
export const greatest = (x: Node, shape: Shape, map: LineMap): Node => apply(greatestOperation, [x], { shape, map });

/** The sets of a reduction over axes, and the shape that is left. */
function reduction(operation: string, x: Node, axes?: Axes): [Shape, LineMap] {
  const reduced = axesOf(operation, x, axes);
  return [x.shape.filter((_, axis) => !reduced.includes(axis)), reductionMap(x.shape, reduced)];
}

/**
 * The greatest element over axes of each sample's tensor, which the result lacks; over all of them by default. Its
 * gradient goes to the first of equals, and a NaN comes through. Throws `ShapeError` for an axis that x does not have.
 */
export const max = (x: Node, axes?: Axes): Node => greatest(x, ...reduction('max', x, axes));

/** The least element over axes, as `max` takes them: -max(-x). */
export function min(x: Node, axes?: Axes): Node {
  const reduced = reduction('min', x, axes);
  return neg(greatest(neg(x), ...reduced));
}

/**
 * Where along an axis, by default the last, the greatest element stands, from 0: the first of equals, the last NaN if there
 * are any. No gradient flows through it. Throws `ShapeError` for an axis that x does not have.
 */
export const argmax = (x: Node, axis = -1): Node => positions(x, ...reduction('argmax', x, axisOf('argmax', x, axis)));

/** The most integers from 0 on that f32, in which an index travels, tells apart. */
const MOST_INDICES = 2 ** 24;

/** Throws `ValueError` unless these are known to be integers 0 to n - 1: an input that is checked, or such an argmax. */
export function checkIndex(operation: string, index: Node, n: number): void {
  if (n > MOST_INDICES)
    throw new ValueError(`${operation}: expected at most ${MOST_INDICES} to choose from by an index in f32, got ${n}`);
  const { map } = index.attributes as Choice;
  if (sourceKind(index) !== 'input' && !(index.operation === positionOperation && map.begins[1] <= n))
    throw new ValueError(
      `${operation}: expected an index that is an input, or an argmax along at most ${n} elements, got ${showNode(index)}`,
    );
}

export const chooseOperations = [greatestOperation, positionOperation, pickOperation, unpickOperation];
