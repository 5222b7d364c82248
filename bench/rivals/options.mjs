/** What `npm run bench:rivals` can be told. */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { jobs } from './jobs.mjs';
import { efforts } from './measure.mjs';
import { names, OURS } from './sides.mjs';

const cores = availableParallelism();
const jobNames = jobs.map(({ name }) => name);

export const usage = `npm run bench:rivals -- [options]

Gives the same work to lanegrad and to other libraries, each in a process of its own. Those of npm are installed into
bench/rivals at the first run; PyTorch and NumPy take part where a python3 has them. It takes some ten minutes.

  --quick          fewer rounds, and no call that takes longer than ${efforts.quick.longestMs / 1000} s: three minutes
  --jobs NAMES     these jobs alone: ${jobNames.join(',')}
  --only NAMES     ${OURS} and these alone: ${names.filter((name) => name !== OURS).join(',')}
  --threads NS     these numbers of threads, by default one and one for each core (1,${cores} here)
  --rounds N       how often each side has its turn, by default ${efforts.full.rounds}
  --json FILE      write all samples to a file
  --help           this text`;

export class OptionError extends Error {}

/** `{ help, jobs, names, threads, effort, json }`. Throws `OptionError` with one sentence. */
export function readOptions(args) {
  const { help, quick, jobs: wanted, only, threads, rounds, json } = parsed(args);
  const effort = quick ? efforts.quick : efforts.full;
  return {
    help,
    jobs: wanted === undefined ? jobs : listOf('--jobs', wanted, jobNames).map((name) => jobs[jobNames.indexOf(name)]),
    names: only === undefined ? names : [OURS, ...listOf('--only', only, names)],
    threads:
      threads === undefined ? [...new Set([1, cores])] : threads.split(',').map((n) => count('--threads', n, 64)),
    effort: rounds === undefined ? effort : { ...effort, rounds: count('--rounds', rounds, 1000) },
    json,
  };
}

function parsed(args) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        help: { type: 'boolean', default: false },
        quick: { type: 'boolean', default: false },
        jobs: { type: 'string' },
        only: { type: 'string' },
        threads: { type: 'string' },
        rounds: { type: 'string' },
        json: { type: 'string' },
      },
    });
    return values;
  } catch (cause) {
    throw new OptionError(cause.message.split('. ')[0], { cause });
  }
}

/** The names in the order in which they are known. */
function listOf(option, text, known) {
  const wanted = text.split(',');
  for (const name of wanted)
    if (!known.includes(name)) throw new OptionError(`${option}: expected some of ${known.join(',')}, got '${name}'`);
  return known.filter((name) => wanted.includes(name));
}

function count(option, text, most) {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= most) return number;
  throw new OptionError(`${option}: expected a whole number from 1 to ${most}, got '${text}'`);
}
