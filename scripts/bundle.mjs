/**
 * Bundles TypeScript to dist/: a file for each entry point, and chunks of what they share. As a file for each module the
 * package would take 30 ms more of Node.js to be imported.
 */
import { build } from 'esbuild';

/** What package.json names, and `internals` for the benchmarks. */
const ENTRIES = [
  ...['index', 'lanegrad-graph', 'draw/index', 'data/index'],
  ...['runtime/platform/node', 'runtime/platform/browser', 'internals'],
];

export async function bundle(root) {
  await build({
    entryPoints: Object.fromEntries(ENTRIES.map((name) => [name, `${root}/src/${name}.ts`])),
    outdir: `${root}/dist`,
    bundle: true,
    splitting: true,
    // One folder down: `src/graph/origin.ts` takes the folder above its module for all of lanegrad.
    chunkNames: 'chunks/[name]-[hash]',
    format: 'esm',
    platform: 'neutral',
    target: 'es2022',
    packages: 'external',
    external: ['#platform'],
    // The paths of tsconfig.json are for the tests; #platform is left to package.json.
    tsconfigRaw: '{}',
    logLevel: 'error',
  });
}
