/**
 * What a process sees that uses the package: it ends when its work is done, keeps its memory and its threads within
 * bounds, and survives the loss of a worker. The scripts import the built package by its name (`npm run build`).
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

interface Ended {
  readonly code: number | null;
  /** What the script printed, as JSON. */
  readonly output: unknown[];
  readonly errors: string;
  /** From the last line that the script printed to its end. */
  readonly lingered: number;
}

/** Runs a module; each line that it prints is JSON. */
function run(script: string, { env = {}, flags = [] as string[] } = {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const { LANEGRAD_TIER: _, ...inherited } = process.env;
    const args = [...flags, '--input-type=module', '--eval', script];
    const child = spawn(process.execPath, args, { cwd: root, env: { ...inherited, ...env } });
    let [text, errors, printed] = ['', '', performance.now()];
    child.stdout.on('data', (chunk) => {
      text += chunk;
      printed = performance.now();
    });
    child.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      const output = text
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line));
      resolve({ code, output, errors, lingered: (performance.now() - printed) / 1000 });
    });
  });
}

const setup = `
  import { adam, dense, network, sgd } from 'lanegrad';
  const print = (value) => console.log(JSON.stringify(value));
  const features = (rows, size) => Float32Array.from({ length: rows * size }, (_, i) => Math.sin(i));
  const labels = (rows, classes) => Float32Array.from({ length: rows }, (_, i) => i % classes);
`;

/** A network that is worth two threads, trained for a few steps. */
const onTwoThreads = `${setup}
  const workers = [];
  process.on('worker', (worker) => workers.push(worker));
  const layers = [dense(512, 'relu'), dense(512, 'relu'), dense(10)];
  const net = await network({ input: 256, layers, loss: 'softmaxCrossEntropy', optimizer: adam(), batch: 128, threads: 2 });
  const [x, y] = [features(128, 256), labels(128, 10)];
  for (let step = 0; step < 5; step++) net.trainStep(x, y);
`;

/** V8 doubles the space of young objects with what has been allocated, in MiB up to this: that is no leak. */
const MEASURED = ['--expose-gc', '--max-semi-space-size=4'];

