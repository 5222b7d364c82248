/** Work that only streams through memory: 64 MiB, far beyond any cache, added up and copied. */
import { Elementwise } from '../../dist/internals.js';
import { Kernel } from './kernel.mjs';

/** Panels and their lines: a panel of 16 KiB stays in the first-level cache while it is added up. */
const PANELS = 4096;
const LINES = 256;
export const MEMORY_BYTES = 64 * PANELS * LINES;

/** Adds up 64 MiB: `run` and `dispose`. */
export function reader({ runtime, threads }) {
  if (!runtime) return plainReader();
  return kernelRunner(runtime, threads, 16 * PANELS, (buffer) => {
    const x = buffer(16 * PANELS * LINES, () => 1);
    return [{ name: 'sumFeatures', fields: { x, y: buffer(16 * PANELS), features: LINES, scale: 1 } }];
  });
}

/** Copies 64 MiB. */
export function copier({ runtime, threads }) {
  if (!runtime) return plainCopier();
  const operands = { aPanel: MEMORY_BYTES, aGroup: 0, aRow: 64, aSplat: 0, bPanel: 0, bGroup: 0, bRow: 0, bSplat: 0 };
  return kernelRunner(runtime, threads, 1, (buffer) => {
    const a = buffer(MEMORY_BYTES / 4, () => 1);
    const y = buffer(MEMORY_BYTES / 4);
    const features = PANELS * LINES;
    const copy = {
      a,
      b: null,
      y,
      features,
      period: features,
      batched: 0,
      kind: Elementwise.copy,
      alpha: 1,
      ...operands,
    };
    return [{ name: 'elementwise', fields: copy }];
  });
}

function kernelRunner(runtime, threads, rows, describe) {
  const kernel = new Kernel(runtime, rows, describe);
  return { run: () => kernel.run(threads), dispose: () => kernel.dispose() };
}

function plainReader() {
  const numbers = new Float64Array(MEMORY_BYTES / 8).fill(1);
  return {
    run() {
      let even = 0;
      let odd = 0;
      for (let i = 0; i < numbers.length; i = (i + 2) | 0) {
        even += numbers[i];
        odd += numbers[(i + 1) | 0];
      }
      return even + odd;
    },
    dispose() {},
  };
}

function plainCopier() {
  const [source, target] = [1, 0].map((x) => new Float32Array(MEMORY_BYTES / 4).fill(x));
  return { run: () => target.set(source), dispose() {} };
}
