/** What optimisers do where a gradient stays 0: states that decay reach 0, and nothing is divided by 0. */
import { describe, expect, it } from 'vitest';
import { compileModel } from '../../src/compile.js';
import type { Tensor } from '../../src/graph/model.js';
import { adagrad, adam, adamw, type OptimizerConfig, rmsprop, sgd } from '../../src/index.js';
import { compile, input, mul, parameter, sum } from '../../src/lanegrad-graph.js';
import { updateRule } from '../../src/optim/optimizer.js';
import { availableTiers } from '../tiers.js';

const N = 37;

describe.each(await availableTiers())('on %s', (tier) => {
  it.each<[string, OptimizerConfig]>([
    ['adam', adam({ beta1: 0.5, beta2: 0.5 })],
    ['adamw', adamw({ beta1: 0.5, beta2: 0.5, weightDecay: 0 })],
    ['rmsprop', rmsprop({ alpha: 0.5, momentum: 0.5 })],
    ['momentum', sgd({ momentum: 0.5, learningRate: 0.01 })],
  ])('the states of %s come to 0, not to a subnormal number', async (_, config) => {
    const loss = sum(mul(parameter('p', [N], new Float32Array(N).fill(1)), input('x', [N])));
    const model = { loss, outputs: [], gradients: ['p'], update: updateRule(config), batch: 1 };
    const program = await compileModel(model, { tier, threads: 1 });
    program.learningRate = 0.01;
    program.trainStep({ x: new Float32Array(N).fill(0.7) });
    const largest = () => Math.max(...[...program.states().values()].flatMap(({ data }) => [...data].map(Math.abs)));
    expect(largest()).toBeGreaterThan(0);
    // In plain JavaScript a state passes through the subnormal numbers: 2^-149 / 2 is 0 as well.
    for (let step = 0; step < 200; step++) {
      program.trainStep({ x: new Float32Array(N) });
      if (tier !== 'js') expect(largest() === 0 || largest() >= 2 ** -126).toBe(true);
    }
    expect(largest()).toBe(0);
    program.dispose();
  });

  it.each<[string, OptimizerConfig]>([
    ['adam', adam({ epsilon: 0 })],
    ['adamw', adamw({ epsilon: 0, weightDecay: 0 })],
    ['rmsprop', rmsprop({ epsilon: 0 })],
    ['adagrad', adagrad({ epsilon: 0 })],
  ])('%s without epsilon leaves alone what never had a gradient', async (_, optimizer) => {
    const start = Float32Array.from({ length: N }, (_, i) => i - 18);
    const loss = sum(mul(parameter('p', [N], start), input('x', [N])));
    const program = await compile(loss, { optimizer, tier });
    for (let step = 0; step < 3; step++) program.trainStep({ x: new Float32Array(N) });
    expect((program.parameters().get('p') as Tensor).data).toEqual(start);
    program.dispose();
  });
});
