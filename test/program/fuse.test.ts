/** What is fused, what must not be, and that both compute the same. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { gradients as derive } from '../../src/graph/gradient.js';
import type { Buffer, Instruction, InstructionName } from '../../src/graph/lowering.js';
import type { Model } from '../../src/graph/model.js';
import type { Node } from '../../src/graph/node.js';
import { activation, gelu, relu, tanh } from '../../src/graph/ops/activation.js';
import { argmax, max } from '../../src/graph/ops/choose.js';
import { conv2d } from '../../src/graph/ops/conv.js';
import { dense } from '../../src/graph/ops/dense.js';
import { add, exp, mul, square } from '../../src/graph/ops/elementwise.js';
import { gather } from '../../src/graph/ops/gather.js';
import { meanSquaredError } from '../../src/graph/ops/loss.js';
import { maxPool2d } from '../../src/graph/ops/pool.js';
import { sum } from '../../src/graph/ops/reduce.js';
import { reshape } from '../../src/graph/ops/reshape.js';
import { input, parameter } from '../../src/graph/ops/source.js';
import { stopGradient } from '../../src/graph/ops/stop.js';
import { adam, sgd, updateRule } from '../../src/optim/optimizer.js';
import { createBuffer } from '../../src/program/emitter.js';
import { fuse } from '../../src/program/fuse.js';
import { Activation, Combine, Rule } from '../../src/program/generated/instructions.js';
import { compileProgram } from '../../src/program/program.js';
import { Generator } from '../../src/random.js';
import { Reference } from '../../src/reference/reference.js';
import type { KernelTier } from '../../src/tier.js';
import { difference, uniform } from '../numbers.js';
import { availableTiers } from '../tiers.js';
import { poisonMemory } from './poison.js';

vi.mock('../../src/program/fuse.js', { spy: true });
poisonMemory();

const tiers = (await availableTiers()).filter((tier): tier is KernelTier => tier !== 'js');

const ROWS = 19;
const numbers = (count: number, seed: number) => uniform(new Generator(seed), count);

const x = input('x', [20]);
const weight = (name: string, K: number, N: number) => parameter(name, [K, N], numbers(K * N, K + N));
const vector = (name: string, N: number) => parameter(name, [N], numbers(N, N));
const feeds = { x: numbers(ROWS * 20, 1), y: numbers(ROWS * 5, 2) };
const toTargets = (output: Node): Node => meanSquaredError(output, input('y', output.shape));

function modelOf(loss: Node, outputs: Node[], gradients: string[], optimizer = sgd()): Model {
  return { loss, outputs, gradients, update: updateRule(optimizer), batch: ROWS };
}

/** The model's training step, fused: the instructions of the one phase of `train`. */
async function trainingStep(model: Model): Promise<Instruction[]> {
  const program = await compileProgram(model, { tier: tiers[0], threads: 1 });
  program.learningRate = 0.01;
  program.trainStep(feeds);
  program.dispose();
  const { value } = vi.mocked(fuse).mock.results.at(-1) as { value: Instruction[][] };
  return value[0];
}

const count = (instructions: readonly Instruction[], name: InstructionName) =>
  instructions.filter((instruction) => instruction.name === name).length;

/** How often instructions are looked into while the training step of so many dense layers is fused. */
async function looks(layers: number): Promise<number> {
  let output: Node = x;
  for (let i = 0; i < layers; i++) output = relu(dense(output, weight(`w${i}`, 20, 20), vector(`b${i}`, 20)));
  const loss = toTargets(output);
  const names = Array.from({ length: layers }, (_, i) => [`w${i}`, `b${i}`]).flat();
  (await compileProgram(modelOf(loss, [output], names), { tier: tiers[0], threads: 1 })).dispose();
  const [phases] = vi.mocked(fuse).mock.calls.at(-1) as Parameters<typeof fuse>;
  let count = 0;
  const watch = ({ name, fields }: Instruction): Instruction => ({
    name,
    get fields() {
      count++;
      return fields;
    },
  });
  fuse(phases.map((phase) => phase.map(watch)));
  return count;
}

