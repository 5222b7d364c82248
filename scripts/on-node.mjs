/**
 * Runs a script on a chosen Node.js. Inside npm scripts plain `node` is not the user's: npm puts node_modules/.bin
 * first in the PATH, and the development dependency `node`, the current release, has its binary there.
 *
 *   node scripts/on-node.mjs own|current|both <script> [arguments]
 *
 *   own       the Node.js that runs npm, or this script where there is no npm
 *   current   the development dependency
 *   both      one after the other as far as they succeed; one alone if both are of the same major version
 *
 * Input and output are the script's own, a terminal included; its exit code or signal becomes that of this process.
 */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const own = () => process.env.npm_node_execpath ?? process.execPath;

function current() {
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  const path = fileURLToPath(new URL(`../node_modules/node/bin/${name}`, import.meta.url));
  if (existsSync(path)) return path;
  throw new Error(`on-node: expected the development dependency "node" at ${path}; npm ci installs it, by its script`);
}

const engines = { own: () => [own()], current: () => [current()], both: () => [own(), current()] };

const versionOf = (node) => execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
const majorOf = (version) => version.split('.')[0];

/**
 * What is to be passed on to the script. A terminal sends Ctrl-C to every process that it runs, so that one is passed
 * on only where there is no terminal.
 */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const onTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;

/** Runs the script to its end; the exit code, or the name of the signal that ended it. */
function run(node, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(node, args, { stdio: 'inherit' });
    const pass = (signal) => {
      if (signal !== 'SIGINT' || !onTerminal) child.kill(signal);
    };
    for (const signal of SIGNALS) process.on(signal, pass);
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      for (const name of SIGNALS) process.off(name, pass);
      resolve(signal ?? code);
    });
  });
}

const [which, ...args] = process.argv.slice(2);
if (!Object.hasOwn(engines, which ?? '') || args.length === 0) {
  console.error('usage: node scripts/on-node.mjs own|current|both <script> [arguments]');
  process.exit(2);
}
try {
  const seen = new Set();
  for (const node of engines[which]()) {
    const version = versionOf(node);
    if (seen.has(majorOf(version))) continue;
    seen.add(majorOf(version));
    console.error(`node ${version} (${node})`);
    const end = await run(node, args);
    if (end === 0) continue;
    if (typeof end === 'string') process.kill(process.pid, end);
    else process.exitCode = end;
    break;
  }
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
