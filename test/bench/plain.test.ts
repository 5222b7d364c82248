/** The plain JavaScript that the benchmark compares with computes what the package computes. */
import { describe, expect, it } from 'vitest';
import { adam, type Network, type NetworkConfig, network, sgd } from '../../src/index.js';
import { conv2d, evaluate, input, mul, type Node, parameter, sum } from '../../src/lanegrad-graph.js';

// JavaScript without types.
const plain = '../../bench/plain';
const { PlainNetwork, adam: plainAdam, sgd: plainSgd } = await import(`${plain}/network.mjs`);
const { Convolution, multiplyAddsOf, outputOf } = await import(`${plain}/convolution.mjs`);
const { TinyNetwork } = await import(`${plain}/tiny.mjs`);
const { cnn, featuresOf, nameOf, perceptron } = await import('../../bench/networks.mjs' as string);
const { configOf } = await import('../../bench/ladder/steps.mjs' as string);

const STEPS = 5;
const RATE = 0.01;
const optimizers = { SGD: [sgd, plainSgd], Adam: [adam, plainAdam] } as const;

/** As `bench/networks.mjs` has it. */
type Shape = { readonly convolutions: readonly object[]; readonly sizes: readonly number[] };

/** The package's network, and `steps` of it and of another on the same samples. */
async function prepare(shape: Shape, batch: number, optimizer: keyof typeof optimizers) {
  const net = await network({
    ...(configOf(shape) as Pick<NetworkConfig, 'input' | 'layers'>),
    loss: 'softmaxCrossEntropy',
    optimizer: optimizers[optimizer][0]({ learningRate: RATE }),
    batch,
    seed: 3,
    tier: 'simd',
    threads: 1,
  });
  const x = Float32Array.from({ length: batch * featuresOf(shape) }, (_, i) => Math.sin(7 * i));
  const y = Int32Array.from({ length: batch }, (_, i) => i % (shape.sizes.at(-1) as number));
  const losses = (side: Pick<Network, 'trainStep'>) => Array.from({ length: STEPS }, () => side.trainStep(x, y));
  return { net, x, losses };
}

const parameterOf = (net: Network, name: string) => Float32Array.from(net.parameters().get(name)?.data ?? []);

/** A plain network that begins with the same parameters. */
function twin(net: Network, shape: Shape, batch: number, optimizer: keyof typeof optimizers) {
  const names = net.parameters().keys();
  const next = () => parameterOf(net, names.next().value as string);
  return new PlainNetwork(shape, batch, optimizers[optimizer][1](RATE), () => ({ weight: next(), bias: next() }));
}

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>) {
  expect(actual).toHaveLength(expected.length);
  for (let i = 0; i < expected.length; i++) expect(actual[i]).toBeCloseTo(expected[i], 4);
}

describe.each(
  [
    { shape: perceptron(5, 3), batch: 7 },
    { shape: perceptron(4, 16, 3), batch: 32 },
    { shape: perceptron(37, 61, 19, 11), batch: 13 },
    // Beyond each block of the plain products: 256 summed, 128 rows, 768 columns.
    { shape: perceptron(300, 800, 5), batch: 130 },
    { shape: cnn, batch: 5 },
  ].map((each) => ({ ...each, name: nameOf(each.shape) as string })),
)('$name, batch $batch', ({ shape, batch }) => {
  it.each(['SGD', 'Adam'] as const)('has the same losses with %s', async (optimizer) => {
    const { net, losses } = await prepare(shape, batch, optimizer);
    const other = twin(net, shape, batch, optimizer);
    expectClose(losses(other), losses(net));
    net.dispose();
  });

  it.each([batch, 1])('has the same logits for %i samples', async (rows) => {
    const { net, x } = await prepare(shape, batch, 'SGD');
    const samples = x.subarray(0, rows * featuresOf(shape));
    expectClose(twin(net, shape, rows, 'SGD').forward(samples), net.predict(samples, { logits: true }).data);
    net.dispose();
  });
});

it('has the same losses as written for 4-16-3', async () => {
  const { net, losses } = await prepare(perceptron(4, 16, 3), 32, 'Adam');
  const tiny = new TinyNetwork(32, RATE, [parameterOf(net, '0.weight'), parameterOf(net, '1.weight')]);
  expectClose(losses(tiny), losses(net));
  net.dispose();
});

describe.each([
  { H: 6, W: 7, C: 1, k: 5, N: 3, pad: 0 },
  { H: 5, W: 4, C: 3, k: 3, N: 17, pad: 1 },
  { H: 2, W: 3, C: 2, k: 3, N: 2, pad: 2 },
  // Beyond a block of the plain products: 256 summed.
  { H: 3, W: 3, C: 33, k: 3, N: 4, pad: 1 },
])('a convolution, $H x $W x $C by $N windows of $k x $k, padding $pad', (shape) => {
  const { H, W, C, k, N, pad } = shape;
  const { OH, OW } = outputOf(shape);
  const M = 5;
  const numbers = (length: number) => Float32Array.from({ length }, (_, i) => Math.sin(7 * i + length));
  const [x, w, dy] = [M * H * W * C, k * k * C * N, M * OH * OW * N].map(numbers);
  const xs = input('x', [H, W, C]);
  const weight = parameter('w', [k, k, C, N], w);
  const y = conv2d(xs, weight, undefined, { padding: pad });
  const { values, gradients } = evaluate(sum(mul(y, input('dy', [OH, OW, N]))), { x, dy });
  const dataOf = (map: typeof values, node: Node) => (map.get(node) as { data: Float32Array }).data;
  /** Gradients of the mean are those of a sum, divided by the samples. */
  const gradientOf = (node: Node) => dataOf(gradients, node).map((g) => M * g);
  const convolution = new Convolution(M, shape);
  const result = (length: number, compute: (target: Float32Array) => void) => {
    const target = new Float32Array(length).fill(Number.NaN);
    compute(target);
    return target;
  };

  it('has the same outputs and gradients', () => {
    const outputs = result(dy.length, (target) => convolution.forward(x, w, target));
    const dx = result(x.length, (target) => convolution.backwardInput(dy, w, target));
    const dw = result(w.length, (target) => convolution.backwardWeight(x, dy, target));
    expectClose(outputs, dataOf(values, y));
    expectClose(dx, gradientOf(xs));
    expectClose(dw, gradientOf(weight));
  });

  it('counts the multiply-adds that meet the image', () => {
    const taps = parameter('taps', [k, k, 1, 1], new Float32Array(k * k).fill(1));
    const met = sum(conv2d(input('x', [H, W, 1]), taps, undefined, { padding: pad }));
    const { values } = evaluate(met, { x: new Float32Array(H * W).fill(1) });
    expect(multiplyAddsOf(shape)).toBe(C * N * (values.get(met) as number));
  });
});
