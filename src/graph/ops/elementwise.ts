/** Operations on each element alone. Two operands are broadcast to one shape, as in NumPy; samples are matched with samples. */
import { ShapeError, ValueError } from '../../errors.js';
import { check, finite, show } from '../../fields.js';
import { Elementwise } from '../../program/generated/instructions.js';
import { broadcastShape } from '../axes.js';
import { apply, isNode, type Node, of, type Shape, showShape, size } from '../node.js';
import type { Evaluation, Operation, Values } from '../operation.js';
import { emitElementwise, fitsElementwise } from '../storage.js';
import { broadcast } from './move.js';
import { unbroadcast } from './reduce.js';
import { constant } from './source.js';

/** A node, or a number that stands for a constant. */
export type Operand = Node | number;

interface PowerAttributes {
  readonly exponent: number;
}

function nodeOf(operation: string, x: Operand): Node {
  if (typeof x === 'number') return constant(x);
  if (isNode(x)) return x;
  throw new ValueError(`${operation}: expected nodes or numbers, got ${show(x)}`);
}

/** The value of an operand at element i of a result with `n` elements a tensor, in which it is repeated as a whole. */
function reader(x: Node, values: Values, n: number): (i: number) => number {
  const elements = size(x.shape);
  if (elements === n) return x.batched ? (i) => values[i] : (i) => values[i % n];
  if (x.batched) return (i) => values[Math.floor(i / n) * elements + ((i % n) % elements)];
  return (i) => values[(i % n) % elements];
}

function evaluateEach(
  node: Node,
  inputs: readonly Values[],
  evaluation: Evaluation,
  f: (a: number, b: number) => number,
) {
  const n = size(node.shape);
  const [a, b] = inputs.map((values, i) => reader(node.inputs[i], values, n));
  return evaluation.allocate(node).map((_, i) => f(a(i), b ? b(i) : 0));
}

type UnaryRule = (dy: Node, x: Node, y: Node) => Node;

/** y = f(x): its meaning, and dx from dy, x and y. */
function unary(name: keyof typeof Elementwise, f: (x: number) => number, vjp: UnaryRule): Operation {
  return {
    name,
    shape: ([x]) => x.shape,
    vjp: (node, dy) => [vjp(dy, node.inputs[0], node)],
    evaluate: (node, inputs, evaluation) => evaluateEach(node, inputs, evaluation, f),
    lower: (node, lowering) => emitElementwise(lowering, node, Elementwise[name], node.inputs, 1),
  };
}

type BinaryRule = (dy: Node, a: Node, b: Node, y: Node) => Node | null;

const none = () => null;

/** y = f(a, b): its meaning, and da and db from dy, a, b and y; by default no gradient flows. */
function binary(
  name: keyof typeof Elementwise,
  f: (a: number, b: number) => number,
  da: BinaryRule = none,
  db: BinaryRule = none,
): Operation {
  return {
    name,
    shape: ([a, b]) => broadcastShape(a.shape, b.shape) as Shape,
    vjp(node, dy, needed) {
      const [a, b] = node.inputs;
      return [da, db].map((rule, i) => {
        const gradient = needed[i] ? rule(dy, a, b, node) : null;
        return gradient && unbroadcast(gradient, node.inputs[i]);
      });
    },
    evaluate: (node, inputs, evaluation) => evaluateEach(node, inputs, evaluation, f),
    lower: (node, lowering) => emitElementwise(lowering, node, Elementwise[name], node.inputs, 1),
  };
}

const negOperation = unary(
  'neg',
  (x) => -x,
  (dy) => neg(dy),
);
const expOperation = unary('exp', Math.exp, (dy, _, y) => mul(dy, y));
const logOperation = unary('log', Math.log, (dy, x) => div(dy, x));
const sqrtOperation = unary('sqrt', Math.sqrt, (dy, _, y) => div(mul(dy, 0.5), y));
const squareOperation = unary(
  'square',
  (x) => x * x,
  (dy, x) => mul(mul(dy, 2), x),
);
const reciprocalOperation = unary(
  'reciprocal',
  (x) => 1 / x,
  (dy, _, y) => neg(mul(dy, square(y))),
);

