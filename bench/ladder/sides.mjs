/** The rungs of the ladder: plain JavaScript, each tier that runs here, and the best tier on more threads. */
import { kernelTiers, runtimeFor } from '../../dist/internals.js';

/** Not a tier of the package: JavaScript written for speed, in `bench/plain`. */
export const PLAIN = 'plain';

/** All rungs, slowest first. */
export const rungs = [PLAIN, ...kernelTiers.toReversed()];

/**
 * The rungs that run here, `{ name, tier, threads, runtime }` each, and `{ name, reason }` for those that do not. The
 * last of them is repeated on 2, 4, ... up to `threads` threads.
 */
export async function chooseSides(wanted, threads) {
  const sides = [];
  const missing = [];
  for (const tier of rungs.filter((rung) => wanted.includes(rung))) {
    if (tier === PLAIN) {
      sides.push({ name: 'plain JS', tier, threads: 1, runtime: null });
      continue;
    }
    try {
      sides.push({ name: tier, tier, threads: 1, runtime: await runtimeFor(tier) });
    } catch (error) {
      missing.push({ name: tier, reason: error.message });
    }
  }
  const best = sides.at(-1);
  for (const count of best?.runtime ? threadCounts(threads) : []) {
    const name = `${best.tier} x${count}`;
    await best.runtime.pool.grow(count);
    if (best.runtime.pool.threads >= count) sides.push({ ...best, name, threads: count });
    else
      missing.push({ name, reason: best.runtime.pool.broken ?? `the pool has ${best.runtime.pool.threads} threads` });
  }
  return { sides, missing };
}

/** 2, 4, 8, ... and the most. */
function threadCounts(most) {
  const counts = [];
  for (let count = 2; count < most; count *= 2) counts.push(count);
  return most > 1 ? [...counts, most] : [];
}
