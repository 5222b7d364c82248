/** jax-js on its WebAssembly backend: a step is one compiled function, with the optimiser written out. */
import { shuffledBatches, trainingSet } from '../common/epoch.mjs';
import { serve } from '../common/serve.mjs';
import { labels, layers, meanMagnitude, operands, samples } from '../common/values.mjs';

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

serve(async () => {
  const { init, jit, nn, numpy: np, tree, valueAndGrad } = await import('@jax-js/jax');
  await init('wasm');

  const matrix = (values, rows) => np.array(values).reshape([rows, values.length / rows]);

  const makeLayers = (sizes) =>
    layers(sizes).map(({ K, weight, bias }) => ({ weight: matrix(weight, K), bias: np.array(bias) }));

  const logitsOf = (net, x) =>
    net.reduce((y, { weight, bias }, i) => {
      const z = np.matmul(y, weight).add(bias);
      return i < net.length - 1 ? nn.relu(z) : z;
    }, x);

  /** The mean cross-entropy; y is one-hot. */
  const lossOf = (net, x, y) => {
    const rows = x.shape[0];
    return np.sum(nn.logSoftmax(logitsOf(net, x)).mul(y)).mul(-1 / rows);
  };

  /** A function that takes one step, and returns the loss as an array. */
  function trainer({ sizes, optimizer, learningRate }) {
    let state = initialState(makeLayers(sizes), optimizer);
    const step = jit(optimizer === 'adam' ? adamStep(learningRate) : sgdStep(learningRate));
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

  const sgdStep = (learningRate) => (state, x, y, c1, c2) => {
    tree.dispose([c1, c2]);
    const [loss, gradients] = valueAndGrad(lossOf)(tree.ref(state.net), x, y);
    return [loss, { net: tree.map((p, g) => p.sub(g.mul(learningRate)), state.net, gradients) }];
  };

  const adamStep = (learningRate) => (state, x, y, c1, c2) => {
    const [loss, gradients] = valueAndGrad(lossOf)(tree.ref(state.net), x, y);
    const m = tree.map((m, g) => m.mul(BETA1).add(g.mul(1 - BETA1)), state.m, tree.ref(gradients));
    const v = tree.map((v, g) => v.mul(BETA2).add(np.square(g).mul(1 - BETA2)), state.v, gradients);
    const net = tree.map(
      (p, m, v) =>
        p.sub(
          m
            .mul(c1.ref)
            .mul(learningRate)
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
      const x = matrix(samples(job.batch, job.sizes[0]), job.batch);
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
      const data = trainingSet();
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

    predict({ sizes, batch }) {
      const net = makeLayers(sizes);
      const forward = jit(logitsOf);
      const values = samples(batch, sizes[0]);
      let logits;
      return {
        async run() {
          logits = await forward(tree.ref(net), matrix(values, batch)).data();
        },
        result: () => meanMagnitude(logits),
      };
    },
  };
});