/** Trains three steps, calls forward, backward and predict, and expects what plain JavaScript gets. */
async function expectRight(model: Model): Promise<void> {
  const oracle = new Reference(model, 'f64');
  oracle.learningRate = 0.01;
  const executables = await Promise.all(tiers.map((tier) => compileProgram(model, { tier, threads: 1 })));
  for (const [step, split] of [false, true, false].entries()) {
    const run = (executable: Reference | (typeof executables)[0]) => {
      executable.learningRate = 0.01;
      if (!split) return { loss: executable.trainStep(feeds), gradients: null };
      const loss = executable.forward(feeds);
      const gradients = executable.backward();
      executable.step();
      return { loss, gradients };
    };
    const expected = run(oracle);
    const { y: _, ...rest } = feeds;
    const [expectedOutput] = oracle.predict(rest);
    executables.forEach((executable, i) => {
      const what = `${tiers[i]}, step ${step}`;
      const { loss, gradients } = run(executable);
      expect(Math.abs(loss - expected.loss), `${what}, loss`).toBeLessThan(1e-5);
      for (const [name, { data }] of gradients ?? [])
        expect(
          difference(data, expected.gradients?.get(name)?.data ?? []),
          `${what}, gradient of ${name}`,
        ).toBeLessThan(1e-5);
      for (const [name, { data }] of executable.parameters())
        expect(difference(data, oracle.parameters().get(name)?.data ?? []), `${what}, ${name}`).toBeLessThan(1e-5);
      expect(difference(executable.predict(rest)[0].data, expectedOutput.data), `${what}, output`).toBeLessThan(2e-5);
    });
  }
  for (const executable of executables) executable.dispose();
}

/** Two layers, the first with an activation. */
function layers(f: (z: Node) => Node) {
  const z = dense(x, weight('w1', 20, 17), vector('b1', 17));
  return { z, output: dense(f(z), weight('w2', 17, 5), vector('b2', 5)) };
}
const all = ['w1', 'b1', 'w2', 'b2'];

afterEach(() => vi.mocked(fuse).mockClear());

describe('a layer with an activation', () => {
  it.each([relu, gelu, tanh])(
    'has no pass of its own for the activation, its gradient or the update: %o',
    async (f) => {
      const { output } = layers(f);
      const model = modelOf(toTargets(output), [output], all);
      const step = await trainingStep(model);
      expect(count(step, 'activationForward')).toBe(0);
      expect(count(step, 'activationBackward')).toBe(0);
      // What is left are the biases.
      expect(count(step, 'update')).toBe(2);
      await expectRight(model);
    },
  );

  it('keeps the pre-activation only where the derivative is told from it', async () => {
    for (const [f, keeps] of [
      [relu, false],
      [gelu, true],
    ] as const) {
      const { output } = layers(f);
      const [first] = (await trainingStep(modelOf(toTargets(output), [output], all))).filter(
        (instruction): instruction is Instruction<'denseForward'> => instruction.name === 'denseForward',
      );
      expect(first.fields.z !== first.fields.y).toBe(keeps);
    }
  });

  it.each([
    ['with adam', adam()],
    ['with momentum', sgd({ momentum: 0.9 })],
  ])('is updated while its gradient is in the cache, %s', async (_, optimizer) => {
    const { output } = layers(relu);
    const model = modelOf(toTargets(output), [output], all, optimizer as ReturnType<typeof sgd>);
    expect(count(await trainingStep(model), 'update')).toBe(2);
    await expectRight(model);
  });
});

describe('a convolution with an activation', () => {
  const image = reshape(x, [5, 4, 1]);
  const convolve = (h: Node, name: string, C: number, N: number) =>
    conv2d(
      h,
      parameter(
        name,
        [3, 3, C, N],
        numbers(9 * C * N, N).map((w) => 0.3 * w),
      ),
      vector(`${name} bias`, N),
      { padding: 1 },
    );
  const names = ['w1', 'w1 bias', 'w2', 'w2 bias', 'w3', 'b3'];

  it.each([relu, gelu, tanh])('has no pass of its own for the activation or its gradient: %o', async (f) => {
    const h = f(convolve(f(convolve(image, 'w1', 1, 18)), 'w2', 18, 3));
    const output = dense(reshape(h, [60]), weight('w3', 60, 5), vector('b3', 5));
    const model = modelOf(toTargets(output), [output], names);
    const step = await trainingStep(model);
    expect(count(step, 'activationForward')).toBe(0);
    expect(count(step, 'activationBackward')).toBe(0);
    await expectRight(model);
  });
});

