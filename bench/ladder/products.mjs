/** The three products of a dense layer of K inputs and N outputs on M samples, without the rest of a network. */
import { Activation, panels, Rule } from '../../dist/internals.js';
import { product } from '../plain/product.mjs';
import { random, randoms } from '../random.mjs';
import { Kernel } from './kernel.mjs';
import { multiplyAdds } from './limits.mjs';

/** From so many multiply-adds on, waking a second thread is worth it. */
const THREADED = 2 ** 23;

/** A scenario: forward, dX and dW of one layer. */
export const products = (M, K, N) => ({
  title: `dense layer of ${K} x ${N} on ${M} samples`,
  section: 'Products',
  unit: 'GFLOP/s',
  limit: multiplyAdds,
  threaded: M * K * N >= THREADED,
  figures: ['forward', 'dX', 'dW'].map((name) => ({ name, work: 2 * M * K * N })),
  prepare: (side) => layer(side, M, K, N),
});

/** A scenario: forward of one layer at several batches. */
export const batches = (sizes, K, N) => ({
  title: `forward of ${K} x ${N} by the number of samples`,
  section: 'Batches',
  unit: 'GFLOP/s',
  limit: multiplyAdds,
  threaded: true,
  figures: sizes.map((M) => ({ name: `${M} samples`, work: 2 * M * K * N })),
  prepare(side) {
    const layers = sizes.map((M) => layer(side, M, K, N));
    return {
      runs: layers.map(({ runs: [forward] }) => forward),
      dispose: () => {
        for (const { dispose } of layers) dispose();
      },
    };
  },
});

const layer = ({ runtime, threads }, M, K, N) =>
  runtime ? kernelLayer(runtime, threads, M, K, N) : plainLayer(M, K, N);

/** dW of the kernels includes the transposition of dY and the step of SGD, in which the tiles end. */
function kernelLayer(runtime, threads, M, K, N) {
  const samples = 16 * panels(M);
  const kernel = new Kernel(runtime, M, (buffer) => {
    const x = buffer(samples * K, random);
    const w = buffer(16 * panels(N) * K, random);
    const b = buffer(16 * panels(N));
    const y = buffer(samples * N);
    const dx = buffer(samples * K);
    const dy = buffer(samples * N, random);
    const dyT = buffer(samples * 16 * panels(N));
    const linear = { K, N, positions: 1, activation: Activation.linear, alpha: 0 };
    const sgd = { rule: Rule.sgd, s0: null, s1: null };
    return [
      { name: 'denseForward', fields: { x, w, b, z: y, y, ...linear } },
      { name: 'denseBackwardInput', fields: { dy, w, saved: null, dx, ...linear } },
      { name: 'transpose', fields: { dy, dyT, N, positions: 1 } },
      { name: 'denseBackwardWeight', fields: { x, dyT, dw: null, K, N, positions: 1, ...sgd, w } },
    ];
  });
  return {
    runs: [() => kernel.run(threads, 0, 1), () => kernel.run(threads, 1, 1), () => kernel.run(threads, 2, 2)],
    dispose: () => kernel.dispose(),
  };
}

function plainLayer(M, K, N) {
  const [x, w, dy] = [M * K, K * N, M * N].map((length) => randoms(length));
  const [dx, dw, y] = [M * K, K * N, M * N].map((length) => new Float32Array(length));
  return {
    runs: [
      () => product(M, N, K, x, K, 1, w, N, 1, y),
      () => product(M, K, N, dy, N, 1, w, 1, N, dx),
      () => product(K, N, M, x, 1, K, dy, N, 1, dw),
    ],
    dispose() {},
  };
}
