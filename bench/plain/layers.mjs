/** The layers of networks in plain JavaScript. Every array is made once. */
import { outputOf } from './convolution.mjs';
import { product } from './product.mjs';

/** The products of a dense layer on M samples; those of a convolution are in `Convolution`. */
export class DenseProducts {
  constructor(M, K, N) {
    this.extents = [M, K, N];
  }

  forward(x, w, y) {
    const [M, K, N] = this.extents;
    product(M, N, K, x, K, 1, w, N, 1, y);
  }

  backwardInput(dy, w, dx) {
    const [M, K, N] = this.extents;
    product(M, K, N, dy, N, 1, w, 1, N, dx);
  }

  backwardWeight(x, dy, dw) {
    const [M, K, N] = this.extents;
    product(K, N, M, x, 1, K, dy, N, 1, dw);
  }
}

/** y = x w + b, with or without ReLU, by `products`; y has `length` numbers. */
export class WeightedLayer {
  #products;
  #relu;

  /** `weight` and `bias`, row-major, become the layer's own. */
  constructor(products, length, relu, { weight, bias }) {
    this.#products = products;
    this.#relu = relu;
    this.weight = parameter(weight);
    this.bias = parameter(bias);
    this.parameters = [this.weight, this.bias];
    this.y = new Float32Array(length);
    this.dy = new Float32Array(length);
  }

  forward(x) {
    this.#products.forward(x, this.weight.p, this.y);
    if (this.#relu) addBiasRelu(this.y, this.bias.p);
    else addBias(this.y, this.bias.p);
  }

  /** Gradients by the parameters, and by x unless `dx` is null, from what stands in `dy`. */
  backward(x, dx) {
    if (this.#relu) reluBackward(this.y, this.dy);
    this.#products.backwardWeight(x, this.dy, this.weight.g);
    sumRows(this.dy, this.bias.g);
    if (dx) this.#products.backwardInput(this.dy, this.weight.p, dx);
  }
}

/** The greatest of each 2 x 2 outputs of a convolution of `shape`, as `Convolution` has it; of equals the first. */
export class MaxPool {
  #rows;
  #width;
  #channels;
  #places;

  constructor(M, shape) {
    const { OH, OW } = outputOf(shape);
    this.parameters = [];
    this.#rows = M * (OH / 2);
    this.#width = OW;
    this.#channels = shape.N;
    const length = this.#rows * (OW / 2) * shape.N;
    this.#places = new Int32Array(length);
    this.y = new Float32Array(length);
    this.dy = new Float32Array(length);
  }

  forward(x) {
    const { y } = this;
    const places = this.#places;
    const C = this.#channels;
    const across = this.#width * C;
    for (let row = 0, o = 0; row < this.#rows; row++)
      for (let ox = 0; ox < this.#width; ox += 2)
        for (let c = 0; c < C; c++, o++) {
          const first = 2 * row * across + ox * C + c;
          let place = first;
          if (x[first + C] > x[place]) place = first + C;
          if (x[first + across] > x[place]) place = first + across;
          if (x[first + across + C] > x[place]) place = first + across + C;
          places[o] = place;
          y[o] = x[place];
        }
  }

  backward(_, dx) {
    const places = this.#places;
    dx.fill(0);
    for (let o = 0; o < places.length; o++) dx[places[o]] = this.dy[o];
  }
}

/** A parameter's numbers p, their gradient g and Adam's moments m and v. */
const parameter = (p) => {
  const zeros = () => new Float32Array(p.length);
  return { p, g: zeros(), m: zeros(), v: zeros() };
};

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