describe('a maximum', () => {
  it('and the place that its gradient goes to are found in one pass', async () => {
    const pooled = maxPool2d(reshape(mul(x, parameter('w', [20], numbers(20, 3))), [5, 4, 1]), { size: 2 });
    const output = dense(reshape(pooled, [4]), weight('v', 4, 5));
    const model = modelOf(toTargets(output), [output], ['w', 'v']);
    const chosen = (await trainingStep(model)).filter(
      ({ name, fields }) => name === 'combine' && (fields as { kind: number }).kind === Combine.greatest,
    );
    expect(chosen).toHaveLength(1);
    await expectRight(model);
  });

  it('that is computed after its place has been read comes with the place, before that', async () => {
    const scores = reshape(mul(x, parameter('w', [20], numbers(20, 3))), [5, 4]);
    // In this order: the place, what reads it, the maximum.
    const rows = gather(parameter('v', [4, 2], numbers(8, 4)), argmax(scores));
    const output = add(sum(rows, 1), max(scores, 1));
    await expectRight(modelOf(toTargets(output), [output], ['w', 'v']));
  });

  it('of an activation has no pass of its own for the gradient of that', async () => {
    const image = reshape(x, [5, 4, 1]);
    const [w1, w2] = [parameter('w1', [2, 2, 1, 3], numbers(12, 3)), parameter('w2', [2, 2, 3, 2], numbers(24, 4))];
    const pooled = maxPool2d(relu(conv2d(image, w1)), { size: 2, stride: 1 });
    const output = dense(reshape(tanh(conv2d(pooled, w2)), [4]), weight('v', 4, 5));
    const model = modelOf(toTargets(output), [output], ['w1', 'w2', 'v']);
    expect(count(await trainingStep(model), 'activationBackward')).toBe(0);
    await expectRight(model);
  });
});

describe('maxima of one input', () => {
  const scaled = (shape: number[]) => reshape(mul(x, parameter('w', [20], numbers(20, 3))), shape);

  it('over other sets, if of the same numbers of blocks, have places of their own', async () => {
    const image = scaled([2, 2, 5]);
    const columns = maxPool2d(image, { size: [2, 1] });
    const row = maxPool2d(image, { size: [1, 2], stride: 2 });
    const output = add(sum(columns, [0, 1]), reshape(row, [5]));
    await expectRight(modelOf(toTargets(output), [output], ['w']));
  });

  it.each<[string, number[], (h: Node) => Node]>([
    ['rows', [4, 5], (h) => add(stopGradient(max(h, 0)), sum(gather(h, argmax(h, 0)), 0))],
    ['numbers', [5, 4], (h) => add(stopGradient(max(h, 1)), gather(reshape(h, [20]), argmax(h, 1)))],
  ])('do not tell where the gradient of %s flows that their places choose', async (_, shape, choose) => {
    const output = choose(tanh(scaled(shape)));
    await expectRight(modelOf(toTargets(output), [output], ['w']));
  });

  it('without samples leave the gradient of an activation where it is', async () => {
    const pooled = (p: string, q: string) => sum(mul(max(tanh(weight(p, 1, 200)), 0), exp(vector(q, 200))));
    const output = add(dense(x, weight('w', 20, 5)), mul(add(pooled('p1', 'q1'), pooled('p2', 'q2')), 0.01));
    await expectRight(modelOf(toTargets(output), [output], ['w', 'p1', 'q1', 'p2', 'q2']));
  });
});

describe('a maximum of an activation', () => {
  it('that is taken after the gradient has been used does not tell where that flows', async () => {
    const image = reshape(mul(x, parameter('w', [20], numbers(20, 3))), [5, 4, 1]);
    const active = relu(image);
    const output = dense(reshape(maxPool2d(active, { size: 2 }), [4]), weight('v', 4, 5));
    const [gradient] = derive(sum(output), [image]);
    const model = modelOf(toTargets(output), [gradient, maxPool2d(active, { size: 2 })], ['w', 'v']);
    await expectRight(model);
  });
});

