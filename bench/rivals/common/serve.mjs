/**
 * The contestant's end of the conversation: a line of JSON in, a line of JSON out. `serve.py` is the same in Python.
 *
 *   { prepare: job, patienceMs }  →  { about, warning, check, ms } or { unable: reason }
 *   { run: ms }                   →  { samples }, milliseconds a call
 */
import { createInterface } from 'node:readline';

/** A sample of quick calls is the mean of as many as take this long, far above the resolution of the clock. */
const SAMPLE_MS = 1;
/** Calls before the first sample, until engines have compiled what they call. */
const WARM_UP_MS = 400;

/**
 * Answers until there are no more questions. `start` gets the settings of the command line, `{ variant, threads }`, and
 * gives what is to be known `about` this contestant and, for each type of job, a function that prepares it, or the
 * reason why the library cannot do it. What is prepared has `run()`, which does the work once, and may have `result()`,
 * a number that belongs to the last run and has to agree with the others'.
 */
export async function serve(start) {
  // Libraries greet their users on the standard output, which is for answers here.
  console.log = console.error;
  let sample;
  for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line);
    let answer;
    try {
      if (request.prepare) ({ sample, ...answer } = await prepare(start, request));
      else answer = { samples: await samplesFor(request.run, sample) };
    } catch (error) {
      answer = { unable: reasonOf(error) };
    }
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
  process.exit();
}

/** The first calls check that all compute the same, and tell how long a call takes. */
async function prepare(start, { prepare: job, patienceMs }) {
  const { about, warning, ...types } = await start(JSON.parse(process.argv[2]));
  const begin = types[job.type];
  if (typeof begin === 'string') return { about, unable: begin };
  const { run, result = () => null } = await begin(job);
  const sample = async (calls) => {
    const start = performance.now();
    for (let i = 0; i < calls; i++) {
      const pending = run();
      if (pending) await pending;
    }
    const value = await result();
    return { value, ms: (performance.now() - start) / calls };
  };
  const check = [];
  const started = performance.now();
  let last;
  for (let i = 0; i < job.checks && (i === 0 || performance.now() - started < patienceMs); i++) {
    last = await sample(1);
    if (last.value !== null) check.push(last.value);
  }
  while (performance.now() - started < WARM_UP_MS) last = await sample(1);
  const calls = Math.max(1, Math.round(SAMPLE_MS / last.ms));
  return { about, warning, check, ms: last.ms, sample: () => sample(calls) };
}

async function samplesFor(ms, sample) {
  const samples = [];
  const started = performance.now();
  do samples.push((await sample()).ms);
  while (performance.now() - started < ms);
  return samples;
}

function reasonOf(error) {
  if (error?.code === 'ERR_MODULE_NOT_FOUND' || error?.code === 'MODULE_NOT_FOUND') return 'not installed';
  return String(error?.message ?? error).split('\n')[0];
}
