/**
 * Draws the two computation graphs of every lecture on backpropagation with their numbers, forward values above the wires
 * and gradients below, and the structure of LeNet-5.
 *
 *   npm run example:draw
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { draw, drawStructure } from 'lanegrad/draw';
import {
  add,
  avgPool2d,
  conv2d,
  dense,
  evaluate,
  exp,
  flatten,
  input,
  mul,
  neg,
  parameter,
  reciprocal,
  sigmoid,
  softmaxCrossEntropy,
  tanh,
} from 'lanegrad/graph';

const FOLDER = 'examples/out';

function save(name, svg) {
  const path = join(FOLDER, `${name}.svg`);
  writeFileSync(path, svg);
  console.log(path);
}

/** f = (x + y) z at x = -2, y = 5, z = -4. */
async function drawProduct() {
  const [x, y, z] = ['x', 'y', 'z'].map((name) => input(name));
  const q = add(x, y);
  const f = mul(q, z);
  const names = new Map([
    [q, 'q'],
    [f, 'f'],
  ]);
  save('product', await draw(f, { ...evaluate(f, { x: -2, y: 5, z: -4 }), names }));
}

/** f = 1 / (1 + e^-(w0 x0 + w1 x1 + w2)), as a chain of small nodes and with sigmoid as one node: nothing changes. */
async function drawNeuron() {
  const [w0, x0, w1, x1, w2] = ['w0', 'x0', 'w1', 'x1', 'w2'].map((name) => input(name));
  const feeds = { w0: 2, x0: -1, w1: -3, x1: -2, w2: -3 };
  const s = add(add(mul(w0, x0), mul(w1, x1)), w2);
  const chain = reciprocal(add(exp(neg(s)), 1));
  const one = sigmoid(s);
  save('neuron-chain', await draw(chain, evaluate(chain, feeds)));
  save('neuron-sigmoid', await draw(one, evaluate(one, feeds)));
}

/** LeNet-5 (LeCun et al., 1998), with all of its second convolution's connections. */
async function drawLeNet() {
  const conv = (name, x, filters, padding) => {
    const weight = parameter(`${name} weight`, [5, 5, x.shape.at(-1), filters]);
    return tanh(conv2d(x, weight, parameter(`${name} bias`, [filters]), { padding }));
  };
  const full = (name, x, units) =>
    dense(x, parameter(`${name} weight`, [x.shape[0], units]), parameter(`${name} bias`, [units]));
  const first = avgPool2d(conv('1', input('image', [28, 28, 1]), 6, 'same'), { size: 2 });
  const second = avgPool2d(conv('2', first, 16, 'valid'), { size: 2 });
  const hidden = tanh(full('4', tanh(full('3', flatten(second), 120)), 84));
  save('lenet', await drawStructure(softmaxCrossEntropy(full('5', hidden, 10), input('label'))));
}

mkdirSync(FOLDER, { recursive: true });
await drawProduct();
await drawNeuron();
await drawLeNet();
