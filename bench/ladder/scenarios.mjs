/** What is measured: kernels from small to large, batches, convolutions, what memory bounds, and whole training steps. */

import { cnn, perceptron } from '../networks.mjs';
import { convolutions } from './convolutions.mjs';
import { batches, products } from './products.mjs';
import { trainingStep } from './steps.mjs';
import { prediction, streams } from './streams.mjs';

export const scenarios = [
  products(16, 16, 16),
  products(100, 300, 37),
  products(64, 128, 128),
  products(128, 784, 512),
  products(128, 1024, 1024),
  products(128, 4096, 4096),
  batches([16, 64, 256, 1024], 1024, 1024),
  // The layers of a LeNet, and of larger networks.
  convolutions(128, { H: 28, W: 28, C: 1, k: 5, N: 8, pad: 0 }),
  convolutions(128, { H: 12, W: 12, C: 8, k: 5, N: 16, pad: 0 }),
  convolutions(128, { H: 14, W: 14, C: 32, k: 3, N: 64, pad: 0 }),
  convolutions(128, { H: 14, W: 14, C: 32, k: 3, N: 64, pad: 1 }),
  convolutions(128, { H: 8, W: 8, C: 128, k: 3, N: 128, pad: 1 }),
  streams,
  prediction(4096, 4096),
  trainingStep(perceptron(4, 16, 3), 32, 'Adam'),
  trainingStep(perceptron(16, 64, 64, 4), 32, 'Adam'),
  trainingStep(perceptron(784, 128, 10), 128, 'Adam'),
  trainingStep(perceptron(784, 512, 512, 10), 128, 'Adam'),
  trainingStep(cnn, 128, 'Adam'),
  trainingStep(perceptron(4096, 4096, 4096, 10), 128, 'SGD'),
  trainingStep(perceptron(4096, 4096, 4096, 10), 128, 'Adam'),
];
