/** The three products of a convolution of stride 1 on M samples, without the rest of a network. */
import { Activation, panels } from '../../dist/internals.js';
import { Convolution, multiplyAddsOf, outputOf } from '../plain/convolution.mjs';
import { random, randoms } from '../random.mjs';
import { Kernel } from './kernel.mjs';
import { multiplyAdds } from './limits.mjs';

/** A scenario: forward, dX and dW of `shape`, `{ H, W, C, k, N, pad }`. */
export function convolutions(M, shape) {
  const { H, W, C, k, N, pad } = shape;
  const work = 2 * M * multiplyAddsOf(shape);
  return {
    title: `${H} x ${W} x ${C} by ${N} windows of ${k} x ${k}${pad ? `, padding ${pad}` : ''}, ${M} samples`,
    section: 'Convolutions',
    unit: 'GFLOP/s',
    limit: multiplyAdds,
    threaded: true,
    figures: ['forward', 'dX', 'dW'].map((name) => ({ name, work })),
    prepare: ({ runtime, threads }) =>
      runtime ? kernelConvolution(runtime, threads, M, shape) : plainConvolution(M, shape),
  };
}

/** dX of the kernels includes flipping the weight, dW the transposition of dY. */
function kernelConvolution(runtime, threads, M, shape) {
  const { H, W, C, k, N, pad } = shape;
  const { OH, OW } = outputOf(shape);
  const samples = 16 * panels(M);
  const taps = k * k;
  const kernel = new Kernel(runtime, M, (buffer) => {
    const x = buffer(samples * H * W * C, random);
    const w = buffer(16 * panels(N) * taps * C, random);
    const b = buffer(16 * panels(N));
    const y = buffer(samples * OH * OW * N);
    const dy = buffer(samples * OH * OW * N, random);
    const flipped = buffer(16 * panels(C) * taps * N);
    const dx = buffer(samples * H * W * C);
    const dyT = buffer(samples * OH * OW * 16 * panels(N));
    const dw = buffer(16 * panels(N) * taps * C);
    const window = { kh: k, kw: k, groups: 1 };
    const steps = { strideY: 1, strideX: 1, dilationY: 1, dilationX: 1 };
    const plain = { ...window, ...steps, saved: null, upY: 1, upX: 1, activation: Activation.linear, alpha: 0 };
    const forward = { H, W, C, OH, OW, N, padY: pad, padX: pad };
    const back = { H: OH, W: OW, C: N, OH: H, OW: W, N: C, padY: k - 1 - pad, padX: k - 1 - pad };
    return [
      { name: 'convolve', fields: { x, w, b, z: y, y, ...forward, ...plain } },
      { name: 'flipWeight', fields: { w, y: flipped, C, N, ...window } },
      { name: 'convolve', fields: { x: dy, w: flipped, b: null, z: dx, y: dx, ...back, ...plain } },
      { name: 'transpose', fields: { dy, dyT, N, positions: OH * OW } },
      { name: 'convolveWeight', fields: { x, dyT, dw, ...forward, ...window, ...steps } },
    ];
  });
  return {
    runs: [() => kernel.run(threads, 0, 1), () => kernel.run(threads, 1, 2), () => kernel.run(threads, 3, 2)],
    dispose: () => kernel.dispose(),
  };
}

function plainConvolution(M, shape) {
  const { H, W, C, k, N } = shape;
  const { OH, OW } = outputOf(shape);
  const extents = [M * H * W * C, k * k * C * N, M * OH * OW * N];
  const [x, w, dy] = extents.map((length) => randoms(length));
  const [dx, dw, y] = extents.map((length) => new Float32Array(length));
  const convolution = new Convolution(M, shape);
  return {
    runs: [
      () => convolution.forward(x, w, y),
      () => convolution.backwardInput(dy, w, dx),
      () => convolution.backwardWeight(x, dy, dw),
    ],
    dispose() {},
  };
}