/** y = x^c; dx = c x^(c-1) dy. */
const powOperation: Operation<PowerAttributes> = {
  name: 'pow',
  shape: ([x]) => x.shape,
  vjp(node, dy, _, { exponent }) {
    if (exponent === 0) return [null];
    return [mul(mul(dy, exponent), pow(node.inputs[0], exponent - 1))];
  },
  evaluate: (node, inputs, evaluation, { exponent }) => evaluateEach(node, inputs, evaluation, (x) => x ** exponent),
  lower: (node, lowering, { exponent }) => emitElementwise(lowering, node, Elementwise.pow, node.inputs, exponent),
};

const addOperation = binary(
  'add',
  (a, b) => a + b,
  (dy) => dy,
  (dy) => dy,
);
const subOperation = binary(
  'sub',
  (a, b) => a - b,
  (dy) => dy,
  (dy) => neg(dy),
);
const mulOperation = binary(
  'mul',
  (a, b) => a * b,
  (dy, _, b) => mul(dy, b),
  (dy, a) => mul(dy, a),
);
const divOperation = binary(
  'div',
  (a, b) => a / b,
  (dy, _, b) => div(dy, b),
  (dy, _, b, y) => neg(div(mul(dy, y), b)),
);

// The gradient goes to the operand that was taken; equal operands share it, as in PyTorch.
const maximumOperation = binary(
  'maximum',
  (a, b) => Math.max(a, b),
  (dy, a, b) => mul(dy, heaviside(a, b)),
  (dy, a, b) => mul(dy, heaviside(b, a)),
);
const minimumOperation = binary(
  'minimum',
  (a, b) => Math.min(a, b),
  (dy, a, b) => mul(dy, heaviside(b, a)),
  (dy, a, b) => mul(dy, heaviside(a, b)),
);

// Piecewise constant, so no gradient flows.
const heavisideOperation = binary('heaviside', (a, b) => (Math.sign(a - b) + 1) / 2);
const greaterOperation = binary('greater', (a, b) => (a > b ? 1 : 0));
const equalOperation = binary('equal', (a, b) => (a === b ? 1 : 0));

/** b where the mask a is not 0, else 0: a product would make NaN of 0 times infinity. */
const keepOperation = binary(
  'keep',
  (mask, x) => (mask === 0 ? 0 : x),
  none,
  (dy, mask) => keep(mask, dy),
);

// Where heaviside is 1/2 on both sides, at 0, the derivative is 0.
const absOperation = unary('abs', Math.abs, (dy, x) => mul(dy, sub(heaviside(x, 0), heaviside(0, x))));

/** y = max(a, b), or min(a, b), for a bound b: unlike theirs, its gradient passes where a is the bound itself. */
const boundedBy = (operation: Operation): Operation => ({
  ...operation,
  name: 'clip',
  vjp: (node, dy) => [unbroadcast(keep(equal(node.inputs[0], node), dy), node.inputs[0]), null],
});
const [atLeastOperation, atMostOperation] = [maximumOperation, minimumOperation].map(boundedBy);

const one = (operation: Operation, x: Operand): Node => apply(operation, [nodeOf(operation.name, x)], {});
/** `called` is what errors name: the function that was called, if it is composed of operations. */
function two(operation: Operation, a: Operand, b: Operand, called = operation.name): Node {
  const operands = [a, b].map((x) => nodeOf(called, x));
  const shapes = operands.map((x) => x.shape);
  const shape = broadcastShape(shapes[0], shapes[1]);
  if (!shape)
    throw new ShapeError(
      `${called}: expected shapes that go together from the last axis on, got ${shapes.map(showShape).join(' and ')}${of(...operands)}`,
    );
  const batched = operands.some((x) => x.batched);
  const fitting = operands.map((x) => (fitsElementwise(x, shape, batched) ? x : broadcast(x, shape)));
  return apply(operation, fitting, {});
}

