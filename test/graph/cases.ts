/**
 * Ways to use every operation, for tests that hold for all of them. The operations come from the tables of
 * `src/graph/ops`, so that one without a case is found.
 */
import { readdirSync } from 'node:fs';
import { apply, type Node, type Shape, size } from '../../src/graph/node.js';
import type { Operation } from '../../src/graph/operation.js';
import { activation, activationNames, activationOperations } from '../../src/graph/ops/activation.js';
import { dense, denseOperations } from '../../src/graph/ops/dense.js';
import * as elementwise from '../../src/graph/ops/elementwise.js';
import * as losses from '../../src/graph/ops/loss.js';
import { batchMean, mean, reduceOperations, repeat, spread, sum, sumBatch } from '../../src/graph/ops/reduce.js';
import { input, parameter } from '../../src/graph/ops/source.js';
import type { Generator } from '../../src/random.js';
import { integers, uniform } from '../numbers.js';

/** Every operation in the tables of `src/graph/ops`: the exports called `...Operations`. */
export async function allOperations(): Promise<Operation<never>[]> {
  const folder = new URL('../../src/graph/ops/', import.meta.url);
  const modules = await Promise.all(readdirSync(folder).map((file) => import(new URL(file, folder).href)));
  return modules.flatMap((module) =>
    Object.keys(module)
      .filter((name) => name.endsWith('Operations'))
      .flatMap((name) => module[name]),
  );
}

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

type Draw = Operand['draw'];

const signed: Draw = (generator, count) => uniform(generator, count, -2, 2);
const positive: Draw = (generator, count) => uniform(generator, count, 0.5, 2);
/** Of either sign, and not near 0. */
const apart: Draw = (generator, count) => positive(generator, count).map((x) => (generator.uniform() < 0.5 ? -x : x));

const each = (shape: Shape, draw: Draw = signed): Operand => ({ shape, draw, batched: true, smooth: true });
const all = (shape: Shape, draw: Draw = signed): Operand => ({ shape, draw, batched: false, smooth: true });

const show = ({ shape, batched }: Operand) => `${batched ? 'batched ' : ''}[${shape.join(', ')}]`;
const named = (name: string, operands: readonly Operand[], build: Case['build']): Case => ({
  name: `${name} of ${operands.map(show).join(' and ')}`,
  operands,
  build,
});

/** How an operand may lie: numbers, vectors and matrices, for each sample or for all. */
const layouts = (n: number): ((draw: Draw) => Operand)[] => [
  (draw) => each([n], draw),
  (draw) => each([2, n], draw),
  (draw) => each([], draw),
  (draw) => all([n], draw),
  (draw) => all([3, n], draw),
  (draw) => all([], draw),
];

/** Two operands of one shape, or one of them a single number; samples on either side, on both, on neither. */
const pairs = (n: number): [Operand, Operand, string?][] => {
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
  ];
};

const over = (operand: Operand, draw: Draw): Operand => ({ ...operand, draw });

function elementwiseCases(n: number): Case[] {
  const { exp, log, neg, pow, reciprocal, sqrt, square } = elementwise;
  const unary: [string, (x: Node) => Node, Draw][] = [
    ['neg', neg, signed],
    ['exp', exp, signed],
    ['log', log, positive],
    ['sqrt', sqrt, positive],
    ['square', square, signed],
    ['reciprocal', reciprocal, apart],
    ...[-1, 0, 2, 3].map((e): [string, (x: Node) => Node, Draw] => [`pow ${e}`, (x) => pow(x, e), apart]),
    ...[-0.5, 0.5, 2.5, 1.7].map((e): [string, (x: Node) => Node, Draw] => [`pow ${e}`, (x) => pow(x, e), positive]),
  ];
  const { add, sub, mul, div, maximum, minimum, heaviside } = elementwise;
  const binary: [string, (a: Node, b: Node) => Node, Draw, Draw][] = [
    ['add', add, signed, signed],
    ['sub', sub, signed, signed],
    ['mul', mul, signed, signed],
    ['div', div, signed, apart],
    ['maximum', maximum, positive, apart],
    ['minimum', minimum, positive, apart],
    ['heaviside', heaviside, positive, apart],
  ];
  return [
    ...unary.flatMap(([name, f, draw]) => layouts(n).map((layout) => named(name, [layout(draw)], f))),
    ...binary.flatMap(([name, f, da, db]) => pairs(n).map(([a, b]) => named(name, [over(a, da), over(b, db)], f))),
  ];
}

const [, activationGradientOperation] = activationOperations;

