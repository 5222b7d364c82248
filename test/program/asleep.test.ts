/** Threads that have gone to sleep between two runs take the next one once, and do all of it. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { dense, network } from '../../src/index.js';
import { Generator } from '../../src/random.js';
import { uniform } from '../numbers.js';
import { startThreads, useThreads } from '../threads.js';
import { availableTiers } from '../tiers.js';

const ROWS = 48;
const layers = [dense(128, 'relu'), dense(40, 'tanh'), dense(10)];
const compiled = (await availableTiers()).filter((tier) => tier !== 'js');

afterEach(() => vi.restoreAllMocks());

/** Longer than a thread spins, with the calling thread idle or busy. */
const idle = () => new Promise<void>((resolve) => setTimeout(resolve, 15));
const busy = async () => {
  const end = performance.now() + 15;
  while (performance.now() < end);
};

describe.each(compiled)('on %s', (tier) => {
  it.each([
    ['an idle pause', idle],
    ['a busy pause', busy],
    ['no pause', async () => {}],
  ])('after %s', async (_, pause) => {
    const x = uniform(new Generator(7), ROWS * 64);
    const net = await network({ input: 64, layers, batch: ROWS, tier, threads: 3 });
    await startThreads(tier, 3);
    const predict = (threads: number) => {
      useThreads(threads);
      const { data } = net.predict(x);
      vi.restoreAllMocks();
      return data;
    };
    for (let round = 0; round < 8; round++) {
      // The last samples are a worker's: an old result would show.
      x.fill(round, 40 * 64);
      const expected = predict(1);
      for (const threads of [2, 3]) {
        await pause();
        expect(predict(threads)).toEqual(expected);
      }
    }
    net.dispose();
  });
});
