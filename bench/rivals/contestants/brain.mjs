/**
 * brain.js on the CPU. It has no batches, no softmax and no cross-entropy: it takes a step of Adam after every sample,
 * by the squared error, so only the tiny job is near enough to what it does, and its loss is not compared.
 */
import { serve } from '../common/serve.mjs';
import { labels, samples } from '../common/values.mjs';

const NO_PRODUCTS = 'has no products of matrices';
const NO_BATCHES = 'has no batches and no softmax';

serve(async () => {
  const { default: brain } = await import('brain.js');

  return {
    about: 'a step after every sample, by the squared error; there are no batches',
    product: NO_PRODUCTS,
    epoch: NO_BATCHES,
    predict: NO_BATCHES,

    /** A run is a pass over the samples of a batch. */
    train({ name, sizes, batch, optimizer, learningRate }) {
      if (name !== 'tiny') throw new Error(NO_BATCHES);
      const classes = sizes.at(-1);
      const x = samples(batch, sizes[0]);
      const data = Array.from(labels(batch, classes), (label, i) => ({
        input: Array.from(x.subarray(i * sizes[0], (i + 1) * sizes[0])),
        output: Array.from({ length: classes }, (_, j) => Number(j === label)),
      }));
      const net = new brain.NeuralNetwork({
        hiddenLayers: sizes.slice(1, -1),
        activation: 'relu',
        praxis: optimizer,
        learningRate,
      });
      const prepared = net.prepTraining(data, {});
      return { run: () => net.trainPatterns(prepared.data) };
    },
  };
});
