/** Prints what `import 'lanegrad'` weighs: the bundled, minified, compressed core, with the kernels of every tier. */
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const LIMIT = 100 * 1024;

export async function reportSize(root) {
  const { outputFiles } = await build({
    entryPoints: [`${root}/dist/index.js`],
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    // The paths of tsconfig.json are for the tests; a bundler goes by package.json.
    tsconfigRaw: '{}',
    write: false,
    logLevel: 'error',
  });
  const bytes = gzipSync(outputFiles[0].contents, { level: 9 }).length;
  const figure = `${(bytes / 1024).toFixed(1)} KB gzipped`;
  if (bytes > LIMIT) throw new Error(`the core is ${figure}, over the limit of ${LIMIT / 1024} KB`);
  console.log(`core: ${figure}`);
}
