/** Whole training steps, through the public interface. */
import { adam, conv2d, dense, flatten, maxPool2d, network, sgd } from '../../dist/index.js';
import { featuresOf, nameOf, trainFlops } from '../networks.mjs';
import { PlainNetwork, adam as plainAdam, sgd as plainSgd } from '../plain/network.mjs';
import { TinyNetwork } from '../plain/tiny.mjs';
import { randoms } from '../random.mjs';
import { multiplyAdds } from './limits.mjs';

/** So small that no number of steps changes what a step computes: the numbers never grow or vanish. */
const LEARNING_RATE = 1e-9;
const optimizers = {
  SGD: { kernels: sgd, plain: plainSgd },
  Adam: { kernels: adam, plain: plainAdam },
};
const TINY = '4-16-3';

/** `input` and `layers` of a network of `bench/networks.mjs`. */
export const configOf = ({ convolutions, sizes }) => ({
  input: convolutions.length > 0 ? [convolutions[0].H, convolutions[0].W, convolutions[0].C] : sizes[0],
  layers: [
    ...convolutions.flatMap(({ k, N, pad }) => [conv2d(N, k, 'relu', { padding: pad }), maxPool2d(2)]),
    ...(convolutions.length > 0 ? [flatten()] : []),
    ...sizes.slice(1).map((units, i) => dense(units, i < sizes.length - 2 ? 'relu' : 'linear')),
  ],
});

/** He's uniform initialisation. */
const weights = (K, N) => randoms(K * N, Math.sqrt(6 / K));

/** A scenario: a training step, forward, backward and update. */
export function trainingStep(shape, batch, optimizer) {
  const work = batch * trainFlops(shape);
  return {
    title: `training step of ${nameOf(shape)}, batch ${batch}, ${optimizer}`,
    section: 'Training steps',
    unit: 'GFLOP/s',
    limit: multiplyAdds,
    threaded: work >= 1e7,
    figures: [{ name: 'step', work, timed: true }],
    async prepare(side) {
      const x = randoms(batch * featuresOf(shape));
      const labels = Int32Array.from({ length: batch }, (_, i) => i % shape.sizes.at(-1));
      const net = side.runtime
        ? await network({
            ...configOf(shape),
            loss: 'softmaxCrossEntropy',
            optimizer: optimizers[optimizer].kernels({ learningRate: LEARNING_RATE }),
            batch,
            tier: side.tier,
            threads: side.threads,
          })
        : plainNetwork(shape, batch, optimizer);
      return { runs: [() => net.trainStep(x, labels)], dispose: () => net.dispose?.() };
    },
  };
}

/** The fastest there is for these sizes. */
function plainNetwork(shape, batch, optimizer) {
  if (nameOf(shape) === TINY && optimizer === 'Adam')
    return new TinyNetwork(batch, LEARNING_RATE, [weights(4, 16), weights(16, 3)]);
  return new PlainNetwork(shape, batch, optimizers[optimizer].plain(LEARNING_RATE), (K, N) => ({
    weight: weights(K, N),
    bias: new Float32Array(N),
  }));
}
