/** lanegrad by its public interface; the products alone, which that does not have, as `npm run bench` measures them. */
import { adam, network, sgd } from '../../../dist/index.js';
import { runtimeFor } from '../../../dist/runtime/runtime.js';
import { requestedTier } from '../../../dist/runtime/tiers.js';
import { products } from '../../ladder/products.mjs';
import { layersOf } from '../../ladder/steps.mjs';
import { trainingSet } from '../common/epoch.mjs';
import { serve } from '../common/serve.mjs';
import { labels, layers, meanMagnitude, samples } from '../common/values.mjs';

const PRODUCTS = ['forward', 'dX', 'dW'];
const optimizers = { sgd, adam };

/** With the parameters that all contestants start from. */
async function networkOf({ sizes, batch, optimizer, learningRate }, threads) {
  const net = await network({
    input: sizes[0],
    layers: layersOf(sizes),
    loss: 'softmaxCrossEntropy',
    optimizer: optimizer && optimizers[optimizer]({ learningRate }),
    batch,
    threads,
  });
  for (const [i, { K, N, weight, bias }] of layers(sizes).entries())
    net.setParameters({ [`${i}.weight`]: { shape: [K, N], data: weight }, [`${i}.bias`]: { shape: [N], data: bias } });
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
      const x = samples(job.batch, job.sizes[0]);
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
      const data = trainingSet();
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
      const x = samples(job.batch, job.sizes[0]);
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
