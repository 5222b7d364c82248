/** Decides in tests how many threads a run has; otherwise a program takes as many as it is worth. */
import { vi } from 'vitest';
import { Pool } from '../src/runtime/pool.js';
import { runtimeFor } from '../src/runtime/runtime.js';
import type { TierName } from '../src/tier.js';

const { run } = Pool.prototype;

/** Makes every run from now on have exactly this many threads. */
export function useThreads(threads: number): void {
  vi.spyOn(Pool.prototype, 'run').mockImplementation(function (this: Pool, program, first, count) {
    if (this.threads < threads) throw new Error(`expected ${threads} threads, got a pool of ${this.threads}`);
    return run.call(this, program, first, count, threads);
  });
}

/** Starts so many threads for a tier. */
export async function startThreads(tier: TierName, threads: number): Promise<void> {
  if (tier === 'js') return;
  const { pool } = await runtimeFor(tier);
  await pool.grow(threads);
  if (pool.threads < threads) throw new Error(`expected ${threads} threads, but ${pool.broken}`);
}
