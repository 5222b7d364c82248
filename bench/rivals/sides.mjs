/** Who takes part: a process for each job, started with the number of threads that it shall use. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const OURS = 'lanegrad';

const NO_NODE_THREADS = 'one thread only: it has no threads on Node.js';

/**
 * `packages` are those of npm that are to be installed, `module` the one of Python; `single` says why there is one
 * thread only.
 */
const contestants = [
  { name: OURS, script: 'lanegrad.mjs' },
  { name: 'PyTorch', script: 'pytorch.py', module: 'torch' },
  { name: 'NumPy', script: 'numpy_blas.py', module: 'numpy' },
  { name: 'onnxruntime-node', script: 'onnxruntime.mjs', variant: 'node', packages: ['onnxruntime-node'] },
  { name: 'onnxruntime-web', script: 'onnxruntime.mjs', variant: 'web', packages: ['onnxruntime-web'] },
  { name: 'jax-js', script: 'jax.mjs', packages: ['@jax-js/jax'], single: NO_NODE_THREADS },
  {
    name: 'tfjs-wasm',
    script: 'tfjs.mjs',
    variant: 'wasm',
    packages: ['@tensorflow/tfjs-backend-wasm'],
    single: NO_NODE_THREADS,
  },
  {
    name: 'tfjs-cpu',
    script: 'tfjs.mjs',
    variant: 'cpu',
    packages: ['@tensorflow/tfjs'],
    single: 'one thread only: plain JavaScript',
  },
  { name: 'brain.js', script: 'brain.mjs', packages: ['brain.js'], single: 'one thread only: plain JavaScript' },
];

export const names = contestants.map(({ name }) => name);

const { optionalDependencies: pinned } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));

/** Those that were asked for, with the command that starts each and its `version`, or why it is `missing`. */
export const chooseSides = (wanted) =>
  contestants
    .filter(({ name }) => wanted.includes(name))
    .map((contestant) => {
      const version = contestant.packages && pinned[contestant.packages[0]];
      if (!contestant.module) return { ...contestant, version, command: process.execPath };
      const command = pythonWith(contestant.module);
      return command ? { ...contestant, command } : { ...contestant, missing: `no python3 with ${contestant.module}` };
    });

/** The `python3` of the path, or that of the system, which distributions install libraries for. */
const pythonWith = (module) =>
  ['python3', '/usr/bin/python3'].find((command) => {
    const source = 'import importlib.util, sys; sys.exit(importlib.util.find_spec(sys.argv[1]) is None)';
    return spawnSync(command, ['-c', source, module], { stdio: 'ignore' }).status === 0;
  });

/** What `child_process.spawn` needs. */
export function processOf({ command, script, variant }, threads) {
  const path = fileURLToPath(new URL(`contestants/${script}`, import.meta.url));
  const count = String(threads);
  return {
    command,
    args: [path, JSON.stringify({ variant, threads })],
    env: {
      ...process.env,
      ...optimisedBlas(),
      OMP_NUM_THREADS: count,
      OPENBLAS_NUM_THREADS: count,
      MKL_NUM_THREADS: count,
      PYTHONDONTWRITEBYTECODE: '1',
    },
  };
}

/** Debian can have OpenBLAS and link to the reference BLAS all the same. */
function optimisedBlas() {
  const machine = { x64: 'x86_64', arm64: 'aarch64' }[process.arch];
  const folder = `/usr/lib/${machine}-linux-gnu/openblas-pthread`;
  if (!existsSync(folder)) return {};
  return { LD_LIBRARY_PATH: [folder, process.env.LD_LIBRARY_PATH].filter(Boolean).join(':') };
}
