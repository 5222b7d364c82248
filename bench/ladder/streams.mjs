/** What memory bounds: streaming through it, and the prediction of one sample, which reads each weight once. */
import { dense, network } from '../../dist/index.js';
import { perceptron } from '../networks.mjs';
import { PlainNetwork, sgd } from '../plain/network.mjs';
import { randoms } from '../random.mjs';
import { streamingRead } from './limits.mjs';
import { copier, MEMORY_BYTES, reader } from './memory.mjs';

const common = { section: 'Memory', unit: 'GB/s', limit: streamingRead, threaded: true };

/** A scenario: 64 MiB added up, and copied, where what is read and what is written both count. */
export const streams = {
  ...common,
  title: 'streaming through 64 MiB',
  figures: [
    { name: 'sum', work: MEMORY_BYTES },
    { name: 'copy', work: 2 * MEMORY_BYTES },
  ],
  prepare(side) {
    const parts = [reader(side), copier(side)];
    return {
      runs: parts.map(({ run }) => run),
      dispose() {
        for (const { dispose } of parts) dispose();
      },
    };
  },
};

/** A scenario: one sample through one layer, by the public interface. */
export const prediction = (K, N) => ({
  ...common,
  title: `prediction of one sample by a layer of ${K} x ${N}`,
  figures: [{ name: 'predict', work: 4 * K * N, timed: true }],
  async prepare(side) {
    const x = randoms(K);
    if (!side.runtime) {
      const weight = randoms(K * N);
      const net = new PlainNetwork(perceptron(K, N), 1, sgd(0), () => ({ weight, bias: new Float32Array(N) }));
      return { runs: [() => net.forward(x)], dispose() {} };
    }
    const net = await network({ input: K, layers: [dense(N)], batch: 1, tier: side.tier, threads: side.threads });
    return { runs: [() => net.predict(x)], dispose: () => net.dispose() };
  },
});
