/**
 * Every operation, compiled, against its meaning in f64: on every tier, at sizes on both sides of a panel's 16 lanes,
 * on memory full of NaN. On more threads the results are the same to the last bit.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Feeds } from '../../src/graph/feeds.js';
import { derive, type Executable, type Model, type Tensor } from '../../src/graph/model.js';
import { type Node, reachable, size } from '../../src/graph/node.js';
import { mul } from '../../src/graph/ops/elementwise.js';
import { sum } from '../../src/graph/ops/reduce.js';
import { input, parameter } from '../../src/graph/ops/source.js';
import { compileProgram } from '../../src/program/program.js';
import { Generator } from '../../src/random.js';
import { Reference } from '../../src/reference/reference.js';
import { convCases, largeConvCases } from '../graph/cases/conv.js';
import { denseCases, withZeros } from '../graph/cases/dense.js';
import { type Case, each } from '../graph/cases/operands.js';
import { allOperations, casesOf, countOf, instance } from '../graph/cases.js';
import { difference, magnitude, sameBits, uniform } from '../numbers.js';
import { startThreads, useThreads } from '../threads.js';
import { availableTiers } from '../tiers.js';
import { poisonMemory } from './poison.js';

/** Pairs of elements and samples: below, at and above one panel and several. */
const sizes = [
  [1, 1],
  [3, 16],
  [16, 3],
  [17, 37],
  [37, 17],
  [1, 130],
  [130, 16],
] as const;

/** Inputs, outputs and samples of dense layers. */
const products = [
  [1, 1, 1],
  [3, 16, 17],
  [16, 3, 37],
  [17, 37, 16],
  [37, 17, 3],
  [130, 1, 130],
  [1, 130, 16],
  [130, 37, 1],
  [37, 130, 130],
  // Beyond each block of the products: KC and DW_MC, DX_NC, DX_KC, NC.
  [300, 17, 280],
  [17, 300, 16],
  [1000, 3, 17],
  [3, 4150, 17],
] as const;

/**
 * How far a result may be from the truth, as a share of the largest number in it: some ulp (6e-8 each) for the
 * functions, for sums some ulp of their terms. Those are of order 1 where a sum has come to nearly nothing; the loss
 * has as many as there are outputs.
 */
const TOLERANCE = 4e-6;
const TERM = 0.25;

/** f = sum(weights y), with random weights, so that every element of y has a gradient of its own. */
function modelOf(testCase: Case, batch: number): { model: Model; node: Node } {
  const { sources, node } = instance(testCase);
  const weights = node.batched ? input('weights', node.shape) : parameter('weights', node.shape);
  const gradients = sources.filter((_, i) => testCase.operands[i].smooth).map(({ name }) => name as string);
  const model = { loss: sum(mul(node, weights)), outputs: [node], gradients, update: null, batch };
  return { model, node };
}

interface Results {
  readonly loss: number;
  readonly gradients: Map<string, Tensor>;
  readonly outputs: Tensor[];
}

function resultsOf(executable: Executable, feeds: Feeds, predictFeeds: Feeds): Results {
  const loss = executable.forward(feeds);
  return { loss, gradients: executable.backward(), outputs: executable.predict(predictFeeds) };
}

/** What is fed to a case, and what its parameters are. */
function numbersFor(testCase: Case, node: Node, rows: number, seed: number) {
  const generator = new Generator(seed, rows);
  const drawn = testCase.operands.map((operand, i) => {
    const data = operand.draw(generator, countOf(operand, rows));
    return { name: 'abcdefgh'[i], data, ...operand };
  });
  const data = uniform(generator, size(node.shape) * (node.batched ? rows : 1));
  const all = [...drawn, { name: 'weights', data, shape: node.shape, batched: node.batched }];
  const feeds = Object.fromEntries(all.filter(({ batched }) => batched).map(({ name, data }) => [name, data]));
  const { weights: _, ...predictFeeds } = feeds;
  const parameters = all
    .filter(({ batched }) => !batched)
    .map(({ name, shape, data }) => [name, { shape, data }] as const);
  return { feeds, predictFeeds, parameters: new Map(parameters) };
}

function expectClose(what: string, actual: ArrayLike<number>, expected: ArrayLike<number>, terms = 1): void {
  const error = difference(actual, expected);
  const tolerance = TOLERANCE * (magnitude(expected) + TERM * terms);
  if (!(error <= tolerance)) expect.fail(`${what}: ${error} from the truth, more than ${tolerance}`);
}

