/**
 * Checks the package as it would be published, by the archive that npm makes of it: what was built is in it and
 * what describes it, nothing else, and its entry points and types are sound. Run it through npm, after a build.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const DESCRIPTIONS = [
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'LICENSE',
  'README.md',
  'package.json',
  ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`),
];

/** Runs a script of a dependency on the archive; its output is shown, and an error is thrown if it finds fault. */
const check = (script, ...args) =>
  execFileSync(process.execPath, [join(root, 'node_modules', script), ...args], { cwd: root, stdio: 'inherit' });

function pack(folder) {
  const npm = process.env.npm_execpath;
  if (npm === undefined) throw new Error('check-package: expected to be run by npm: npm run check:package');
  const args = [npm, 'pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const [{ filename, files }] = JSON.parse(execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8' }));
  return { archive: join(folder, filename), paths: files.map(({ path }) => path) };
}

/** Packed is what was built and what describes it, no more and no less, and what was built has a source. */
function checkContents(packed) {
  const built = readdirSync(join(root, 'dist'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath ?? entry.path, entry.name)).replaceAll(sep, '/'));
  const expected = [...DESCRIPTIONS, ...built];
  const faults = {
    'not expected in the package': packed.filter((path) => !expected.includes(path)),
    'missing in the package': expected.filter((path) => !packed.includes(path)),
    'without a source': built.filter((path) => !isChunk(path) && !existsSync(join(root, sourceOf(path)))),
  };
  for (const [fault, paths] of Object.entries(faults))
    if (paths.length > 0) throw new Error(`check-package: ${fault}: ${paths.join(', ')}`);
  console.log(`${packed.length} files: ${built.length} built from src, and ${DESCRIPTIONS.join(', ')}`);
}

/** Made of several modules. */
const isChunk = (path) => /^dist\/chunks\/[^/]+\.js$/.test(path);

/** What a file of dist was compiled from: only entry points and types have a source. */
const sourceOf = (path) => path.replace(/^dist/, 'src').replace(/(\.d\.ts|\.js)$/, '.ts');

const folder = mkdtempSync(join(tmpdir(), 'lanegrad-'));
try {
  const { archive, paths } = pack(folder);
  checkContents(paths);
  check('publint/src/cli.js', archive, '--strict');
  // A package of ES modules: CommonJS gets it by import(), and resolvers without "exports" do not see it.
  check('@arethetypeswrong/cli/dist/index.js', archive, '--profile', 'esm-only', '--no-summary', '--no-emoji');
} catch (error) {
  process.exitCode = 1;
  if (!('status' in error)) console.error(error.message);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
