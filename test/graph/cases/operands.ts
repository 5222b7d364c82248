/** What a case is, and the operands that most cases are made of. */
import type { Node, Shape } from '../../../src/graph/node.js';
import type { Generator } from '../../../src/random.js';
import { integers, uniform } from '../../numbers.js';

/** An operand: one tensor a sample, or one for all samples. */
export interface Operand {
  readonly shape: Shape;
  readonly batched: boolean;
  readonly draw: (generator: Generator, count: number) => Float32Array;
  /** Whether the operation has a derivative by it. */
  readonly smooth: boolean;
}

export interface Case {
  readonly name: string;
  readonly operands: readonly Operand[];
  readonly build: (...operands: Node[]) => Node;
}

export type Draw = Operand['draw'];

export const signed: Draw = (generator, count) => uniform(generator, count, -2, 2);
export const positive: Draw = (generator, count) => uniform(generator, count, 0.5, 2);
/** Of either sign, and not near 0. */
export const apart: Draw = (generator, count) =>
  positive(generator, count).map((x) => (generator.uniform() < 0.5 ? -x : x));

export const each = (shape: Shape, draw: Draw = signed): Operand => ({ shape, draw, batched: true, smooth: true });
export const all = (shape: Shape, draw: Draw = signed): Operand => ({ shape, draw, batched: false, smooth: true });

/** Integers from 0 to n - 1. */
export const index = (shape: Shape, n: number): Operand => ({
  ...each(shape, (generator, count) => integers(generator, count, n)),
  smooth: false,
});

const show = ({ shape, batched }: Operand) => `${batched ? 'batched ' : ''}[${shape.join(', ')}]`;
export const named = (name: string, operands: readonly Operand[], build: Case['build']): Case => ({
  name: `${name} of ${operands.map(show).join(' and ')}`,
  operands,
  build,
});

/** How an operand may lie: numbers, vectors and matrices, for each sample or for all. */
export const layouts = (n: number): ((draw: Draw) => Operand)[] => [
  (draw) => each([n], draw),
  (draw) => each([2, n], draw),
  (draw) => each([], draw),
  (draw) => all([n], draw),
  (draw) => all([3, n], draw),
  (draw) => all([], draw),
];

/** Two operands of one shape, or one of them a single number; samples on either side, on both, on neither. */
export const pairs = (n: number): [Operand, Operand, string?][] => {
  const whole = [each([n]), all([n])];
  const single = [each([]), all([])];
  return [
    ...whole.flatMap((a) => whole.map((b) => [a, b] as [Operand, Operand])),
    ...whole.flatMap((a) =>
      single.flatMap(
        (b) =>
          [
            [a, b],
            [b, a],
          ] as [Operand, Operand][],
      ),
    ),
    ...single.flatMap((a) => single.map((b) => [a, b] as [Operand, Operand])),
    [each([2, n]), all([2, n])],
    [all([2, n]), all([2, n])],
    [all([]), all([2, n])],
    [all([2, n]), each([])],
    // An operand that is repeated as a whole, and operands that are repeated along other axes.
    [each([2, 3, n]), all([n])],
    [each([n]), each([2, n])],
    [all([2, n]), each([n])],
    [all([3, n]), all([n])],
    [each([n, 1]), each([3])],
    [all([2, 1]), each([1, n])],
  ];
};

export const over = (operand: Operand, draw: Draw): Operand => ({ ...operand, draw });
