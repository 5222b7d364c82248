/** Whole training steps, through the public interface. */
import { adam, dense, network, sgd } from '../../dist/index.js';
import { trainFlops } from '../flops.mjs';
import { PlainNetwork, adam as plainAdam, sgd as plainSgd } from '../plain/network.mjs';
import { TinyNetwork } from '../plain/tiny.mjs';
import { multiplyAdds } from './limits.mjs';

/** So small that no number of steps changes what a step computes: the numbers never grow or vanish. */
const LEARNING_RATE = 1e-9;
const optimizers = {
  SGD: { kernels: sgd, plain: plainSgd },
  Adam: { kernels: adam, plain: plainAdam },
};
const TINY = '4-16-3';

/** Dense layers with ReLU between them. */
export const layersOf = (sizes) =>
  sizes.slice(1).map((units, i) => dense(units, i < sizes.length - 2 ? 'relu' : 'linear'));

/** He's uniform initialisation. */
const weights = (K, N) => Float32Array.from({ length: K * N }, () => (2 * Math.random() - 1) * Math.sqrt(6 / K));

/** A scenario: a training step, forward, backward and update. */
export function trainingStep(shape, batch, optimizer) {
  const sizes = shape.split('-').map(Number);
  const work = batch * trainFlops(sizes);
  return {
    title: `training step of ${shape}, batch ${batch}, ${optimizer}`,
    section: 'Training steps',
    unit: 'GFLOP/s',
    limit: multiplyAdds,
    threaded: work >= 1e7,
    figures: [{ name: 'step', work, timed: true }],
    async prepare(side) {
      const x = Float32Array.from({ length: batch * sizes[0] }, () => Math.random() - 0.5);
      const labels = Int32Array.from({ length: batch }, (_, i) => i % sizes.at(-1));
      const net = side.runtime
        ? await network({
            input: sizes[0],
            layers: layersOf(sizes),
            loss: 'softmaxCrossEntropy',
            optimizer: optimizers[optimizer].kernels({ learningRate: LEARNING_RATE }),
            batch,
            tier: side.tier,
            threads: side.threads,
          })
        : plainNetwork(shape, sizes, batch, optimizer);
      return { runs: [() => net.trainStep(x, labels)], dispose: () => net.dispose?.() };
    },
  };
}

/** The fastest there is for these sizes. */
function plainNetwork(shape, sizes, batch, optimizer) {
  if (shape === TINY && optimizer === 'Adam')
    return new TinyNetwork(batch, LEARNING_RATE, [weights(4, 16), weights(16, 3)]);
  return new PlainNetwork(sizes, batch, optimizers[optimizer].plain(LEARNING_RATE), (_, K, N) => ({
    weight: weights(K, N),
    bias: new Float32Array(N),
  }));
}
