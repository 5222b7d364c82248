/** What the commands of the bench have in common: options, and a sentence with exit code 2 for unknown ones. */
import { parseArgs } from 'node:util';

export class OptionError extends Error {}

/** The values of the options, by `parseArgs`. Throws `OptionError` with one sentence. */
export function parseOptions(args, options) {
  try {
    return parseArgs({ args, options }).values;
  } catch (cause) {
    throw new OptionError(cause.message.split('. ')[0], { cause });
  }
}

/** A whole number of at least 1. Throws `OptionError`. */
export function countOf(option, text, most) {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= most) return number;
  throw new OptionError(`${option}: expected a whole number from 1 to ${most}, got '${text}'`);
}

/** Runs a command with the options that `read` makes of the command line, or prints its usage. */
export async function runCommand(usage, read, run) {
  try {
    const options = read(process.argv.slice(2));
    if (options.help) console.log(usage);
    else await run(options);
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    console.error(error.message);
    process.exitCode = 2;
  }
}