function expectAllClose(where: string, { loss, gradients, outputs }: Results, expected: Results, terms: number): void {
  expectClose(`${where}, output`, outputs[0].data, expected.outputs[0].data);
  expectClose(`${where}, loss`, [loss], [expected.loss], terms);
  for (const [name, { data }] of gradients)
    expectClose(`${where}, gradient of ${name}`, data, expected.gradients.get(name)?.data ?? []);
}

function expectSame(what: string, { loss, gradients, outputs }: Results, expected: Results): void {
  const all = ({ loss, gradients, outputs }: Results) => [
    Float32Array.of(loss),
    ...[...gradients.values(), ...outputs].map(({ data }) => data),
  ];
  const others = all(expected);
  all({ loss, gradients, outputs }).forEach((data, i) => {
    if (!sameBits(data, others[i])) expect.fail(`${what}: expected the same bits`);
  });
}

async function check(testCase: Case, batch: number): Promise<void> {
  const { model, node } = modelOf(testCase, batch);
  const oracle = new Reference(model, 'f64');
  // A smaller batch after a whole one must not see what that has left behind.
  const runs = [batch, Math.ceil(batch / 2)].map((rows, seed) => {
    const numbers = numbersFor(testCase, node, rows, seed);
    oracle.setParameters(numbers.parameters);
    return { rows, ...numbers, expected: resultsOf(oracle, numbers.feeds, numbers.predictFeeds) };
  });
  for (const tier of tiers) {
    const executable = tier === 'js' ? new Reference(model) : await compileProgram(model, { tier, threads: 3 });
    // The runs take turns, so that none finds its own results where it has forgotten to write them.
    const onOneThread = runs.map(({ rows, feeds, predictFeeds, parameters, expected }) => {
      useThreads(1);
      executable.setParameters(parameters);
      const results = resultsOf(executable, feeds, predictFeeds);
      expectAllClose(`${tier}, ${rows} of ${batch} samples`, results, expected, size(node.shape));
      return results;
    });
    for (const threads of tier === 'js' ? [] : [2, 3]) {
      useThreads(threads);
      runs.forEach(({ rows, feeds, predictFeeds, parameters }, i) => {
        executable.setParameters(parameters);
        const results = resultsOf(executable, feeds, predictFeeds);
        expectSame(`${tier}, ${rows} of ${batch} samples, ${threads} threads`, results, onOneThread[i]);
      });
    }
    executable.dispose();
  }
}

const tiers = await availableTiers();

beforeAll(async () => {
  for (const tier of tiers) await startThreads(tier, 3);
  poisonMemory();
});

describe.each(sizes)('%i elements, %i samples', (n, batch) => {
  it.each(casesOf(n).map((testCase) => [testCase.name, testCase] as const))('%s', (_, testCase) =>
    check(testCase, batch),
  );
});

describe.each(products)('%i inputs, %i outputs, %i samples', (K, N, batch) => {
  it.each(denseCases(K, N).map((testCase) => [testCase.name, testCase] as const))('%s', (_, testCase) =>
    check(testCase, batch),
  );
});

describe('320 inputs, 1010 outputs, 280 samples', () => {
  // Panels of inputs 20 KB apart, for so many outputs: rows are packed, in more than one block of each kind.
  it('dense', () => check(denseCases(320, 1010)[1], 280));
});

describe.each([
  [37, 64, 17],
  [300, 70, 1],
  [300, 70, 37],
  [250, 130, 280],
  [320, 1010, 130],
])('%i inputs with zeros, %i outputs, %i samples', (K, N, batch) => {
  const [withBias, withoutBias] = denseCases(K, N, each([K], withZeros(K)));
  it.each([withBias, withoutBias].map((testCase) => [testCase.name, testCase] as const))('%s', (_, testCase) =>
    check(testCase, batch),
  );
});

describe.each([1, 17, 37])('convolutions, %i samples', (batch) => {
  const cases = batch === 17 ? [...convCases, ...largeConvCases] : convCases;
  it.each(cases.map((testCase) => [testCase.name, testCase] as const))('%s', (_, testCase) => check(testCase, batch));
});

describe('every operation', () => {
  it('is in one of these programs', async () => {
    const covered = new Set(
      [...casesOf(3), ...denseCases(3, 3), ...convCases].flatMap((testCase) => {
        const { model } = modelOf(testCase, 1);
        const { value, gradients } = derive(model);
        return reachable([value as Node, ...gradients.values()]).map(({ operation }) => operation);
      }),
    );
    const missing = (await allOperations()).filter((operation) => !covered.has(operation));
    expect(missing.map(({ name }) => name)).toEqual([]);
  });
});
