/** ONNX Runtime in WebAssembly (`web`) and as native code (`node`). It runs models and does not train them. */
import { serve } from '../common/serve.mjs';
import { layers, meanMagnitude, operands, samples } from '../common/values.mjs';

const NO_TRAINING = 'runs models and does not train them: no backward pass';

serve(async ({ variant, threads }) => {
  const ort = await import(`onnxruntime-${variant}`);
  const { encodeModel } = await import('../common/onnx.mjs');
  if (variant === 'web') ort.env.wasm.numThreads = threads;

  /** The model as a session, with weights that it may pack for itself. */
  const sessionOf = (model) =>
    ort.InferenceSession.create(encodeModel(model), {
      executionProviders: [variant === 'web' ? 'wasm' : 'cpu'],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      graphOptimizationLevel: 'all',
    });

  return {
    about: variant === 'web' ? 'WebAssembly' : 'native',

    async product({ product, M, K, N }) {
      if (product !== 'forward') throw new Error(NO_TRAINING);
      const { x, w } = operands(M, K, N);
      const session = await sessionOf({
        input: [M, K],
        output: [M, N],
        nodes: [{ opType: 'MatMul', input: ['x', 'w'], output: ['y'] }],
        weights: [{ name: 'w', dims: [K, N], data: w }],
      });
      const feeds = { x: new ort.Tensor('float32', x, [M, K]) };
      return { run: () => session.run(feeds) };
    },

    train: NO_TRAINING,
    epoch: NO_TRAINING,

    async predict({ sizes, batch }) {
      const session = await sessionOf(perceptron(sizes, batch));
      const feeds = { x: new ort.Tensor('float32', samples(batch, sizes[0]), [batch, sizes[0]]) };
      let logits;
      return {
        async run() {
          logits = (await session.run(feeds)).y.data;
        },
        result: () => meanMagnitude(logits),
      };
    },
  };
});

/** Dense layers with ReLU between them. */
function perceptron(sizes, batch) {
  const nodes = [];
  const weights = [];
  for (const [i, { K, N, weight, bias }] of layers(sizes).entries()) {
    const last = i === sizes.length - 2;
    const input = i === 0 ? 'x' : `a${i}`;
    weights.push({ name: `w${i}`, dims: [K, N], data: weight }, { name: `b${i}`, dims: [N], data: bias });
    nodes.push({ opType: 'Gemm', input: [input, `w${i}`, `b${i}`], output: [last ? 'y' : `z${i}`] });
    if (!last) nodes.push({ opType: 'Relu', input: [`z${i}`], output: [`a${i + 1}`] });
  }
  return { input: [batch, sizes[0]], output: [batch, sizes.at(-1)], nodes, weights };
}
