/** Where values come from: inputs, parameters, statistics and constants. */
import { ValueError } from '../../errors.js';
import { show } from '../../fields.js';
import { checkNumbers, type Expected } from '../feeds.js';
import { apply, type Node, type Shape, showShape, size } from '../node.js';
import type { Operation } from '../operation.js';

/** Numbers for a tensor: one number (for shape `[]`), or all of them in row-major order. */
export type Numbers = number | ArrayLike<number>;

interface SourceAttributes {
  readonly kind: 'input' | 'parameter' | 'statistic' | 'constant';
  readonly shape: Shape;
  /** The initial values of a parameter or statistic, the values of a constant; null for an input. */
  readonly data: Float32Array | null;
  readonly expected?: Expected;
}

export const source: Operation<SourceAttributes> = {
  name: 'source',
  shape: (_, { shape }) => shape,
  batched: (_, { kind }) => kind === 'input',
  vjp: () => [],
  evaluate: (node, _, evaluation) => evaluation.source(node),
  lower: () => {},
};

/** A copy of a shape. Throws `ValueError` unless it is a list of positive integers. */
export function checkShape(what: string, shape: Shape): Shape {
  if (!Array.isArray(shape) || !shape.every((extent) => Number.isInteger(extent) && extent > 0))
    throw new ValueError(`${what}: expected a shape of positive integers, got ${show(shape)}`);
  return Object.freeze([...shape]);
}

function checkName(what: string, name: string): string {
  if (typeof name !== 'string' || name === '')
    throw new ValueError(`${what}: expected a name that is not empty, got ${show(name)}`);
  return name;
}

/** A copy of the numbers of a tensor. Throws `ValueError` unless they are as many, and finite in f32. */
function dataOf(what: string, shape: Shape, numbers: Numbers): Float32Array {
  const list = typeof numbers === 'number' ? [numbers] : numbers;
  checkNumbers(what, 'finite numbers', '', list, true);
  if (list.length !== size(shape))
    throw new ValueError(`${what}: expected ${size(shape)} numbers for shape ${showShape(shape)}, got ${list.length}`);
  return Float32Array.from(list);
}

/**
 * A value that is fed at each run, one tensor of this shape a sample, by default one number. Throws `ValueError` for an
 * empty name, or a shape that is none.
 */
export const input = (name: string, shape: Shape = []): Node => expectingInput(name, shape, {});

/** An input that expects more of what it is fed than numbers that are finite. */
export function expectingInput(name: string, shape: Shape, expected: Expected): Node {
  checkName('input', name);
  return apply(source, [], { kind: 'input', shape: checkShape(`input '${name}'`, shape), data: null, expected }, name);
}

/**
 * A value that is kept between runs and trained, by default one number. Zero if no numbers are given. Throws `ValueError` for
 * an empty name, a shape that is none, or numbers that are not finite or not as many.
 */
export function parameter(name: string, shape: Shape = [], numbers?: Numbers): Node {
  checkName('parameter', name);
  const what = `parameter '${name}'`;
  const checked = checkShape(what, shape);
  const data = numbers === undefined ? null : dataOf(what, checked, numbers);
  return apply(source, [], { kind: 'parameter', shape: checked, data }, name);
}

/** A value that is kept between runs and not trained: a step assigns to it what the graph says. No gradient reaches it. */
export function statistic(name: string, shape: Shape, numbers: Numbers): Node {
  checkName('statistic', name);
  const what = `statistic '${name}'`;
  const checked = checkShape(what, shape);
  return apply(source, [], { kind: 'statistic', shape: checked, data: dataOf(what, checked, numbers) }, name);
}

/** A value that never changes, by default one number. Throws `ValueError` for a shape or numbers as `parameter` does. */
export function constant(numbers: Numbers, shape: Shape = []): Node {
  const checked = checkShape('constant', shape);
  return apply(source, [], { kind: 'constant', shape: checked, data: dataOf('constant', checked, numbers) });
}

/** What kind of source a node is; undefined for a node that is computed. */
export function sourceKind(node: Node): SourceAttributes['kind'] | undefined {
  return node.operation === source ? (node.attributes as SourceAttributes).kind : undefined;
}

/** Whether a node's values outlive a run: those of parameters, statistics and constants. */
export function isKept(node: Node): boolean {
  const kind = sourceKind(node);
  return kind !== undefined && kind !== 'input';
}

/** The numbers that a kept value starts with; null where none were given. */
export function sourceData(node: Node): Float32Array | null {
  return (node.attributes as SourceAttributes).data;
}
