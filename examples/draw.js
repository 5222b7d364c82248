/**
 * Draws the two computation graphs of every lecture on backpropagation with their numbers, forward values above the wires
 * and gradients below, and the structure of LeNet-5.
 *
 *   npm run example:draw
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { avgPool2d, conv2d, dense, flatten, network } from 'lanegrad';
import { draw, drawStructure } from 'lanegrad/draw';
import { add, evaluate, exp, input, mul, neg, reciprocal, sigmoid } from 'lanegrad/graph';

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
  const net = await network({
    input: [28, 28, 1],
    layers: [
      conv2d(6, 5, 'tanh', { padding: 'same' }),
      avgPool2d(2),
      conv2d(16, 5, 'tanh'),
      avgPool2d(2),
      flatten(),
      dense(120, 'tanh'),
      dense(84, 'tanh'),
      dense(10),
    ],
    loss: 'softmaxCrossEntropy',
  });
  save('lenet', await drawStructure(net));
  net.dispose();
}

mkdirSync(FOLDER, { recursive: true });
await drawProduct();
await drawNeuron();
await drawLeNet();
