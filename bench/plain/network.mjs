/**
 * A network of dense layers with ReLU between them, softmax cross-entropy, and SGD or Adam, trained in plain JavaScript:
 * the opponent of the kernels. Every array is made once; a step allocates nothing.
 */
import { product } from './product.mjs';

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

export class PlainNetwork {
  #layers;
  #batch;
  #update;

  /**
   * `sizes` are the features from the input to the logits; `initial` gives a layer's weight [K, N] and bias [N], row-major,
   * which become the network's own. `update` is one of `sgd` and `adam` below.
   */
  constructor(sizes, batch, update, initial) {
    this.#batch = batch;
    this.#update = update;
    this.#layers = sizes.slice(1).map((N, i) => {
      const K = sizes[i];
      const { weight, bias } = initial(i, K, N);
      const y = new Float32Array(batch * N);
      return { K, N, weight: parameter(weight), bias: parameter(bias), y, dy: new Float32Array(batch * N) };
    });
  }

  /** The logits [batch, N] of samples x [batch, K]; they are overwritten by the next call. */
  forward(x) {
    const last = this.#layers.length - 1;
    let input = x;
    for (let i = 0; i <= last; i++) {
      const { K, N, weight, bias, y } = this.#layers[i];
      product(this.#batch, N, K, input, K, 1, weight.p, N, 1, y);
      if (i < last) addBiasRelu(y, bias.p);
      else addBias(y, bias.p);
      input = y;
    }
    return input;
  }

  /** One step on samples x and their labels; returns the loss before it. */
  trainStep(x, labels) {
    const layers = this.#layers;
    const logits = this.forward(x);
    const { N: classes, dy } = layers[layers.length - 1];
    const loss = softmaxCrossEntropy(logits, labels, dy, classes);
    this.#update.begin();
    for (let i = layers.length - 1; i >= 0; i--) this.#backward(i, i > 0 ? layers[i - 1].y : x);
    return loss;
  }

  /** Gradients of layer i, whose input was x, and then its step; dX first, while the weights are the old ones. */
  #backward(i, x) {
    const { K, N, weight, bias, dy } = this.#layers[i];
    product(K, N, this.#batch, x, 1, K, dy, N, 1, weight.g);
    sumRows(dy, bias.g);
    if (i > 0) {
      const { dy: dx } = this.#layers[i - 1];
      product(this.#batch, K, N, dy, N, 1, weight.p, 1, N, dx);
      reluBackward(x, dx);
    }
    this.#update.step(weight);
    this.#update.step(bias);
  }
}

/** A parameter's numbers p, their gradient g and Adam's moments m and v. */
const parameter = (p) => {
  const zeros = () => new Float32Array(p.length);
  return { p, g: zeros(), m: zeros(), v: zeros() };
};

/** p -= r g */
export const sgd = (learningRate) => ({
  begin() {},
  step({ p, g }) {
    for (let i = 0; i < p.length; i++) p[i] -= learningRate * g[i];
  },
});

/** Adam (Kingma and Ba, 2015), with the usual betas and epsilon. */
export function adam(learningRate) {
  let t = 0;
  let correction1 = 0;
  let correction2 = 0;
  return {
    begin() {
      t++;
      correction1 = learningRate / (1 - BETA1 ** t);
      correction2 = 1 / (1 - BETA2 ** t);
    },
    step({ p, g, m, v }) {
      for (let i = 0; i < p.length; i++) {
        const gradient = g[i];
        const first = BETA1 * m[i] + (1 - BETA1) * gradient;
        const second = BETA2 * v[i] + (1 - BETA2) * gradient * gradient;
        m[i] = first;
        v[i] = second;
        p[i] -= (correction1 * first) / (Math.sqrt(second * correction2) + EPSILON);
      }
    },
  };
}

function addBias(y, b) {
  for (let r = 0; r < y.length; r += b.length) for (let j = 0; j < b.length; j++) y[r + j] += b[j];
}

function addBiasRelu(y, b) {
  for (let r = 0; r < y.length; r += b.length)
    for (let j = 0; j < b.length; j++) {
      const z = y[r + j] + b[j];
      y[r + j] = z > 0 ? z : 0;
    }
}

function reluBackward(y, dx) {
  for (let i = 0; i < dx.length; i++) if (y[i] <= 0) dx[i] = 0;
}

function sumRows(dy, db) {
  db.fill(0);
  for (let r = 0; r < dy.length; r += db.length) for (let j = 0; j < db.length; j++) db[j] += dy[r + j];
}

/** The mean loss, and its derivative dz = (softmax(z) - onehot) / rows. */
function softmaxCrossEntropy(z, labels, dz, N) {
  const rows = z.length / N;
  let loss = 0;
  for (let row = 0; row < rows; row++) {
    const r = row * N;
    let max = z[r];
    for (let j = 1; j < N; j++) if (z[r + j] > max) max = z[r + j];
    let sum = 0;
    for (let j = 0; j < N; j++) {
      const e = Math.exp(z[r + j] - max);
      dz[r + j] = e;
      sum += e;
    }
    const scale = 1 / (sum * rows);
    for (let j = 0; j < N; j++) dz[r + j] *= scale;
    const label = r + labels[row];
    loss += max + Math.log(sum) - z[label];
    dz[label] -= 1 / rows;
  }
  return loss / rows;
}
