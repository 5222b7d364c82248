/** What is measured: kernels from small to large, batches, what memory bounds, and whole training steps. */

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
  streams,
  prediction(4096, 4096),
  trainingStep('4-16-3', 32, 'Adam'),
  trainingStep('16-64-64-4', 32, 'Adam'),
  trainingStep('784-128-10', 128, 'Adam'),
  trainingStep('784-512-512-10', 128, 'Adam'),
  trainingStep('4096-4096-4096-10', 128, 'SGD'),
  trainingStep('4096-4096-4096-10', 128, 'Adam'),
];
