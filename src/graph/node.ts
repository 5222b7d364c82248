/** The graph: immutable nodes that say what one sample means. The batch is nowhere in it. */
import { LanegradError, ValueError } from '../errors.js';
import { show } from '../fields.js';
import type { Operation } from './operation.js';
import { here, type Origin, placeOf } from './origin.js';

/** Extents of a sample's tensor, outermost first; `[]` is a single number. */
export type Shape = readonly number[];

/**
 * A value in the graph. `batched` values have one tensor a sample; the others (parameters, constants and what is made
 * of them alone) have one for the whole batch.
 */
export interface Node {
  /** Order of creation: a node's inputs have lower numbers, so this order is a topological one. */
  readonly id: number;
  // The attributes' type is known to the operation alone, which is the only one to look at them.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly operation: Operation<any>;
  readonly inputs: readonly Node[];
  readonly attributes: object;
  readonly shape: Shape;
  readonly batched: boolean;
  /** The name of an input or a parameter. */
  readonly name: string | undefined;
  /** The calls that made it. */
  readonly origin: Origin;
}

let created = 0;

/** A node that applies an operation to its inputs. Throws `ShapeError`, which names them, when they do not fit. */
export function apply<A extends object>(
  operation: Operation<A>,
  inputs: readonly Node[],
  attributes: A,
  name?: string,
): Node {
  checkNodes(operationName({ operation, attributes }), inputs);
  const shape = Object.freeze([...shapeOf(operation, inputs, attributes)]);
  const batched = operation.batched ? operation.batched(inputs, attributes) : inputs.some((node) => node.batched);
  return Object.freeze({ id: created++, operation, inputs, attributes, shape, batched, name, origin: here() });
}

function shapeOf<A extends object>(operation: Operation<A>, inputs: readonly Node[], attributes: A): Shape {
  try {
    return operation.shape(inputs, attributes);
  } catch (error) {
    if (!(error instanceof LanegradError)) throw error;
    const Reason = error.constructor as typeof LanegradError;
    throw new Reason(`${error.message}${of(...inputs)}`, { cause: error });
  }
}

export const isNode = (x: unknown): x is Node => typeof x === 'object' && x !== null && 'operation' in x;

/** Throws `ValueError` for an operand that is no node. */
export function checkNodes(operation: string, operands: readonly unknown[]): void {
  for (const x of operands)
    if (!isNode(x)) throw new ValueError(`${operation}: expected nodes to work on, got ${show(x)}`);
}

/** How a sentence ends that is about operands which do not fit: with their names, and where they were made. */
export const of = (...operands: readonly Node[]): string => ` (of ${operands.map(showNode).join(', ')})`;

/** A node in a message: its name or its operation's, and where it was made, if that is known. */
export function showNode(node: Node): string {
  const place = placeOf(node.origin);
  return `${node.name === undefined ? operationName(node) : `'${node.name}'`}${place && ` made at ${place}`}`;
}

/** The name of a node's operation; of one in a family that shares its rules, that of the member. */
export function operationName({ operation, attributes }: Pick<Node, 'operation' | 'attributes'>): string {
  const { kind } = attributes as { readonly kind?: string };
  return kind === undefined || operation.name.endsWith('Gradient') ? operation.name : kind;
}

/** Elements of a tensor of this shape. */
export function size(shape: Shape): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((extent, axis) => extent === b[axis]);
}

/** A shape as people write it. */
export function showShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/** All nodes that the roots are made of, the roots included, in topological order. */
export function reachable(roots: Iterable<Node>): Node[] {
  const found = new Set<Node>();
  const pending = [...roots];
  for (let node = pending.pop(); node; node = pending.pop()) {
    if (found.has(node)) continue;
    found.add(node);
    pending.push(...node.inputs);
  }
  return [...found].sort((a, b) => a.id - b.id);
}
