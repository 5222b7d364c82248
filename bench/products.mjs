/** The three products of a dense layer, as GFLOP/s and as a share of the ceiling that is measured beside them. */
import { Kernel } from './kernel.mjs';

const random = () => Math.random() - 0.5;
const panels = (n) => Math.ceil(n / 16);

/** The products of a layer of K inputs and N outputs on M samples, as kernels. dW includes transposing dY and plain SGD. */
export function products(runtime, M, K, N) {
  const samples = 16 * panels(M);
  const linear = { K, N, activation: 0, alpha: 0 };
  return {
    forward: new Kernel(runtime, M, (buffer) => {
      const x = buffer(samples * K, random);
      const w = buffer(16 * panels(N) * K, () => random() / 10);
      const y = buffer(samples * N);
      return [{ name: 'denseForward', fields: { x, w, b: buffer(16 * panels(N)), z: y, y, ...linear } }];
    }),
    dX: new Kernel(runtime, M, (buffer) => {
      const dy = buffer(samples * N, random);
      const w = buffer(16 * panels(N) * K, () => random() / 10);
      return [{ name: 'denseBackwardInput', fields: { dy, w, saved: null, dx: buffer(samples * K), ...linear } }];
    }),
    'dW + SGD': new Kernel(runtime, M, (buffer) => {
      const x = buffer(samples * K, random);
      const dy = buffer(samples * N, random);
      const dyT = buffer(samples * 16 * panels(N));
      const w = buffer(16 * panels(N) * K, () => random() / 10);
      return [
        { name: 'transpose', fields: { dy, dyT, N } },
        { name: 'denseBackwardWeight', fields: { x, dyT, dw: null, K, N, rule: 1, w, s0: null, s1: null } },
      ];
    }),
  };
}

/** The time in ms of one run of each side, alternated so that the machine's moods fall on all of them; the best of many. */
export function best(sides, rounds) {
  const times = sides.map(() => Infinity);
  for (let round = 0; round < rounds; round++)
    sides.forEach((side, i) => {
      const start = performance.now();
      side();
      times[i] = Math.min(times[i], performance.now() - start);
    });
  return times;
}
