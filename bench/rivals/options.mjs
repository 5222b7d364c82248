/** What `npm run bench:rivals` can be told. */
import { availableParallelism } from 'node:os';
import { countOf, OptionError, parseOptions } from '../command.mjs';
import { jobs, shortened } from './jobs.mjs';
import { efforts } from './measure.mjs';
import { names, OURS } from './sides.mjs';

const cores = availableParallelism();
const jobNames = jobs.map(({ name }) => name);

export const usage = `npm run bench:rivals -- [options]

Gives the same work to lanegrad and to other libraries, each in a process of its own. Those of npm are installed into
bench/rivals at the first run; PyTorch and NumPy take part where a python3 has them. It takes some ten minutes.

  --quick          fewer rounds, a tenth of an epoch for one, and no call that takes longer than ${efforts.quick.longestMs / 1000} s: three minutes
  --jobs NAMES     these jobs alone: ${jobNames.join(',')}
  --only NAMES     ${OURS} and these alone: ${names.filter((name) => name !== OURS).join(',')}
  --threads NS     these numbers of threads, by default one and one for each core (1,${cores} here)
  --rounds N       how often each side has its turn, by default ${efforts.full.rounds}
  --json FILE      write all samples to a file
  --help           this text`;

/** `{ help, jobs, names, threads, effort, json }`. Throws `OptionError` with one sentence. */
export function readOptions(args) {
  const {
    help,
    quick,
    jobs: wanted,
    only,
    threads,
    rounds,
    json,
  } = parseOptions(args, {
    help: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    jobs: { type: 'string' },
    only: { type: 'string' },
    threads: { type: 'string' },
    rounds: { type: 'string' },
    json: { type: 'string' },
  });
  const effort = quick ? efforts.quick : efforts.full;
  const chosen = listOf('--jobs', wanted ?? jobNames.join(','), jobNames).map((name) => jobs[jobNames.indexOf(name)]);
  return {
    help,
    jobs: quick ? chosen.map(shortened) : chosen,
    names: only === undefined ? names : [OURS, ...listOf('--only', only, names)],
    threads:
      threads === undefined ? [...new Set([1, cores])] : threads.split(',').map((n) => countOf('--threads', n, 64)),
    effort: rounds === undefined ? effort : { ...effort, rounds: countOf('--rounds', rounds, 1000) },
    json,
  };
}

/** The names in the order in which they are known. */
function listOf(option, text, known) {
  const wanted = text.split(',');
  for (const name of wanted)
    if (!known.includes(name)) throw new OptionError(`${option}: expected some of ${known.join(',')}, got '${name}'`);
  return known.filter((name) => wanted.includes(name));
}
