/**
 * What an operation is. Everything about one stands together in one entry: its shape rule, its gradient rule, what it
 * means in plain JavaScript, and the instructions that it becomes. All four are required, so an operation that lacks
 * one does not compile.
 */
import type { Buffer, Fields, InstructionName } from './lowering.js';
import type { Node, Shape } from './node.js';

/** A node's numbers, row-major: one tensor a sample for a batched node, one in all for any other. */
export type Values = Float32Array | Float64Array;

/** What the plain-JavaScript meaning of an operation may ask for. */
export interface Evaluation {
  /** Samples in the batch. */
  readonly rows: number;
  /** Steps that training has taken. */
  readonly step: number;
  /** The values of an input, a parameter or a constant. */
  source(node: Node): Values;
  /** Room for a node's values, filled with zeros. */
  allocate(node: Node): Values;
}

/** What the lowering of an operation may ask for. */
export interface Lowering {
  /** Where a node's values lie, in panels. */
  buffer(node: Node): Buffer;
  /** Where the values of an unbatched node lie in row-major order, one f32 after the other. */
  flat(node: Node): Buffer;
  /** Room for values of this node's kind that nobody else sees. */
  temporary(node: Node): Buffer;
  /** Room for lines of 16 f32 that nobody else sees; `perSample` lines are repeated for each panel of samples. */
  lines(count: number, perSample: boolean): Buffer;
  /** A batched node's values with its last axis as lanes, for the product that sums over samples and positions. */
  transposed(node: Node): Buffer;
  /** Where these integers lie in memory, which no run changes. */
  table(values: Int32Array): Buffer;
  /** Makes the node's values those of another node, which lie in memory as its own would. */
  alias(node: Node, other: Node): void;
  emit<N extends InstructionName>(name: N, fields: Fields<N>): void;
}

export interface Operation<A extends object = object> {
  readonly name: string;
  /** The shape of the result. Throws `ShapeError` when the inputs do not fit. */
  shape(inputs: readonly Node[], attributes: A): Shape;
  /** Whether the result is batched; without this rule it is when an input is. */
  batched?(inputs: readonly Node[], attributes: A): boolean;
  /** The n of each input that has to hold integers 0 to n - 1. Where it is fed, its numbers are checked before a run. */
  indices?(inputs: readonly Node[], attributes: A): readonly (number | undefined)[];
  /**
   * The vector-Jacobian product: for the gradient `dy` of the node's value, the gradient of each input, or null where
   * none flows or none is needed. No Jacobian is formed.
   */
  vjp(node: Node, dy: Node, needed: readonly boolean[], attributes: A): readonly (Node | null)[];
  /** The node's values from its inputs' values, written for clarity: the oracle of the kernels. */
  evaluate(node: Node, inputs: readonly Values[], evaluation: Evaluation, attributes: A): Values;
  /** The instructions that compute the node. */
  lower(node: Node, lowering: Lowering, attributes: A): void;
}
