/** lanegrad by its public interface; the products alone, which that does not have, as `npm run bench` measures them. */
import { adam, network, sgd } from '../../../dist/index.js';
import { requestedTier, runtimeFor } from '../../../dist/internals.js';
import { products } from '../../ladder/products.mjs';
import { configOf } from '../../ladder/steps.mjs';
import { trainingSet } from '../common/epoch.mjs';
import { serve } from '../common/serve.mjs';
import { convolutions, labels, layers, meanMagnitude, samples } from '../common/values.mjs';

const PRODUCTS = ['forward', 'dX', 'dW'];
const optimizers = { sgd, adam };

/** With the parameters that all contestants start from. */
async function networkOf(job, threads) {
  const { batch, optimizer, learningRate } = job;
  const net = await network({
    ...configOf(job),
    loss: 'softmaxCrossEntropy',
    optimizer: optimizer && optimizers[optimizer]({ learningRate }),
    batch,
    threads,
  });
  const weighted = [...convolutions(job.convolutions), ...layers(job.sizes)];
  const arrays = weighted.flatMap(({ weight, bias }) => [weight, bias]);
  const named = [...net.parameters()].map(([name, { shape }], i) => [name, { shape, data: arrays[i] }]);
  net.setParameters(Object.fromEntries(named));
  return net;
}

serve(async ({ threads }) => {
  const runtime = await runtimeFor(requestedTier(undefined));

  return {
    about: `kernels: ${runtime.tier}; its dW includes the step of SGD`,

    async product({ product, M, K, N }) {
      await runtime.pool.grow(threads);
      const { runs } = await products(M, K, N).prepare({ runtime, threads });
      return { run: runs[PRODUCTS.indexOf(product)] };
    },

    async train(job) {
      const net = await networkOf(job, threads);
      const x = samples(job.batch, job.features);
      const y = labels(job.batch, job.sizes.at(-1));
      let loss;
      return {
        run() {
          loss = net.trainStep(x, y);
        },
        result: () => loss,
      };
    },

    async epoch(job) {
      const net = await networkOf(job, threads);
      const data = trainingSet(job);
      let loss;
      return {
        async run() {
          [{ loss }] = await net.fit(data, { epochs: 1 });
        },
        result: () => loss,
      };
    },

    async predict(job) {
      const net = await networkOf(job, threads);
      const x = samples(job.batch, job.features);
      let logits;
      return {
        run() {
          logits = net.predict(x, { logits: true }).data;
        },
        result: () => meanMagnitude(logits),
      };
    },
  };
});
