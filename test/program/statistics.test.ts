/** Statistics: what a step assigns to them, what it leaves alone, and a graph that differs in evaluation. */
import { describe, expect, it } from 'vitest';
import { compileModel } from '../../src/compile.js';
import { ShapeError, ValueError } from '../../src/errors.js';
import type { Executable, Model, Tensor } from '../../src/graph/model.js';
import { dense } from '../../src/graph/ops/dense.js';
import { add, mul, sub } from '../../src/graph/ops/elementwise.js';
import { meanSquaredError } from '../../src/graph/ops/loss.js';
import { sumBatch } from '../../src/graph/ops/reduce.js';
import { input, parameter, statistic } from '../../src/graph/ops/source.js';
import { sgd, updateRule } from '../../src/optim/optimizer.js';
import { Generator } from '../../src/random.js';
import { difference, uniform } from '../numbers.js';
import { availableTiers } from '../tiers.js';
import { poisonMemory } from './poison.js';

poisonMemory();

const ROWS = 19;
const F = 21;
const feeds = { x: uniform(new Generator(1), ROWS * F), y: uniform(new Generator(2), ROWS * 2) };
const start = uniform(new Generator(3), F);
/** The sum of each feature over the batch. */
const sums = Float64Array.from({ length: F }, (_, i) => {
  let total = 0;
  for (let row = 0; row < ROWS; row++) total += feeds.x[row * F + i];
  return total;
});

/** running = 0.9 running + 0.1 (sum of x over the batch); evaluation takes it away from x, training does not. */
function model(): Model {
  const x = input('x', [F]);
  const y = input('y', [2]);
  const weight = parameter('weight', [F, 2], uniform(new Generator(4), F * 2));
  const running = statistic('running', [F], start);
  const output = dense(sub(x, running), weight);
  const loss = meanSquaredError(dense(x, weight), y);
  return {
    loss,
    outputs: [output],
    gradients: ['weight'],
    update: updateRule(sgd()),
    batch: ROWS,
    evaluation: { loss: meanSquaredError(output, y), outputs: [output] },
    assignments: [{ target: running, value: add(mul(running, 0.9), mul(sumBatch(x), 0.1)) }],
  };
}

const running = (program: Executable) => program.statistics().get('running') as Tensor;
const runningAfter = (steps: number) => {
  let value = Float64Array.from(start);
  for (let step = 0; step < steps; step++) value = value.map((old, i) => 0.9 * old + 0.1 * sums[i]);
  return value;
};

describe.each(await availableTiers())('on %s', (tier) => {
  const create = async () => {
    const program = await compileModel(model(), { tier, threads: 1 });
    program.learningRate = 0.01;
    return program;
  };

  it('a step assigns to statistics, alone or as part of trainStep; forward and backward do not', async () => {
    const program = await create();
    expect(running(program)).toEqual({ shape: [F], data: start });
    program.forward(feeds);
    program.backward();
    program.predict({ x: feeds.x });
    program.evaluate(feeds);
    expect(running(program).data).toEqual(start);
    program.step();
    expect(difference(running(program).data, runningAfter(1))).toBeLessThan(1e-6);
    program.trainStep(feeds);
    expect(difference(running(program).data, runningAfter(2))).toBeLessThan(1e-6);
    program.forward(feeds);
    program.backward();
    program.backward();
    program.step();
    expect(difference(running(program).data, runningAfter(3))).toBeLessThan(1e-6);
    program.dispose();
  });

  it('a step takes the inputs that they alone are made of', async () => {
    const seen = input('seen', [F]);
    const base = model();
    const assignments = base.assignments?.map(({ target }) => ({ target, value: add(target, sumBatch(seen)) })) ?? [];
    const program = await compileModel({ ...base, assignments }, { tier, threads: 1 });
    const step = { ...feeds, seen: feeds.x };
    expect(() => program.forward(feeds)).toThrow("forward: expected numbers for 'seen', got undefined");
    expect(() => program.trainStep(feeds)).toThrow("trainStep: expected numbers for 'seen', got undefined");
    program.forward(step);
    program.backward();
    program.step();
    program.trainStep(step);
    const expected = start.map((old, i) => old + 2 * sums[i]);
    expect(difference(running(program).data, expected)).toBeLessThan(1e-5);
    program.dispose();
    const untrained = await compileModel({ ...base, assignments, update: null }, { tier, threads: 1 });
    expect(untrained.forward(feeds)).toBeGreaterThan(0);
    expect(running(untrained).data).toEqual(start);
    untrained.dispose();
  });

  it('they are no parameters: nothing trains them, and no gradient is returned for them', async () => {
    const program = await create();
    expect([...program.parameters().keys()]).toEqual(['weight']);
    program.forward(feeds);
    expect([...program.backward().keys()]).toEqual(['weight']);
    program.dispose();
  });

  it('evaluate and predict read them, forward does not', async () => {
    const program = await create();
    const before = [program.forward(feeds), program.evaluate(feeds).loss];
    program.setParameters(new Map([['running', { shape: [F], data: new Float32Array(F) }]]));
    expect(program.forward(feeds)).toBe(before[0]);
    const { loss, outputs } = program.evaluate(feeds);
    expect(loss).toBe(before[0]);
    expect(before[1]).not.toBe(before[0]);
    expect(program.predict({ x: feeds.x })).toEqual(outputs);
    program.dispose();
  });

  it('are part of a snapshot', async () => {
    const program = await create();
    program.trainStep(feeds);
    const snapshot = program.snapshot();
    const kept = running(program);
    program.trainStep(feeds);
    expect(running(program)).not.toEqual(kept);
    program.restore(snapshot);
    expect(running(program)).toEqual(kept);
    program.dispose();
  });

  it('setParameters takes them, and refuses what does not fit', async () => {
    const program = await create();
    const set = (name: string, shape: number[]) =>
      program.setParameters(new Map([[name, { shape, data: new Float32Array(shape[0]) }]]));
    set('running', [F]);
    expect(running(program).data).toEqual(new Float32Array(F));
    expect(() => set('running', [F + 1])).toThrow(ShapeError);
    expect(() => set('walking', [F])).toThrow(
      new ValueError("setParameters: expected one of the parameters weight, running, got 'walking'"),
    );
    program.dispose();
  });
});

it('a statistic and a parameter of one name are refused', async () => {
  const x = input('x', [F]);
  const output = add(add(x, statistic('p', [F], start)), parameter('p', [F]));
  const refused = compileModel(
    { loss: null, outputs: [output], gradients: [], update: null, batch: 1 },
    { tier: 'js' },
  );
  await expect(refused).rejects.toThrow("a name of its own, got 'p'");
});
