/** TensorFlow.js on its CPU and WebAssembly backends, without its Layers: variables, fused layers, an optimiser. */
import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { shuffledBatches, trainingSet } from '../common/epoch.mjs';
import { serve } from '../common/serve.mjs';
import { labels, layers, meanMagnitude, operands, samples } from '../common/values.mjs';

const require = createRequire(import.meta.url);

serve(async ({ variant }) => {
  const tf = require('@tensorflow/tfjs');
  if (variant === 'wasm')
    require('@tensorflow/tfjs-backend-wasm').setWasmPaths(
      join(dirname(require.resolve('@tensorflow/tfjs-backend-wasm')), sep),
    );
  if (!(await tf.setBackend(variant))) throw new Error(`the backend ${variant} does not start`);
  await tf.ready();

  const makeLayers = (sizes) =>
    layers(sizes).map(({ K, N, weight, bias }) => ({
      weight: tf.variable(tf.tensor2d(weight, [K, N])),
      bias: tf.variable(tf.tensor1d(bias)),
    }));

  const logitsOf = (net, x) =>
    net.reduce(
      (a, { weight: b, bias }, i) =>
        tf.fused.matMul({ a, b, bias, activation: i < net.length - 1 ? 'relu' : 'linear' }),
      x,
    );

  /** A function that takes one step on tensors x and y (one-hot), and returns the loss as a tensor. */
  function trainer({ sizes, optimizer, learningRate }) {
    const net = makeLayers(sizes);
    const rule = optimizer === 'adam' ? tf.train.adam(learningRate, 0.9, 0.999, 1e-8) : tf.train.sgd(learningRate);
    return (x, y) => rule.minimize(() => tf.losses.softmaxCrossEntropy(y, logitsOf(net, x)), true);
  }

  const oneHot = (y, classes) => tf.tidy(() => tf.cast(tf.oneHot(tf.tensor1d(y, 'int32'), classes), 'float32'));

  return {
    about: `backend ${variant}`,

    product({ product, M, K, N }) {
      const { x, w, dy } = operands(M, K, N);
      const X = tf.tensor2d(x, [M, K]);
      const W = tf.tensor2d(w, [K, N]);
      const dY = tf.tensor2d(dy, [M, N]);
      const multiply = {
        forward: () => tf.matMul(X, W),
        dX: () => tf.matMul(dY, W, false, true),
        dW: () => tf.matMul(X, dY, true, false),
      }[product];
      return { run: () => multiply().dispose() };
    },

    train(job) {
      const step = trainer(job);
      const x = tf.tensor2d(samples(job.batch, job.sizes[0]), [job.batch, job.sizes[0]]);
      const y = oneHot(labels(job.batch, job.sizes.at(-1)), job.sizes.at(-1));
      let loss;
      return {
        run() {
          loss?.dispose();
          loss = step(x, y);
        },
        result: () => loss.dataSync()[0],
      };
    },

    epoch(job) {
      const step = trainer(job);
      const data = trainingSet();
      let mean;
      return {
        run() {
          let total = 0;
          shuffledBatches(data, job.batch, (xs, ys) => {
            const x = tf.tensor2d(xs, [ys.length, job.sizes[0]]);
            const y = oneHot(ys, job.sizes.at(-1));
            const loss = step(x, y);
            total += loss.dataSync()[0] * ys.length;
            tf.dispose([x, y, loss]);
          });
          mean = total / data.y.length;
        },
        result: () => mean,
      };
    },

    predict({ sizes, batch }) {
      const net = makeLayers(sizes);
      const values = samples(batch, sizes[0]);
      let logits;
      return {
        run() {
          logits = tf.tidy(() => logitsOf(net, tf.tensor2d(values, [batch, sizes[0]])).dataSync());
        },
        result: () => meanMagnitude(logits),
      };
    },
  };
});