describe.concurrent('a process', () => {
  it('that has trained on two threads ends by itself', async () => {
    const { code, output, errors, lingered } = await run(
      `${onTwoThreads} print([net.runtime.threads, workers.length]);`,
    );
    expect(errors).toBe('');
    expect(code).toBe(0);
    expect(output).toEqual([[2, 1]]);
    expect(lingered).toBeLessThan(2);
  });

  it('that only made a network ends by itself', async () => {
    const { code, errors, lingered } = await run(`${setup} await network({ input: 4, layers: [dense(3)] }); print(1);`);
    expect([code, errors]).toEqual([0, '']);
    expect(lingered).toBeLessThan(2);
  });

  it('saves under the permission model', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lanegrad-'));
    const file = join(folder, 'net.safetensors');
    const script = `${setup}
      const net = await network({ input: 4, layers: [dense(3)] });
      print((await net.save(${JSON.stringify(file)})).length);
    `;
    const { allowedNodeEnvironmentFlags } = process;
    const model = allowedNodeEnvironmentFlags.has('--permission') ? '--permission' : '--experimental-permission';
    const flags = [model, '--allow-fs-read=*', `--allow-fs-write=${join(folder, '*')}`];
    const { output } = await run(script, { flags });
    expect(output).toEqual([(await stat(file)).size]);
    await rm(folder, { recursive: true });
  });

  it('has its threads under options of NODE_OPTIONS that are not for their program', async () => {
    const env = { NODE_OPTIONS: '--input-type=module' };
    const { output, errors } = await run(`${onTwoThreads} print(net.runtime.threads);`, { env });
    expect([output, errors]).toEqual([[2], '']);
  });

  const aMoment = 'await new Promise((resolve) => setTimeout(resolve, 50));';
  /** A call after a worker was lost, and two more. */
  const threeCalls = `
    const attempt = () => {
      try {
        return net.trainStep(x, y) > 0;
      } catch ({ name, message }) {
        return { name, message };
      }
    };
    print([attempt(), attempt(), attempt()]);
    print(net.runtime);
    const other = await network({ input: 256, layers, loss: 'softmaxCrossEntropy', batch: 128, threads: 2 });
    print([other.runtime.threads, other.forward(x, y) > 0, workers.length]);
  `;

  it.each([
    ['and the process has noticed', `${aMoment} await workers[0].terminate(); ${aMoment}`],
    // The call that follows keeps the process from noticing: it waits for 10 seconds.
    ['and nobody has noticed yet', `${aMoment} workers[0].terminate();`],
  ])('whose worker is killed gets a WorkerError, and goes on with one thread: %s', async (_, kill) => {
    const { code, output, errors, lingered } = await run(onTwoThreads + kill + threeCalls);
    expect(errors).toBe('');
    expect(code).toBe(0);
    const [[first, ...later], { threads, reason }, afterwards] = output as [
      [{ name: string; message: string }, ...boolean[]],
      { threads: number; reason: string },
      unknown,
    ];
    expect(first.name).toBe('WorkerError');
    expect(first.message).toMatch(/^run: expected 2 threads .* later calls use one thread$/);
    expect(later).toEqual([true, true]);
    expect(threads).toBe(1);
    expect(reason).toMatch(/worker/);
    expect(afterwards).toEqual([1, true, 1]);
    expect(lingered).toBeLessThan(2);
  });

  it('keeps its memory and its threads over 100,000 steps', async () => {
    const script = `${setup}
      import { readdirSync } from 'node:fs';
      import { runtimeFor } from '${new URL('../../dist/internals.js', import.meta.url)}';
      const layers = [dense(16, 'relu'), dense(3)];
      const net = await network({ input: 4, layers, loss: 'softmaxCrossEntropy', optimizer: adam(), batch: 16 });
      const [x, y] = [features(16, 4), labels(16, 3)];
      const { heap } = await runtimeFor(net.runtime.tier);
      const steps = (count) => {
        for (let step = 0; step < count; step++) net.trainStep(x, y);
        for (let step = 0; step < count / 100; step++) {
          net.forward(x, y);
          net.backward();
          net.step();
          net.predict(x);
          net.parameters();
        }
      };
      const measure = () => {
        gc();
        const { rss, heapUsed } = process.memoryUsage();
        const threads = process.platform === 'linux' ? readdirSync('/proc/self/task').length : 0;
        return { rss, heapUsed, threads, kernels: heap.used };
      };
      steps(10_000);
      print(measure());
      steps(100_000);
      print(measure());
    `;
    const { code, output, errors } = await run(script, { flags: MEASURED });
    expect([code, errors]).toEqual([0, '']);
    expectNoGrowth(output);
  });

  describe('gets the memory back of networks that nobody disposes of, in a loop that leaves no turn to others', () => {
    const loop = `
      const { network, dense } = await import('lanegrad');
      const { runtimeFor } = await import('${new URL('../../dist/internals.js', import.meta.url)}');
      const { heap } = await runtimeFor(undefined);
      let most = 0;
      // 100 MiB each, nearly all of it room for samples, so that 60 of them would not fit.
      for (let i = 0; i < 60; i++) {
        await network({ input: 512 * 100, layers: [dense(1)], batch: 256 });
        most = Math.max(most, heap.used);
      }
      console.log(most);
    `;
    const inWorker = `
      import { Worker } from 'node:worker_threads';
      new Worker(${JSON.stringify(`(async () => {${loop}})()`)}, { eval: true });
    `;

    it.each([
      ['main', loop],
      ['worker', inWorker],
    ])('on a %s thread', async (_, script) => {
      const { code, output, errors } = await run(script);
      expect([code, errors]).toEqual([0, '']);
      expect(output[0]).toBeLessThan(2 ** 30);
    });
  });

  it('gets the samples back of a fit whose callback never ends, once nobody holds its network', async () => {
    const script = `${setup}
      import { runtimeFor } from '${new URL('../../dist/internals.js', import.meta.url)}';
      const abandon = async () => {
        const layers = [dense(3)];
        const net = await network({ input: 64, layers, loss: 'softmaxCrossEntropy', optimizer: adam() });
        net.fit({ x: new Float32Array(64 * 10_000), y: new Float32Array(10_000) }, { onBatch: () => new Promise(() => {}) });
      };
      const { heap } = await runtimeFor(undefined);
      const before = heap.used;
      for (let i = 0; i < 3; i++) await abandon();
      print(heap.used - before > 3 * 4 * 64 * 10_000);
      for (let turn = 0; turn < 100 && heap.used > before; turn++) {
        await new Promise((resolve) => setTimeout(resolve, 10));
        gc();
      }
      print(heap.used - before);
    `;
    const { output, errors } = await run(script, { flags: MEASURED });
    expect([output, errors]).toEqual([[true, 0], '']);
  });

  it('gets all memory back from 1000 networks', async () => {
    const script = `${setup}
      import { readdirSync } from 'node:fs';
      import { runtimeFor } from '${new URL('../../dist/internals.js', import.meta.url)}';
      const [x, y] = [features(16, 20), labels(16, 3)];
      const networks = async (count) => {
        for (let i = 0; i < count; i++) {
          const layers = [dense(1 + (i % 200), 'relu'), dense(3)];
          const net = await network({ input: 20, layers, loss: 'softmaxCrossEntropy', optimizer: adam(), batch: 16 });
          net.trainStep(x, y);
          net.forward(x, y);
          net.predict(x);
          net.dispose();
        }
      };
      // Until V8 has compiled what makes a network and has learnt its types, which it keeps: that is no leak.
      await networks(1000);
      const { heap } = await runtimeFor(undefined);
      const measure = () => {
        gc();
        const { rss, heapUsed } = process.memoryUsage();
        const threads = process.platform === 'linux' ? readdirSync('/proc/self/task').length : 0;
        return { rss, heapUsed, threads, kernels: heap.used };
      };
      print(measure());
      await networks(1000);
      print(measure());
    `;
    const { code, output, errors } = await run(script, { flags: MEASURED });
    expect([code, errors]).toEqual([0, '']);
    expectNoGrowth(output);
  });

  it.each(['js', 'simd'])('runs on the tier that LANEGRAD_TIER names: %s', async (tier) => {
    const script = `${setup} const net = await network({ input: 4, layers: [dense(3)] }); print(net.runtime.tier);`;
    const { output } = await run(script, { env: { LANEGRAD_TIER: tier } });
    expect(output).toEqual([tier]);
  });

  it('prefers the tier of the option to that of LANEGRAD_TIER', async () => {
    const script = `${setup} print((await network({ input: 4, layers: [dense(3)], tier: 'js' })).runtime.tier);`;
    const { output } = await run(script, { env: { LANEGRAD_TIER: 'simd' } });
    expect(output).toEqual(['js']);
  });

  it('is told when LANEGRAD_TIER names no tier', async () => {
    const script = `${setup}
      await network({ input: 4, layers: [dense(3)] }).catch(({ name, message }) => print({ name, message }));`;
    const { code, output } = await run(script, { env: { LANEGRAD_TIER: 'fast' } });
    expect(code).toBe(0);
    expect(output).toEqual([
      { name: 'ValueError', message: 'LANEGRAD_TIER: expected one of wide, relaxed, simd, scalar, js, got "fast"' },
    ]);
  });
});

const MIB = 2 ** 20;

/** Two measurements: nothing may have grown by more than what comes and goes. */
function expectNoGrowth(output: unknown[]): void {
  const [before, after] = output as Record<'rss' | 'heapUsed' | 'threads' | 'kernels', number>[];
  expect(after.kernels).toBe(before.kernels);
  expect(after.threads).toBe(before.threads);
  expect(after.heapUsed - before.heapUsed).toBeLessThan(1 * MIB);
  expect(after.rss - before.rss).toBeLessThan(32 * MIB);
}
