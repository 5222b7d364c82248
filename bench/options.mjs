/** What `npm run bench` can be told. */
import { availableParallelism } from 'node:os';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { countOf, OptionError, parseOptions } from './command.mjs';
import { rungs } from './ladder/sides.mjs';

const SAMPLES = relative('', fileURLToPath(new URL('report/results.json', import.meta.url)));

export const usage = `npm run bench -- [options]

Measures plain JavaScript against the kernels, tier by tier: products, batches, memory and whole training steps.

  --quick          fewer rounds: under a minute
  --shape MxKxN    this dense layer alone: M samples, K inputs, N outputs
  --tier NAMES     these rungs alone: ${rungs.join(',')}
  --threads N      the most threads of the last rung, by default one for each core (${availableParallelism()} here)
  --json FILE      where the samples go, by default ${SAMPLES}
  --help           this text`;

/** `{ help, quick, shape, tiers, threads, json }`. Throws `OptionError` with one sentence. */
export function readOptions(args) {
  const { help, quick, shape, tier, threads, json } = parseOptions(args, {
    help: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    shape: { type: 'string' },
    tier: { type: 'string' },
    threads: { type: 'string' },
    json: { type: 'string', default: SAMPLES },
  });
  return {
    help,
    quick,
    shape: shape === undefined ? null : shapeOf(shape),
    tiers: tier === undefined ? rungs : tier.split(',').map(rungOf),
    threads: threads === undefined ? availableParallelism() : countOf('--threads', threads, 64),
    json,
  };
}

function shapeOf(text) {
  if (!/^[1-9]\d*(x[1-9]\d*){2}$/.test(text))
    throw new OptionError(`--shape: expected MxKxN such as 128x784x512, got '${text}'`);
  return text.split('x').map(Number);
}

function rungOf(text) {
  if (rungs.includes(text)) return text;
  throw new OptionError(`--tier: expected some of ${rungs.join(',')}, got '${text}'`);
}
