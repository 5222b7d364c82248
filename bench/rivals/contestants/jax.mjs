/** jax-js on its WebAssembly backend: a step is one compiled function, with the optimiser written out. */
import { shuffledBatches, trainingSet } from '../common/epoch.mjs';
import { serve } from '../common/serve.mjs';
import { convolutions, labels, layers, meanMagnitude, operands, samples } from '../common/values.mjs';

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

serve(async () => {
  const { init, jit, lax, nn, numpy: np, tree, valueAndGrad } = await import('@jax-js/jax');
  await init('wasm');

  const matrix = (values, rows) => np.array(values).reshape([rows, values.length / rows]);

  const makeLayers = ({ convolutions: shapes, sizes }) => ({
    windows: convolutions(shapes).map(({ k, C, N, weight, bias }) => ({
      weight: np.transpose(np.array(weight).reshape([k, k, C, N]), [3, 2, 0, 1]),
      bias: np.array(bias).reshape([N, 1, 1]),
    })),
    dense: layers(sizes).map(({ K, weight, bias }) => ({ weight: matrix(weight, K), bias: np.array(bias) })),
  });

  /** Channels come first in its convolutions, and last in the features of the dense layers. */
  function featuresOf({ convolutions: shapes }, windows, x) {
    if (shapes.length === 0) return x;
    const [{ H, W, C }] = shapes;
    const rows = x.shape[0];
    let y = np.transpose(x.reshape([rows, H, W, C]), [0, 3, 1, 2]);
    for (const { weight, bias } of windows) {
      y = nn.relu(lax.conv(y, weight, [1, 1], 'VALID').add(bias));
      const [, N, OH, OW] = y.shape;
      y = np.max(y.reshape([rows, N, OH / 2, 2, OW / 2, 2]), [3, 5]);
    }
    return np.transpose(y, [0, 2, 3, 1]).reshape([rows, -1]);
  }

  const logitsOf = (job) => (net, x) =>
    net.dense.reduce(
      (y, { weight, bias }, i) => {
        const z = np.matmul(y, weight).add(bias);
        return i < net.dense.length - 1 ? nn.relu(z) : z;
      },
      featuresOf(job, net.windows, x),
    );

  /** The mean cross-entropy; y is one-hot. */
  const lossOf = (job) => (net, x, y) => {
    const rows = x.shape[0];
    return np.sum(nn.logSoftmax(logitsOf(job)(net, x)).mul(y)).mul(-1 / rows);
  };

  /** A function that takes one step, and returns the loss as an array. */
  function trainer(job) {
    let state = initialState(makeLayers(job), job.optimizer);
    const step = jit(job.optimizer === 'adam' ? adamStep(job) : sgdStep(job));
    let steps = 0;
    return (x, y) => {
      steps++;
      const [loss, next] = step(state, x, y, 1 / (1 - BETA1 ** steps), 1 / (1 - BETA2 ** steps));
      state = next;
      return loss;
    };
  }

  function initialState(net, optimizer) {
    const zeros = () => tree.map((p) => np.zeros(p.shape), net);
    return optimizer === 'adam' ? { net, m: zeros(), v: zeros() } : { net };
  }

  const sgdStep = (job) => (state, x, y, c1, c2) => {
    tree.dispose([c1, c2]);
    const [loss, gradients] = valueAndGrad(lossOf(job))(tree.ref(state.net), x, y);
    return [loss, { net: tree.map((p, g) => p.sub(g.mul(job.learningRate)), state.net, gradients) }];
  };

  const adamStep = (job) => (state, x, y, c1, c2) => {
    const [loss, gradients] = valueAndGrad(lossOf(job))(tree.ref(state.net), x, y);
    const m = tree.map((m, g) => m.mul(BETA1).add(g.mul(1 - BETA1)), state.m, tree.ref(gradients));
    const v = tree.map((v, g) => v.mul(BETA2).add(np.square(g).mul(1 - BETA2)), state.v, gradients);
    const net = tree.map(
      (p, m, v) =>
        p.sub(
          m
            .mul(c1.ref)
            .mul(job.learningRate)
            .div(np.sqrt(v.mul(c2.ref)).add(EPSILON)),
        ),
      state.net,
      tree.ref(m),
      tree.ref(v),
    );
    tree.dispose([c1, c2]);
    return [loss, { net, m, v }];
  };

  const oneHot = (y, classes) => nn.oneHot(np.array(y), classes);

  return {
    about: 'WebAssembly',

    product({ product, M, K, N }) {
      const { x, w, dy } = operands(M, K, N);
      const [a, b, multiply] = {
        forward: [matrix(x, M), matrix(w, K), (X, W) => np.matmul(X, W)],
        dX: [matrix(dy, M), matrix(w, K), (dY, W) => np.matmul(dY, np.transpose(W))],
        dW: [matrix(x, M), matrix(dy, M), (X, dY) => np.matmul(np.transpose(X), dY)],
      }[product];
      const compiled = jit(multiply);
      return {
        async run() {
          const y = await compiled(a.ref, b.ref).blockUntilReady();
          y.dispose();
        },
      };
    },

    train(job) {
      const step = trainer(job);
      const x = matrix(samples(job.batch, job.features), job.batch);
      const y = oneHot(labels(job.batch, job.sizes.at(-1)), job.sizes.at(-1));
      let loss;
      return {
        run() {
          loss?.dispose();
          loss = step(x.ref, y.ref);
        },
        result: async () => (await loss.ref.data())[0],
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
            const loss = step(matrix(xs, ys.length), oneHot(ys, job.sizes.at(-1)));
            total += loss.dataSync()[0] * ys.length;
          });
          mean = total / data.y.length;
        },
        result: () => mean,
      };
    },

    predict(job) {
      const net = makeLayers(job);
      const forward = jit(logitsOf(job));
      const values = samples(job.batch, job.features);
      let logits;
      return {
        async run() {
          logits = await forward(tree.ref(net), matrix(values, job.batch)).data();
        },
        result: () => meanMagnitude(logits),
      };
    },
  };
});