/** -x */
export const neg = (x: Operand): Node => one(negOperation, x);
/** e^x */
export const exp = (x: Operand): Node => one(expOperation, x);
/** The natural logarithm of x. */
export const log = (x: Operand): Node => one(logOperation, x);
/** The square root of x. */
export const sqrt = (x: Operand): Node => one(sqrtOperation, x);
/** x^2 */
export const square = (x: Operand): Node => one(squareOperation, x);
/** 1 / x */
export const reciprocal = (x: Operand): Node => one(reciprocalOperation, x);
/**
 * a + b, element by element. Their shapes are broadcast as in NumPy, as those of every function of two operands here: from
 * the last axis on, extents are equal, or one of them is 1 and that operand is repeated. Throws `ShapeError` for others.
 */
export const add = (a: Operand, b: Operand): Node => two(addOperation, a, b);
/** a - b */
export const sub = (a: Operand, b: Operand): Node => two(subOperation, a, b);
/** a b, element by element */
export const mul = (a: Operand, b: Operand): Node => two(mulOperation, a, b);
/** a / b */
export const div = (a: Operand, b: Operand): Node => two(divOperation, a, b);
/** The greater of a and b. Its gradient goes to the greater operand, and in equal halves to equal ones. */
export const maximum = (a: Operand, b: Operand): Node => two(maximumOperation, a, b);
/** The lesser of a and b. Its gradient goes to the lesser operand, and in equal halves to equal ones. */
export const minimum = (a: Operand, b: Operand): Node => two(minimumOperation, a, b);
/** 1 where a > b, 1/2 where a = b, 0 elsewhere. No gradient flows through it. */
export const heaviside = (a: Operand, b: Operand): Node => two(heavisideOperation, a, b);

/** 1 where a > b, else 0. No gradient flows through it. */
export const greater = (a: Operand, b: Operand): Node => two(greaterOperation, a, b);
/** 1 where a < b, else 0. No gradient flows through it. */
export const less = (a: Operand, b: Operand): Node => two(greaterOperation, b, a, 'less');
/** 1 where a = b, else 0. No gradient flows through it. */
export const equal = (a: Operand, b: Operand): Node => two(equalOperation, a, b);
/** |x|, with derivative 0 at 0 */
export const abs = (x: Operand): Node => one(absOperation, x);
/** x where the mask is not 0, else 0, even where x is infinite or NaN. No gradient flows to the mask. */
export const keep = (mask: Operand, x: Operand): Node => two(keepOperation, mask, x);
/** a where the mask is not 0, else b. An operand that is not taken has gradient 0, even if it is infinite or NaN. */
export function where(mask: Operand, a: Operand, b: Operand): Node {
  const taken = two(keepOperation, mask, a, 'where');
  const other = two(keepOperation, equal(nodeOf('where', mask), 0), b, 'where');
  return two(addOperation, taken, other, 'where');
}

/**
 * x within low and high; the gradient passes where low <= x <= high. An infinite bound is no bound. Throws `ValueError` if
 * low is not below high.
 */
export function clip(x: Operand, low: number, high: number): Node {
  if (!(low < high)) throw new ValueError(`clip: expected low below high, got ${show(low)} and ${show(high)}`);
  const above = low === -Infinity ? nodeOf('clip', x) : two(atLeastOperation, x, low);
  return high === Infinity ? above : two(atMostOperation, above, high);
}

/** x^exponent for a constant exponent, which kernels take in f32. Throws `ValueError` if the exponent is not finite. */
export function pow(x: Operand, exponent: number): Node {
  check('pow', 'exponent', exponent, finite);
  return apply(powOperation, [nodeOf('pow', x)], { exponent });
}

export const elementwiseOperations = [
  negOperation,
  expOperation,
  logOperation,
  sqrtOperation,
  squareOperation,
  reciprocalOperation,
  powOperation,
  addOperation,
  subOperation,
  mulOperation,
  divOperation,
  maximumOperation,
  minimumOperation,
  heavisideOperation,
  greaterOperation,
  equalOperation,
  keepOperation,
  absOperation,
  atLeastOperation,
  atMostOperation,
];
