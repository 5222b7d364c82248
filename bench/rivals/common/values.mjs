/** The same numbers for every contestant: `values.py` computes them bit for bit. */

/** The streams of random numbers; the weights of dense layer i are the stream WEIGHTS + i. */
const INPUTS = 0;
const LABELS = 1;
const WEIGHTS = 2;
/** Those of convolution i are the stream WINDOWS + i. */
const WINDOWS = 16;

/** `length` numbers in [-limit, limit): a hash of their index (the finaliser of MurmurHash3), cut to 24 bits. */
export function uniform(stream, length, limit = 1) {
  const values = new Float32Array(length);
  const scale = Math.fround(limit);
  const start = Math.imul(stream, 0x85ebca77);
  for (let i = 0; i < length; i++) {
    let h = (Math.imul(i + 1, 0x9e3779b1) + start) | 0;
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    h ^= h >>> 16;
    values[i] = ((h >>> 8) * 2 ** -23 - 1) * scale;
  }
  return values;
}

/** Samples [rows, features]. */
export const samples = (rows, features) => uniform(INPUTS, rows * features);

/** A class for each sample. */
export const labels = (rows, classes) =>
  Int32Array.from(uniform(LABELS, rows), (value) => Math.floor(((value + 1) / 2) * classes));

/** `{ K, N, weight [K, N], bias [N] }` for each layer: He's uniform weights, and biases of 0. */
export const layers = (sizes) =>
  sizes.slice(1).map((N, i) => {
    const K = sizes[i];
    return { K, N, weight: uniform(WEIGHTS + i, K * N, Math.sqrt(6 / K)), bias: new Float32Array(N) };
  });

/** `{ k, C, N, weight [k, k, C, N], bias [N] }` for each convolution, by the same rule. */
export const convolutions = (shapes) =>
  shapes.map(({ k, C, N }, i) => {
    const K = k * k * C;
    return { k, C, N, weight: uniform(WINDOWS + i, K * N, Math.sqrt(6 / K)), bias: new Float32Array(N) };
  });

/** The operands of the products of a dense layer. */
export const operands = (M, K, N) => ({
  x: uniform(INPUTS, M * K),
  w: uniform(WEIGHTS, K * N),
  dy: uniform(WEIGHTS + 1, M * N),
});

/** What the predictions of contestants are compared by. */
export const meanMagnitude = (values) => values.reduce((sum, value) => sum + Math.abs(value), 0) / values.length;
