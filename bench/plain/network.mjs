/**
 * A network with softmax cross-entropy, and SGD or Adam, trained in plain JavaScript: the opponent of the kernels.
 */
import { Convolution, outputOf } from './convolution.mjs';
import { DenseProducts, MaxPool, WeightedLayer } from './layers.mjs';

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

export class PlainNetwork {
  #layers = [];
  #update;

  /**
   * A network of `bench/networks.mjs` on `batch` samples. `initial(K, N)` gives the weight [K, N] and the bias [N] of the
   * next layer, row-major, which become the network's own; K counts the inputs of an output. `update` is one of `sgd` and
   * `adam` below.
   */
  constructor({ convolutions, sizes }, batch, update, initial) {
    this.#update = update;
    for (const shape of convolutions) {
      const { C, k, N } = shape;
      const { OH, OW } = outputOf(shape);
      const products = new Convolution(batch, shape);
      this.#layers.push(
        new WeightedLayer(products, batch * OH * OW * N, true, initial(k * k * C, N)),
        new MaxPool(batch, shape),
      );
    }
    for (const [i, N] of sizes.slice(1).entries()) {
      const products = new DenseProducts(batch, sizes[i], N);
      this.#layers.push(new WeightedLayer(products, batch * N, i < sizes.length - 2, initial(sizes[i], N)));
    }
  }

  /** The logits [batch, classes] of samples x, row-major; they are overwritten by the next call. */
  forward(x) {
    let input = x;
    for (const layer of this.#layers) {
      layer.forward(input);
      input = layer.y;
    }
    return input;
  }

  /** One step on samples x and their labels; returns the loss before it. */
  trainStep(x, labels) {
    const layers = this.#layers;
    const logits = this.forward(x);
    const last = layers[layers.length - 1];
    const loss = softmaxCrossEntropy(logits, labels, last.dy, last.bias.p.length);
    this.#update.begin();
    for (let i = layers.length - 1; i > 0; i--) this.#backward(layers[i], layers[i - 1].y, layers[i - 1].dy);
    this.#backward(layers[0], x, null);
    return loss;
  }

  /** Gradients of a layer, then its step; dX was computed with the old weights. */
  #backward(layer, x, dx) {
    layer.backward(x, dx);
    for (const parameter of layer.parameters) this.#update.step(parameter);
  }
}

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
