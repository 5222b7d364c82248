/** Installs the rivals of npm into this folder, once for each state of the lock file. */
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('.', import.meta.url));
const lockFile = `${folder}package-lock.json`;
/** npm writes it when it is done. */
const installed = `${folder}node_modules/.package-lock.json`;

/** None of them needs its install script: the binaries are in the packages, and no script may download others. */
const ARGUMENTS = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];

/** Says what it does; a failure is told and not thrown, since each side tells for itself that it is not installed. */
export function installRivals() {
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lockFile).mtimeMs) return;
  console.log(`installing the rivals: npm ${ARGUMENTS.join(' ')} in ${folder}`);
  const npm = process.env.npm_execpath;
  const [command, args] = npm ? [process.execPath, [npm, ...ARGUMENTS]] : ['npm', ARGUMENTS];
  const { status, stderr, error } = spawnSync(command, args, { cwd: folder, encoding: 'utf8' });
  if (status !== 0) console.log(`could not be installed: ${(error?.message ?? stderr).trim().split('\n')[0]}`);
}
