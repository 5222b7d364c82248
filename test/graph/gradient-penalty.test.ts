/** Gradients as graph: what is computed of them is differentiated again, and trains, on every tier. */
import { describe, expect, it } from 'vitest';
import { ShapeError } from '../../src/errors.js';
import { batchMean } from '../../src/graph/ops/reduce.js';
import {
  add,
  broadcast,
  compile,
  dense,
  evaluate,
  gradients,
  input,
  mean,
  mul,
  type Node,
  pad,
  parameter,
  permute,
  reshape,
  sgd,
  slice,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  tanh,
  tile,
} from '../../src/lanegrad-graph.js';
import { Generator } from '../../src/random.js';
import { uniform } from '../numbers.js';
import { availableTiers } from '../tiers.js';

const INPUTS = 3;
const UNITS = 5;
const generator = new Generator(11, 0);
const drawn = (name: string, ...shape: number[]) =>
  parameter(name, shape, uniform(generator, shape[0] * (shape[1] ?? 1)));

const x = input('x', [INPUTS]);
const w = drawn('w', INPUTS, UNITS);
const b = drawn('b', UNITS);
const v = drawn('v', UNITS, 1);
const critic = sum(dense(tanh(dense(x, w, b)), v));

/** (|df/dx| - 1)^2 of each sample (Gulrajani et al., 2017: a critic is to be 1-Lipschitz). */
function inputPenalty(): Node {
  const [dx] = gradients(critic, [x]);
  return square(sub(sqrt(sum(square(dx))), 1));
}

/** |df/dw|^2, where df/dw is a sum over the batch: a critic that few samples change. */
function parameterPenalty(): Node {
  const [dw, db] = gradients(critic, [w, b]);
  return add(sum(square(dw)), sum(square(db)));
}

/** The same of the mean over the batch, whose gradient lanes beyond the batch have to repeat too: |0| has no slope. */
function meanPenalty(): Node {
  const [dx] = gradients(batchMean(critic), [x]);
  return sqrt(sum(square(dx)));
}

const losses: [string, Node][] = [
  ['of the gradient of an input', add(critic, mul(10, inputPenalty()))],
  ['of the gradient of parameters', parameterPenalty()],
  ['of the gradient of a mean', meanPenalty()],
  ['of both', add(inputPenalty(), parameterPenalty())],
];

/** d loss / d parameter by differences of h to either side, which are good to h^2 and to the f32 of values / h. */
function differences(loss: Node, name: string, feeds: { x: Float32Array }, parameters: Map<string, Tensor>): number[] {
  const H = 2 ** -6;
  const tensor = parameters.get(name) as Tensor;
  const at = (i: number, h: number): number => {
    const data = tensor.data.slice();
    data[i] += h;
    const { values } = evaluate(loss, feeds, new Map([...parameters, [name, { shape: tensor.shape, data }]]));
    const value = values.get(loss) as number | Tensor;
    return typeof value === 'number' ? value : value.data.reduce((total, y) => total + y, 0) / value.data.length;
  };
  return [...tensor.data.keys()].map((i) => (8 * (at(i, H) - at(i, -H)) - (at(i, 2 * H) - at(i, -2 * H))) / (12 * H));
}

describe.each(await availableTiers())('on %s, the penalty', (tier) => {
  describe.each(losses)('%s', (_, loss) => {
    it.each([1, 5, 16, 21])('has the gradients of finite differences with %i samples', async (rows) => {
      const program = await compile(loss, { batch: 21, tier });
      const feeds = { x: uniform(new Generator(3, rows), rows * INPUTS) };
      program.forward(feeds);
      const actual = program.backward() as Map<string, Tensor>;
      for (const name of ['w', 'b', 'v']) {
        const expected = differences(loss, name, feeds, program.parameters());
        const scale = Math.max(1, ...expected.map(Math.abs));
        const { data } = actual.get(name) as Tensor;
        expected.forEach((slope, i) => {
          expect(Math.abs(data[i] - slope) / scale).toBeLessThan(1e-4);
        });
      }
      program.dispose();
    });
  });

  it('trains', async () => {
    const penalty = inputPenalty();
    const program = await compile(penalty, { batch: 21, tier, optimizer: sgd({ learningRate: 0.1 }) });
    const feeds = { x: uniform(new Generator(3, 1), 21 * INPUTS) };
    const before = program.forward(feeds);
    for (let step = 0; step < 200; step++) program.trainStep(feeds);
    expect(program.forward(feeds)).toBeLessThan(before / 20);
    program.dispose();
  });
});

describe('gradients', () => {
  it('by a node are those by its uses: what changes nothing is no node of its own', async () => {
    const x = input('x', [2]);
    const same = [reshape(x, [-1]), broadcast(x, [2]), slice(x, [0]), permute(x, [0]), tile(x, [1]), pad(x, [[0, 0]])];
    for (const node of same) expect(node).toBe(x);
    const once = mul(x, 1);
    const f = sum(mul(x, once));
    const program = await compile(f, { outputs: gradients(f, [x, once]), tier: 'js' });
    const predicted = program.predict({ x: [2, 3] });
    expect(predicted.map(({ data }) => [...data])).toEqual([
      [4, 6],
      [2, 3],
    ]);
  });

  it('that depend on no input are those of one sample', async () => {
    const x = input('x', [2]);
    const program = await compile(sum(x), { outputs: gradients(sum(x), [x]), batch: 4, tier: 'js' });
    const ones = Float32Array.of(1, 1);
    expect(program.predict()).toEqual([{ shape: [1, 2], data: ones }]);
  });

  it('takes a seed for what is no single number', () => {
    const y = mul(x, x);
    const [dx] = gradients(y, [x], y);
    // The gradient of y.y / 2 is y dy/dx = 2 x^3.
    const { values } = evaluate(sum(dx), { x: [1, 2, 3] });
    expect(values.get(dx)).toMatchObject({ data: Float32Array.of(2, 16, 54) });
  });

  it.each([
    ['no single number', () => gradients(tanh(x), [x]), /expected a single number or a seed, got shape \[3\] of tanh/],
    [
      'a seed of another shape',
      () => gradients(tanh(x), [x], w),
      /expected a seed like tanh.* of shape \[3\] for each/,
    ],
    ['a seed that is the same for all', () => gradients(mean(x), [x], parameter('s')), /expected a seed like sum/],
  ])('refuses %s', (_, call, message) => {
    expect(call).toThrow(ShapeError);
    expect(call).toThrow(message);
  });
});
