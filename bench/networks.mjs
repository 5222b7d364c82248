/**
 * The networks of the benchmarks as plain data, and what they cost: `sizes` are the features of dense layers, from the
 * input to the logits, with ReLU between them. `convolutions`, where there are any, come before; each is followed by ReLU
 * and by max pooling of 2 x 2.
 */
import { multiplyAddsOf } from './plain/convolution.mjs';

/** Dense layers alone. */
export const perceptron = (...sizes) => ({ convolutions: [], sizes });

/** A LeNet without its hidden dense layers. */
export const cnn = {
  convolutions: [
    { H: 28, W: 28, C: 1, k: 5, N: 8, pad: 0 },
    { H: 12, W: 12, C: 8, k: 5, N: 16, pad: 0 },
  ],
  sizes: [256, 10],
};

/** 784-128-10, or 28x28x1-5x5x8-5x5x16-10. */
export function nameOf({ convolutions, sizes }) {
  if (convolutions.length === 0) return sizes.join('-');
  const [{ H, W, C }] = convolutions;
  return [`${H}x${W}x${C}`, ...convolutions.map(({ k, N }) => `${k}x${k}x${N}`), ...sizes.slice(1)].join('-');
}

/** The numbers of a sample. */
export const featuresOf = ({ convolutions: [first], sizes }) => (first ? first.H * first.W * first.C : sizes[0]);

/** Floating-point operations of each layer's product, for one sample: a multiply-add counts as two. */
const layerFlops = ({ convolutions, sizes }) => [
  ...convolutions.map((shape) => 2 * multiplyAddsOf(shape)),
  ...sizes.slice(1).map((N, i) => 2 * sizes[i] * N),
];

export const forwardFlops = (network) => layerFlops(network).reduce((sum, flops) => sum + flops, 0);

/** Three products a layer, but none for the gradient of the input. */
export const trainFlops = (network) => 3 * forwardFlops(network) - layerFlops(network)[0];
