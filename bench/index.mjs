/**
 * npm run bench: the products of a dense layer and whole training steps, on every tier that runs here.
 *
 *   --quick        fewer rounds
 *   --shape MxKxN  the dense layer; by default 128x4096x4096
 *
 * Sides alternate, and the best of many rounds counts: on a shared machine the best is what repeats.
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { adam, dense, network } from '../dist/index.js';
import { kernelTiers } from '../dist/runtime/kernels.js';
import { runtimeFor } from '../dist/runtime/runtime.js';
import { best, products } from './products.mjs';

const { values: options } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, shape: { type: 'string', default: '128x4096x4096' } },
});
const [M, K, N] = options.shape.split('x').map(Number);
const ROUNDS = options.quick ? 3 : 12;
/** Turns of the ceiling's loop: some 5 ms. */
const PEAK_TURNS = 3e6;

const bar = (share) => '█'.repeat(Math.round(20 * Math.min(1, share))).padEnd(20, '·');
const gflops = (flops, ms) => flops / ms / 1e6;

/** Best times of the ceiling and the products on one thread and on `threads`, in one alternating run. */
async function measure(tier, threads) {
  const runtime = await runtimeFor(tier);
  if (threads > 1) await runtime.pool.grow(threads);
  const kernels = products(runtime, M, K, N);
  const scratch = runtime.heap.allocate(4096, 'bench');
  const counts = threads > 1 ? [1, threads] : [1];
  const sides = Object.entries(kernels).flatMap(([name, kernel]) =>
    counts.map((count) => ({ name, count, run: () => kernel.run(count) })),
  );
  const ceiling = () => runtime.exports.peak(PEAK_TURNS, scratch);
  const [peakMs, ...times] = best([ceiling, ...sides.map(({ run }) => run)], ROUNDS);
  for (const kernel of Object.values(kernels)) kernel.dispose();
  runtime.heap.free(scratch, 4096);
  const peak = gflops(PEAK_TURNS * runtime.exports.PEAK_FLOPS.value, peakMs);
  return { peak, sides: sides.map((side, i) => ({ ...side, rate: gflops(2 * M * K * N, times[i]) })) };
}

/** Microseconds of a training step of a tiny network, calls included. */
async function tinyStep(tier) {
  const net = await network({
    input: 4,
    layers: [dense(16, 'relu'), dense(3)],
    loss: 'softmaxCrossEntropy',
    optimizer: adam(),
    batch: 32,
    threads: 1,
    tier,
  });
  const x = Float32Array.from({ length: 4 * 32 }, (_, i) => Math.sin(i));
  const y = Int32Array.from({ length: 32 }, (_, i) => i % 3);
  const STEPS = 2000;
  const [ms] = best(
    [
      () => {
        for (let i = 0; i < STEPS; i++) net.trainStep(x, y);
      },
    ],
    ROUNDS,
  );
  net.dispose();
  return (ms * 1000) / STEPS;
}

const threads = Math.min(2, cpus().length);
console.log(`node ${process.version}, ${cpus()[0]?.model.trim()}, best of ${ROUNDS} rounds\n`);
console.log(`dense layer ${M} x ${K} x ${N}, GFLOP/s and share of the ceiling (register-resident multiply-adds)`);
for (const tier of kernelTiers) {
  const result = await measure(tier, threads).catch((error) => error.message);
  if (typeof result === 'string') {
    console.log(`\n${tier}: ${result}`);
    continue;
  }
  console.log(`\n${tier}: ceiling ${result.peak.toFixed(1)}`);
  const single = new Map();
  for (const { name, count, rate } of result.sides) {
    if (count === 1) single.set(name, rate);
    const share = rate / (count * result.peak);
    const scaling = count > 1 ? `  ${(rate / single.get(name)).toFixed(2)} x one thread` : '';
    console.log(
      `  ${name.padEnd(9)} ${count} thread${count > 1 ? 's' : ' '} ${rate.toFixed(1).padStart(6)}  ${share.toFixed(2)} ${bar(share)}${scaling}`,
    );
  }
}

console.log('\ntraining step of 4-16-3, batch 32, Adam, one thread');
for (const tier of [...kernelTiers, 'js']) {
  const us = await tinyStep(tier).catch(() => null);
  if (us !== null) console.log(`  ${tier.padEnd(9)} ${us.toFixed(2).padStart(8)} us`);
}
