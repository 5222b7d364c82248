/** What a network takes of memory: the plan, what is taken indeed, and what a step leaves to the garbage collector. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { adam, dense, MemoryError, type Network, type NetworkOptions, network, sgd } from '../../src/index.js';
import { add, compile, input, mul, parameter } from '../../src/lanegrad-graph.js';
import { Generator } from '../../src/random.js';
import { runtimeFor } from '../../src/runtime/runtime.js';
import { kernelTiers } from '../../src/tier.js';
import { integers, uniform } from '../numbers.js';
import { availableTiers } from '../tiers.js';

const tiers = await availableTiers();

const create = (width: number, batch: number, options: Partial<NetworkOptions> = {}): Promise<Network> =>
  network({
    input: width,
    layers: [dense(width, 'relu'), dense(width, 'relu'), dense(10)],
    loss: 'softmaxCrossEntropy',
    optimizer: sgd({ learningRate: 0.01 }),
    batch,
    ...options,
  });

const train = (net: Network, width: number, rows: number, steps: number): void => {
  const x = uniform(new Generator(1), width * rows);
  const y = integers(new Generator(2), rows, 10);
  for (let step = 0; step < steps; step++) net.trainStep(x, y);
};

describe.each(tiers)('the plan on %s', (tier) => {
  it('is the sum of its parts, and counts the optimizer', async () => {
    const [plain, withState] = [await create(64, 20, { tier }), await create(64, 20, { tier, optimizer: adam() })];
    for (const { plan } of [plain, withState]) {
      const { bytes, parameters, states, activations, instructions } = plan;
      const excess = bytes - (parameters + states + activations + instructions);
      expect(excess).toBeGreaterThanOrEqual(0);
      expect(excess).toBeLessThan(2 * 4096);
    }
    const numbers = 2 * 65 * 64 + 65 * 10;
    expect(plain.plan.parameters).toBeGreaterThanOrEqual(4 * numbers);
    expect(plain.plan.states).toBe(0);
    expect(withState.plan.states).toBeGreaterThanOrEqual(2 * 4 * numbers);
    expect(withState.plan.states).toBeLessThanOrEqual(2 * withState.plan.parameters);
    plain.dispose();
    withState.dispose();
  });

  it('is there for graphs too, trained or not', async () => {
    const f = mul(add(input('x'), parameter('p', [])), input('y'));
    const program = await compile(f, { tier });
    expect(program.plan.parameters).toBeGreaterThan(0);
    expect(program.plan.bytes).toBeGreaterThan(program.plan.parameters);
    program.dispose();
  });
});

describe.each(kernelTiers.filter((tier) => tiers.includes(tier)))('the memory of %s', (tier) => {
  it('holds what the plan says, to the byte, before and after training', async () => {
    const { heap } = await runtimeFor(tier);
    const used = heap.used;
    const net = await create(200, 40, { tier, optimizer: adam() });
    expect(heap.used - used).toBe(net.plan.bytes);
    train(net, 200, 40, 3);
    net.setParameters(net.parameters());
    expect(heap.used - used).toBe(net.plan.bytes);
    net.dispose();
    expect(heap.used).toBe(used);
  });

  it('is not touched for a network that does not fit', async () => {
    const { heap } = await runtimeFor(tier);
    const before = [heap.used, heap.memory.buffer.byteLength];
    // 1.5 GiB of parameters and 3.0 GiB of moments: neither the first block nor the second is too large by itself.
    const options = { input: 20_000, layers: [dense(20_000), dense(10)], optimizer: adam(), tier };
    const refused = create(1, 32, options);
    await expect(refused).rejects.toThrow(MemoryError);
    await expect(refused).rejects.toThrow(
      /^compile: expected 4\.5 GiB \(1\.5 GiB of parameters, 3\.0 GiB of optimizer state, .* of activations\) to fit into/,
    );
    expect([heap.used, heap.memory.buffer.byteLength]).toEqual(before);
  });
});

describe('4096-4096-4096-10 at a batch of 128 with SGD', () => {
  it('is trained in its parameters and activations, and grows the memory by no more', async () => {
    const { memory } = (await runtimeFor(undefined)).heap;
    const before = memory.buffer.byteLength;
    const net = await create(4096, 128);
    train(net, 4096, 128, 3);
    const { bytes, parameters, activations } = net.plan;
    expect(bytes).toBeLessThanOrEqual(1.1 * (parameters + activations));
    // Samples as rows and in panels, two hidden layers, and the gradient of a layer as it is and transposed.
    expect(activations).toBeLessThan(6.1 * 4 * 4096 * 128);
    expect(memory.buffer.byteLength - before).toBeLessThanOrEqual(bytes + 65536);
    net.dispose();
  });
});

describe('20,000 steps of 4-16-3', () => {
  it('leave next to nothing to the garbage collector', async () => {
    // The built package in a process of its own: what a test runner adds to each call would be measured too.
    const script = `
      import { adam, dense, network } from 'lanegrad';
      const net = await network({
        input: 4,
        layers: [dense(16, 'relu'), dense(3)],
        loss: 'softmaxCrossEntropy',
        optimizer: adam(),
        batch: 32,
      });
      const x = Float32Array.from({ length: 4 * 32 }, (_, i) => Math.sin(i));
      const y = Int32Array.from({ length: 32 }, (_, i) => i % 3);
      const heap = () => process.memoryUsage().heapUsed;
      const perStep = () => {
        const before = heap();
        for (let step = 0; step < 100; step++) net.trainStep(x, y);
        return (heap() - before) / 100;
      };
      console.log(JSON.stringify(Array.from({ length: 200 }, perStep)));
    `;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
    });
    // The middle one of the later half, when the code is compiled: a collection makes a difference negative.
    const bytes = (JSON.parse(stdout) as number[]).slice(100).sort((a, b) => a - b)[50];
    expect(bytes).toBeLessThan(512);
  });
});
