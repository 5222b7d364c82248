/**
 * Every operation's gradient rule against finite differences of its meaning, in f64, and the gradient of every gradient
 * against those of the gradient: operands lie apart from kinks, where there are any.
 */
import { describe, expect, it } from 'vitest';
import { ValueError } from '../../src/errors.js';
import { gradients } from '../../src/graph/gradient.js';
import { type Node, size } from '../../src/graph/node.js';
import type { Values } from '../../src/graph/operation.js';
import { elu, leakyRelu } from '../../src/graph/ops/activation.js';
import { input, parameter, sourceData } from '../../src/graph/ops/source.js';
import { Generator } from '../../src/random.js';
import { evaluateGraph } from '../../src/reference/values.js';
import { uniform } from '../numbers.js';
import { convCases, convGradientCases } from './cases/conv.js';
import { denseCases, denseGradientCases } from './cases/dense.js';
import type { Case } from './cases/operands.js';
import { allOperations, casesOf, countOf, instance } from './cases.js';

/** Few elements are enough: what an operation does at other sizes is the kernels' business. */
const N = 5;
const cases: Case[] = [
  ...casesOf(N),
  ...denseCases(4, 3),
  ...denseGradientCases(4, 3),
  ...convCases,
  ...convGradientCases,
];

/** Step of the differences: five points have an error of h^4, some 1e-11, and lose 1e-16 / h to rounding. */
const H = 1e-3;
/** Constants in a graph are f32, so second derivatives that contain sqrt(2 / pi) are good to 6e-8. */
const TOLERANCE = 5e-7;

/** A node's values in f64; the sources' are given. */
function evaluate(root: Node, rows: number, values: ReadonlyMap<Node, Values>): Values {
  const read = (node: Node) => values.get(node) ?? Float64Array.from(sourceData(node) ?? []);
  return evaluateGraph([root], rows, read, 'f64').get(root) as Values;
}

/** df/dx for every element of x, from f at x +- h and x +- 2 h. */
function differences(f: () => number, x: Values): number[] {
  return [...x].map((middle, i) => {
    const at = (offset: number) => {
      x[i] = middle + offset;
      return f();
    };
    const slope = (8 * (at(H) - at(-H)) - (at(2 * H) - at(-2 * H))) / (12 * H);
    x[i] = middle;
    return slope;
  });
}

/** Values of sources. */
type Known = Map<Node, Float64Array>;

/** A source like a node, with random values. */
function randomLike(name: string, { shape, batched }: Node, rows: number, generator: Generator, values: Known): Node {
  const node = batched ? input(name, shape) : parameter(name, shape);
  values.set(node, Float64Array.from(uniform(generator, size(shape) * (batched ? rows : 1))));
  return node;
}

/** Compares the gradients of c . y by the sources with finite differences, as shares of the largest. */
function compare(what: string, y: Node, c: Node, sources: readonly Node[], rows: number, values: Known): Node[] {
  const coefficients = values.get(c) as Float64Array;
  const functional = () => {
    const numbers = evaluate(y, rows, values);
    return coefficients.reduce((total, factor, i) => total + factor * numbers[i], 0);
  };
  const derived = gradients(y, sources, c);
  derived.forEach((gradient, i) => {
    const actual = evaluate(gradient, rows, values);
    const expected = differences(functional, values.get(sources[i]) as Float64Array);
    expect(actual).toHaveLength(expected.length);
    const scale = Math.max(1, ...expected.map(Math.abs));
    const wrong = [...actual.keys()].filter((j) => !(Math.abs(actual[j] - expected[j]) <= TOLERANCE * scale));
    const tell = (j: number) => `${what} by ${sources[i].name}[${j}]: ${actual[j]}, by differences ${expected[j]}`;
    expect(wrong.map(tell)).toEqual([]);
  });
  return derived;
}

/** Checks the gradients of a case, and theirs by the operands and by the gradient that flows in. */
function check(testCase: Case, rows: number): void {
  const generator = new Generator(7, rows);
  const { sources, node } = instance(testCase);
  const values: Known = new Map();
  testCase.operands.forEach((operand, i) => {
    values.set(sources[i], Float64Array.from(operand.draw(generator, countOf(operand, rows))));
  });
  const smooth = sources.filter((_, i) => testCase.operands[i].smooth);
  const dy = randomLike('dy', node, rows, generator, values);
  for (const [i, gradient] of compare('y', node, dy, smooth, rows, values).entries()) {
    const g = randomLike('g', gradient, rows, generator, values);
    compare(`the gradient by ${smooth[i].name}`, gradient, g, [...smooth, dy], rows, values);
  }
}

describe.each([1, 3])('with %i samples', (rows) => {
  it.each(cases.map((testCase) => [testCase.name, testCase] as const))('%s', (_, testCase) => check(testCase, rows));
});

describe('every operation', () => {
  it('has a case', async () => {
    const covered = cases.map((testCase) => instance(testCase).node.operation);
    const missing = (await allOperations()).filter((operation) => !covered.includes(operation));
    expect(missing.map(({ name }) => name)).toEqual([]);
  });
});

describe('an alpha below 0', () => {
  // The derivative is told from y, whose sign is that of z only for an alpha of at least 0.
  it.each([leakyRelu, elu])('is refused by %o', (f) => {
    expect(() => f(input('x'), -0.1)).toThrow(ValueError);
  });
});

describe('heaviside', () => {
  it('lets no gradient through', () => {
    const heaviside = cases.filter(({ name }) => name.startsWith('heaviside'));
    for (const testCase of heaviside) {
      const { node } = instance(testCase);
      expect(node.operation.vjp(node, node, [true, true], node.attributes)).toEqual([null, null]);
    }
  });
});
