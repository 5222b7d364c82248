/**
 * node bench/memory.mjs [--tier T] [--threads N] [--steps N]: what training of 4096-4096-4096-10 at a batch of 128 with
 * SGD takes. Beside the plan stands what the process has taken from the system since before `network()`. More of it than
 * the plan is the engine's own, for compiled kernels and worker threads, and does not grow with the network. On Linux,
 * what it has read of files, mostly Node.js's executable, is told apart: the system shares and drops such pages at will.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { dense, network, sgd } from '../dist/index.js';
import { showBytes } from '../dist/internals.js';

const { values: options } = parseArgs({
  options: { tier: { type: 'string' }, threads: { type: 'string' }, steps: { type: 'string', default: '20' } },
});
const BATCH = 128;
const WIDTH = 4096;
const x = Float32Array.from({ length: BATCH * WIDTH }, (_, i) => Math.sin(i));
const y = Uint8Array.from({ length: BATCH }, (_, i) => i % 10);
const resident = () => process.memoryUsage.rss();
/** The highest of this process so far; Node.js counts it in KiB. */
const highest = () => process.resourceUsage().maxRSS * 1024;
/** Bytes of resident pages of files; none where the system does not say. */
const ofFiles = () => {
  if (process.platform !== 'linux') return undefined;
  return Number(/RssFile:\s*(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) * 1024;
};

const before = resident();
const filesBefore = ofFiles();
const net = await network({
  input: WIDTH,
  layers: [dense(WIDTH, 'relu'), dense(WIDTH, 'relu'), dense(10)],
  loss: 'softmaxCrossEntropy',
  optimizer: sgd({ learningRate: 0.001 }),
  batch: BATCH,
  tier: options.tier,
  threads: options.threads && Number(options.threads),
});
for (let step = 0; step < Number(options.steps); step++) net.trainStep(x, y);

const { plan, runtime } = net;
const needed = plan.parameters + plan.activations;
const rows = {
  ...plan,
  'resident since before network()': resident() - before,
  "of which the engine's own": resident() - before - plan.bytes,
  ...(filesBefore !== undefined && { "of the engine's own, pages of files": ofFiles() - filesBefore }),
  'the highest since then': highest() - before,
};
console.log(`node ${process.version}, ${runtime.tier}, ${runtime.threads} threads, after ${options.steps} steps\n`);
for (const [name, bytes] of Object.entries(rows))
  console.log(
    `${name.padEnd(36)} ${showBytes(bytes).padStart(11)}  ${(bytes / needed).toFixed(3)} x (parameters + activations)`,
  );
net.dispose();