describe('a pre-activation that is read elsewhere', () => {
  const { z } = layers(relu);
  const skip = (h: Node) => dense(add(h, z), weight('w2', 17, 5), vector('b2', 5));

  it.each([
    ['by a sum', skip(relu(z))],
    ['by a second activation', skip(tanh(relu(z)))],
    ['by a gradient that is not its own', dense(mul(relu(z), z), weight('w2', 17, 5), vector('b2', 5))],
    ['beside the activation linear', skip(activation(z, 'linear'))],
    ['by two activations', dense(mul(relu(z), tanh(z)), weight('w2', 17, 5), vector('b2', 5))],
    ['as an output', layers(relu).output],
  ])('is kept: %s', async (what, output) => {
    const outputs = what === 'as an output' ? [output, output.inputs[0].inputs[0]] : [output];
    await expectRight(modelOf(toTargets(output), outputs, all));
  });
});

describe('a weight', () => {
  it('that two layers share is updated once, by the sum of both gradients', async () => {
    const w = weight('w', 20, 20);
    const output = dense(relu(dense(relu(dense(x, w)), w)), weight('v', 20, 5));
    const model = modelOf(toTargets(output), [output], ['w', 'v']);
    const step = await trainingStep(model);
    expect(count(step, 'update')).toBe(1);
    await expectRight(model);
  });

  it('that a penalty reads is updated by the sum of both gradients', async () => {
    const { output } = layers(relu);
    const w1 = output.inputs[0].inputs[0].inputs[1];
    const model = modelOf(add(toTargets(output), mul(sum(square(w1)), 0.01)), [output], all);
    expect(count(await trainingStep(model), 'update')).toBe(3);
    await expectRight(model);
  });

  it('whose layer passes its gradient on is read for that before it changes', async () => {
    const { output } = layers(relu);
    await expectRight(modelOf(toTargets(output), [output], ['x', ...all]));
  });

  it('that is not trained stays as it is', async () => {
    const { output } = layers(relu);
    const model = modelOf(toTargets(output), [output], ['w1', 'b1', 'b2']);
    expect(count(await trainingStep(model), 'denseBackwardWeight')).toBe(1);
    await expectRight(model);
  });
});

describe('an activation whose value two layers take', () => {
  it('has a gradient of its own, after both are added', async () => {
    const h = relu(dense(x, weight('w1', 20, 17), vector('b1', 17)));
    const output = add(dense(h, weight('w2', 17, 5)), dense(h, weight('w3', 17, 5)));
    const model = modelOf(toTargets(output), [output], ['w1', 'b1', 'w2', 'w3']);
    expect(count(await trainingStep(model), 'activationBackward')).toBe(1);
    await expectRight(model);
  });
});

describe('an update', () => {
  const scratch = (label: string) => createBuffer(label, 64, 'scratch');
  const w = createBuffer('w', 64, 'persistent');
  const [xs, dyT, dw, dy, dx] = ['x', 'dyT', 'dw', 'dy', 'dx'].map(scratch);
  const size = { K: 1, N: 1 };
  const product: Instruction = {
    name: 'denseBackwardWeight',
    fields: { x: xs, dyT, dw, ...size, rule: Rule.none, w: null, s0: null, s1: null },
  };
  const update: Instruction = { name: 'update', fields: { p: w, g: dw, s0: null, s1: null, lines: 1, rule: Rule.sgd } };
  const reader: Instruction = {
    name: 'denseBackwardInput',
    fields: { dy, w, saved: null, dx, ...size, activation: Activation.linear, alpha: 0 },
  };
  const names = (phases: Instruction[][]) => phases.map((phase) => phase.map(({ name }) => name));
  const result = (buffer: Buffer): Instruction => ({
    name: 'unpackPanels',
    fields: { source: buffer, target: scratch('result'), ...size },
  });

  it('joins the product that makes its gradient', () => {
    expect(names(fuse([[reader, product, update]]))).toEqual([['denseBackwardInput', 'denseBackwardWeight']]);
  });

  it('of SGD keeps no state where weights decay, and is right', async () => {
    const { output } = layers(relu);
    const model = modelOf(toTargets(output), [output], all, sgd({ weightDecay: 0.3 }));
    expect(new Reference(model).plan.states).toBe(0);
    await expectRight(model);
  });

  it.each([
    ['when the old weight is read after the product', [[product, reader, update]]],
    ['when somebody else reads the gradient', [[product, result(dw), update]]],
    ['when it belongs to another call', [[product], [update]]],
  ])('does not join it %s', (_, phases) => {
    expect(names(fuse(phases))).toEqual(names(phases));
  });
});

it('an instruction is looked into about as often among many as among few', async () => {
  const [few, many] = [await looks(10), await looks(40)];
  expect(many).toBeLessThan(2 * 4 * few);
});
