/** Measures by tinybench, side by side: in each round every side has its turn, so that a machine's moods fall on all. */
import { Bench } from 'tinybench';

/** Calls before the first sample, until engines have compiled what they call. */
const WARM_UP_MS = 30;
/** A sample of quick calls is the mean of as many as take this long, far above the resolution of the clock. */
const SAMPLE_MS = 0.5;

/**
 * What a run may take: `rounds`, in each of which a side samples for `sliceMs`, at least once, until its samples have
 * taken `budgetMs`; calls that would take longer than `longestMs` are left out.
 */
export const efforts = {
  full: { rounds: 16, sliceMs: 15, budgetMs: 4000, longestMs: Infinity },
  quick: { rounds: 4, sliceMs: 5, budgetMs: 250, longestMs: 600 },
};

/** Milliseconds a call of each side, one array of samples a side. */
export function alternate(runs, { rounds, sliceMs, budgetMs }) {
  const bench = new Bench({ iterations: 1, time: sliceMs, warmup: false, retainSamples: true, throws: true });
  const samples = runs.map(() => []);
  const spent = runs.map(() => 0);
  for (const [i, run] of runs.entries()) bench.add(String(i), batched(bench, run), { async: false });
  for (let round = 0; round < rounds; round++)
    for (const [i, task] of bench.tasks.entries()) {
      if (spent[i] >= budgetMs) continue;
      task.reset();
      const start = bench.now();
      const { latency } = task.runSync().result;
      spent[i] += bench.now() - start;
      samples[i].push(...latency.samples);
    }
  return samples;
}

/** A task whose samples are means of as many calls as fill `SAMPLE_MS`. */
function batched(bench, run) {
  const calls = Math.max(1, Math.round(SAMPLE_MS / warmUp(bench, run)));
  return () => {
    const start = bench.now();
    for (let i = 0; i < calls; i++) run();
    const total = bench.now() - start;
    return { overriddenDuration: total / calls, overriddenIterationCost: total };
  };
}

/** Milliseconds a call, roughly. */
function warmUp(bench, run) {
  const start = bench.now();
  let calls = 0;
  let elapsed = 0;
  do {
    run();
    calls++;
    elapsed = bench.now() - start;
  } while (elapsed < WARM_UP_MS);
  return elapsed / calls;
}

/** The best sample and the median. tinybench keeps samples sorted within a turn, but turns are merged here. */
export function summary(samples) {
  const sorted = samples.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { best: sorted[0], median };
}
