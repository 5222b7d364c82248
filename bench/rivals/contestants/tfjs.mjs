/** TensorFlow.js on its CPU and WebAssembly backends, without its Layers: variables, fused layers, an optimiser. */
import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { shuffledBatches, trainingSet } from '../common/epoch.mjs';
import { serve } from '../common/serve.mjs';
import { convolutions, labels, layers, meanMagnitude, operands, samples } from '../common/values.mjs';

const require = createRequire(import.meta.url);

serve(async ({ variant }) => {
  const tf = require('@tensorflow/tfjs');
  if (variant === 'wasm')
    require('@tensorflow/tfjs-backend-wasm').setWasmPaths(
      join(dirname(require.resolve('@tensorflow/tfjs-backend-wasm')), sep),
    );
  if (!(await tf.setBackend(variant))) throw new Error(`the backend ${variant} does not start`);
  await tf.ready();

  const makeLayers = ({ convolutions: shapes, sizes }) => ({
    image: shapes.length > 0 ? [shapes[0].H, shapes[0].W, shapes[0].C] : null,
    windows: convolutions(shapes).map(({ k, C, N, weight, bias }) => ({
      weight: tf.variable(tf.tensor4d(weight, [k, k, C, N])),
      bias: tf.variable(tf.tensor1d(bias)),
    })),
    dense: layers(sizes).map(({ K, N, weight, bias }) => ({
      weight: tf.variable(tf.tensor2d(weight, [K, N])),
      bias: tf.variable(tf.tensor1d(bias)),
    })),
  });

  const featuresOf = ({ image, windows }, x) =>
    windows
      .reduce(
        (images, { weight: filter, bias }) => {
          const y = tf.fused.conv2d({ x: images, filter, strides: 1, pad: 'valid', bias, activation: 'relu' });
          return tf.maxPool(y, 2, 2, 'valid');
        },
        image ? x.reshape([x.shape[0], ...image]) : x,
      )
      .reshape([x.shape[0], -1]);

  const logitsOf = (net, x) =>
    net.dense.reduce(
      (a, { weight: b, bias }, i) =>
        tf.fused.matMul({ a, b, bias, activation: i < net.dense.length - 1 ? 'relu' : 'linear' }),
      featuresOf(net, x),
    );

  /** A function that takes one step on tensors x and y (one-hot), and returns the loss as a tensor. */
  function trainer(job) {
    const { optimizer, learningRate } = job;
    const net = makeLayers(job);
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
      const x = tf.tensor2d(samples(job.batch, job.features), [job.batch, job.features]);
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
      const data = trainingSet(job);
      let mean;
      return {
        run() {
          let total = 0;
          shuffledBatches(data, job.batch, (xs, ys) => {
            const x = tf.tensor2d(xs, [ys.length, job.features]);
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

    predict(job) {
      const { batch, features } = job;
      const net = makeLayers(job);
      const values = samples(batch, features);
      let logits;
      return {
        run() {
          logits = tf.tidy(() => logitsOf(net, tf.tensor2d(values, [batch, features])).dataSync());
        },
        result: () => meanMagnitude(logits),
      };
    },
  };
});