function activationCases(n: number): Case[] {
  const alphas: Readonly<Record<string, number[]>> = { leakyRelu: [0.01, 0.3, 0], elu: [1, 0.7] };
  return activationNames.flatMap((kind) =>
    (alphas[kind] ?? [0]).flatMap((alpha) => [
      ...layouts(n).map((layout) => named(`${kind} ${alpha}`, [layout(apart)], (z) => activation(z, kind, alpha))),
      // What an activation saves of elu is above -alpha; nothing else is asked of it.
      ...layouts(n).map((layout) => {
        const saved: Draw = (generator, count) => apart(generator, count).map((z) => 0.3 * z);
        const draw = kind === 'elu' ? saved : apart;
        return named(`the gradient of ${kind} ${alpha}`, [layout(draw), layout(signed)], (x, dy) =>
          apply(activationGradientOperation, [x, dy], { kind, alpha }),
        );
      }),
    ]),
  );
}

const sumsOf = (n: number): Case[] => [
  ...layouts(n).flatMap((layout) => [named('sum', [layout(signed)], sum), named('mean', [layout(signed)], mean)]),
  ...[each([]), all([])].flatMap((x) => [
    named(`spread over [${n}]`, [x], (node) => spread(node, [n], 0.3)),
    named(`spread over [2, ${n}]`, [x], (node) => spread(node, [2, n])),
  ]),
  ...[[n], [3, n], []].map((shape) => named('sumBatch', [each(shape)], sumBatch)),
  ...[[n], [3, n], []].map((shape) => named('repeat', [all(shape)], repeat)),
  named('batchMean', [each([])], batchMean),
  named('batchShare', [all([])], (x) => apply(reduceOperations[5], [x], {})),
];

/** Dense layers of K inputs and N outputs. */
export const denseCases = (K: number, N: number): Case[] => {
  const x = each([K]);
  const w = all([K, N]);
  return [
    named('dense', [x, w, all([N])], dense),
    named('dense without a bias', [x, w], dense),
    named('dense by a computed weight', [x, w], (a, b) => dense(a, elementwise.square(b))),
  ];
};

const [, inputGradientOperation, weightGradientOperation] = denseOperations;

/** The gradients of a dense layer as operations of their own. */
export const denseGradientCases = (K: number, N: number): Case[] => [
  named('the input gradient of dense', [each([N]), all([K, N])], (dy, w) => apply(inputGradientOperation, [dy, w], {})),
  named('the weight gradient of dense', [each([K]), each([N])], (x, dy) => apply(weightGradientOperation, [x, dy], {})),
];

const [, lossGradientOperation] = losses.lossOperations;

/** Each loss, with all that it can be told. */
const lossKinds: [string, (z: Node, t: Node) => Node, Draw | 'labels'][] = [
  ['softmaxCrossEntropy', (z, t) => losses.softmaxCrossEntropy(z, t), 'labels'],
  ['softmaxCrossEntropy, smoothing 0.1', (z, t) => losses.softmaxCrossEntropy(z, t, 0.1), 'labels'],
  ['binaryCrossEntropy', losses.binaryCrossEntropy, (generator, count) => uniform(generator, count, 0, 1)],
  ['meanSquaredError', losses.meanSquaredError, signed],
  ['meanAbsoluteError', losses.meanAbsoluteError, signed],
  ['huber', (z, t) => losses.huber(z, t), signed],
  ['huber, delta 0.3', (z, t) => losses.huber(z, t, 0.3), signed],
];

const targetsOf = (n: number, draw: Draw | 'labels'): Operand =>
  draw === 'labels'
    ? { ...each([], (generator, count) => integers(generator, count, n)), smooth: false }
    : each([n], draw);

export const lossCases = (n: number): Case[] =>
  lossKinds.map(([name, f, draw]) => named(name, [each([n]), targetsOf(n, draw)], f));

/** The gradient of each loss, times one number a sample, as an operation of its own. */
export const lossGradientCases = (n: number): Case[] =>
  lossKinds.map(([name, f, draw]) =>
    named(`the gradient of ${name}`, [each([n]), targetsOf(n, draw), each([])], (z, t, dy) =>
      apply(lossGradientOperation, [z, t, dy], f(z, t).attributes as never),
    ),
  );

/** Cases of every operation that stand for themselves, with n elements along the last axis. */
export const casesOf = (n: number): Case[] => [
  ...elementwiseCases(n),
  ...activationCases(n),
  ...sumsOf(n),
  ...lossCases(n),
];

/** Numbers for one operand of a case. */
export const countOf = ({ shape, batched }: Operand, rows: number): number => size(shape) * (batched ? rows : 1);

/** A case's operands as sources, called 'a', 'b', ..., and what it makes of them. */
export function instance({ operands, build }: Case): { sources: Node[]; node: Node } {
  const sources = operands.map(({ shape, batched }, i) => {
    const name = 'abcdefgh'[i];
    return batched ? input(name, shape) : parameter(name, shape);
  });
  return { sources, node: build(...sources) };
}
