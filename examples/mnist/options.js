/** The command line of the MNIST examples. */
import { accessSync, constants, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const TIERS = ['wide', 'relaxed', 'simd', 'scalar', 'js'];

/** The command line is wrong: a matter for its user, not for a stack trace. */
export class UsageError extends Error {}

/** What an example's command line says, and how it is read; `epochs` and `out` are its defaults. */
export function commandLine({ purpose, command, epochs, out }) {
  const help = `${purpose}

  ${command} -- [options]

  --epochs N    passes over the training set (default ${epochs})
  --seed N      the same seed gives the same network, to the bit (default 1)
  --threads N   threads to train with (default: chosen for this machine)
  --tier NAME   ${TIERS.join(', ')} (default: the fastest that works here)
  --out FILE    where to save the network (default ${out})
  --help        this text`;
  return { help, parse: (args) => parse(args, { epochs: String(epochs), out }) };
}

function parse(args, defaults) {
  const values = read(args, defaults);
  return {
    epochs: integer('--epochs', values.epochs, 1, 1_000_000),
    seed: integer('--seed', values.seed, 0, 2 ** 32 - 1),
    threads: values.threads === undefined ? undefined : integer('--threads', values.threads, 1, 1024),
    tier: values.tier === undefined ? undefined : oneOf('--tier', values.tier, TIERS),
    out: values.help ? values.out : writable('--out', values.out),
    help: values.help,
  };
}

function read(args, { epochs, out }) {
  try {
    return parseArgs({
      args,
      options: {
        epochs: { type: 'string', default: epochs },
        seed: { type: 'string', default: '1' },
        threads: { type: 'string' },
        tier: { type: 'string' },
        out: { type: 'string', default: out },
        help: { type: 'boolean', default: false, short: 'h' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error.message);
  }
}

function integer(option, text, least, most) {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most)
    throw new UsageError(`${option}: expected a whole number from ${least} to ${most}, got "${text}"`);
  return value;
}

function oneOf(option, text, names) {
  if (!names.includes(text)) throw new UsageError(`${option}: expected one of ${names.join(', ')}, got "${text}"`);
  return text;
}

/** The file can be written, which had better be known before the training. */
function writable(option, path) {
  const folder = dirname(resolve(path));
  try {
    accessSync(folder, constants.W_OK);
  } catch {
    throw new UsageError(`${option}: expected a file in a folder that can be written, got "${path}"`);
  }
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory())
    throw new UsageError(`${option}: expected a file, got the folder "${path}"`);
  return path;
}
