/**
 * Builds the package: generates the micro-kernels and the instruction table, compiles the kernels of each tier to
 * WebAssembly, puts the bytes inside JavaScript, and bundles TypeScript to dist/, with types. A tier is compiled again
 * only when something that it is made of has changed.
 *
 *   node scripts/build.mjs             all of it
 *   node scripts/build.mjs --kernels   the kernels and the table alone (what the tests need)
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { bundle } from './bundle.mjs';
import { assemblyInstructions, dispatch, typescriptInstructions } from './generate/instructions.mjs';
import { kernelsModule } from './generate/kernels.mjs';
import { lineTile } from './generate/line-tile.mjs';
import { microKernels } from './generate/micro-kernels.mjs';
import { sparseKernels } from './generate/sparse-kernels.mjs';
import { reportSize } from './size.mjs';
import { tiers } from './tiers.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const run = promisify(execFile);
const require = createRequire(import.meta.url);
const packageFolder = (name) => dirname(require.resolve(`${name}/package.json`));

function write(path, text) {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** What the kernels are made of: their source, what generates the rest of it, and the compiler with its options. */
const INGREDIENTS = ['assembly', 'asconfig.json', 'scripts/build.mjs', 'scripts/generate', 'scripts/tiers.mjs'];

function hashOfIngredients() {
  const hash = createHash('sha256').update(require('assemblyscript/package.json').version);
  for (const path of INGREDIENTS.flatMap(filesOf)) hash.update(path).update(readFileSync(join(root, path)));
  return hash.digest('hex');
}

/** A file, or all files of a folder, in a fixed order; relative to the root. */
function filesOf(path) {
  if (statSync(join(root, path)).isFile()) return [path];
  return readdirSync(join(root, path))
    .sort()
    .flatMap((name) => filesOf(`${path}/${name}`));
}

/** The bytes of a tier. */
async function buildTier(name, hash) {
  const folder = join(root, 'build', name);
  const stamp = join(folder, 'hash');
  const wasm = join(folder, 'kernels.wasm');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return readFileSync(wasm);

  rmSync(folder, { recursive: true, force: true });
  cpSync(join(root, 'assembly'), join(folder, 'assembly'), { recursive: true });
  write(join(folder, 'assembly/generated/micro-kernels.ts'), microKernels(name, tiers[name]));
  write(join(folder, 'assembly/generated/sparse-kernels.ts'), sparseKernels(name, tiers[name]));
  write(join(folder, 'assembly/generated/line-tile.ts'), lineTile(name, tiers[name]));
  write(join(folder, 'assembly/generated/lanes.ts'), `export * from '../lanes/${tiers[name].lanes}';\n`);
  write(join(folder, 'assembly/generated/instructions.ts'), assemblyInstructions());
  write(join(folder, 'assembly/generated/dispatch.ts'), dispatch());
  const asc = join(packageFolder('assemblyscript'), 'bin/asc.js');
  const entry = join(folder, 'assembly/index.ts');
  const options = ['--config', join(root, 'asconfig.json'), '--target', name, '--outFile', wasm];
  await run(process.execPath, [asc, entry, ...options], { cwd: root });
  write(stamp, hash);
  return readFileSync(wasm);
}

async function buildKernels() {
  write(join(root, 'src/program/generated/instructions.ts'), typescriptInstructions());
  const hash = hashOfIngredients();
  const names = Object.keys(tiers);
  const kernels = await Promise.all(names.map(async (name) => [name, await buildTier(name, hash)]));
  write(join(root, 'src/runtime/generated/kernels.ts'), kernelsModule(Object.fromEntries(kernels)));
}

async function buildPackage() {
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  const tsc = join(packageFolder('typescript'), 'bin/tsc');
  await run(process.execPath, [tsc, '--project', join(root, 'tsconfig.build.json')], { cwd: root });
  await bundle(root);
  await reportSize(root);
}

try {
  await buildKernels();
  if (!process.argv.includes('--kernels')) await buildPackage();
} catch (error) {
  console.error(error.stdout || '', error.stderr || error.message || error);
  process.exit(1);
}
