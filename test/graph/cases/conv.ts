import { apply, type Node } from '../../../src/graph/node.js';
import { type ConvOptions, conv1d, conv2d, convTranspose2d } from '../../../src/graph/ops/conv.js';
import { convolutionOperations } from '../../../src/graph/ops/convolution.js';
import { constant } from '../../../src/graph/ops/source.js';
import { all, type Case, each, named } from './operands.js';

/** An image, its channels and filters, the window, and how that moves. */
type Setting = readonly [
  image: readonly [number, number],
  C: number,
  N: number,
  kernel: readonly [number, number],
  options: ConvOptions,
];

const show = (options: ConvOptions): string =>
  Object.entries(options)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ') || 'plain';

const small: Setting[] = [
  [[4, 5], 2, 3, [3, 2], {}],
  [[4, 4], 1, 2, [3, 3], { padding: 1 }],
  [[5, 4], 2, 2, [3, 3], { padding: [2, 1], stride: 2 }],
  [[6, 5], 2, 1, [3, 2], { dilation: [2, 3], padding: [2, 1] }],
  [[5, 5], 4, 6, [3, 3], { groups: 2, padding: 1, stride: [1, 2] }],
  [[4, 4], 3, 3, [3, 3], { groups: 3, padding: 'same' }],
  [[7, 6], 2, 2, [2, 3], { stride: 3, dilation: 2, padding: 2 }],
  [[2, 2], 1, 1, [3, 3], { padding: 3 }],
  [[3, 3], 2, 2, [1, 1], { stride: 2 }],
  // Outputs side by side that the weight's gradient takes together: four, two at a stride of 2, and five of three filters.
  [[4, 9], 2, 4, [2, 2], {}],
  [[4, 8], 1, 5, [2, 3], { stride: [1, 2], padding: [0, 1] }],
  [[3, 5], 1, 3, [3, 3], { padding: 1 }],
];

/** Beyond the tiles of the products: 16 filters, 24 rows of dW, 16 channels. */
const large: Setting[] = [
  [[9, 8], 17, 37, [3, 3], { padding: 1 }],
  [[12, 12], 8, 16, [5, 5], {}],
  [[6, 7], 34, 18, [3, 2], { stride: 2, padding: 1 }],
  [[6, 6], 36, 18, [3, 3], { groups: 2, padding: 1 }],
  [[5, 5], 18, 18, [3, 3], { groups: 18, padding: 1 }],
  [[10, 9], 3, 20, [3, 3], { dilation: 2, padding: 2 }],
];

const casesFor = (settings: readonly Setting[], b: boolean): Case[] =>
  settings.flatMap(([image, C, N, kernel, options]) => {
    const { groups = 1 } = options;
    const bias = b ? [all([N])] : [];
    const forward = [each([...image, C]), all([...kernel, C / groups, N]), ...bias];
    const back = [each([...image, N]), all([...kernel, C / groups, N])];
    return [
      named(`conv2d, ${show(options)},`, forward, (x, w, bias?: Node) => conv2d(x, w, bias, options)),
      named(`convTranspose2d, ${show(options)},`, back, (x, w) =>
        convTranspose2d(x, w, undefined, { ...options, padding: 0 }),
      ),
    ];
  });

const line: Case[] = [
  named('conv1d', [each([7, 2]), all([3, 2, 3]), all([3])], (x, w, b) => conv1d(x, w, b, { padding: 1, stride: 2 })),
  named('conv1d, depthwise,', [each([6, 3]), all([3, 1, 3])], (x, w) => conv1d(x, w, undefined, { groups: 3 })),
  named('convTranspose2d with a longer output', [each([3, 2, 2]), all([3, 3, 1, 2]), all([1])], (x, w, b) =>
    convTranspose2d(x, w, b, { stride: 2, padding: 1, outputPadding: 1 }),
  ),
];

export const convCases: Case[] = [...casesFor(small, true), ...line];
export const largeConvCases: Case[] = [...casesFor(large, true)];

const [, weightGradient, flip] = convolutionOperations;

/** What a convolution's gradient is made of, as operations of their own. */
export const convGradientCases: Case[] = [
  named('the flipped weight', [all([3, 2, 2, 3])], (w) => apply(flip, [w], { groups: 1 } as never)),
  named('the weight gradient of conv', [each([4, 5, 2]), each([2, 2, 3])], (x, dy) => {
    const geometry = { input: [4, 5], output: [2, 2], kernel: [3, 2], stride: [1, 2], dilation: [1, 1], pad: [0, 0] };
    return apply(weightGradient, [x, dy], { ...geometry, up: [1, 1], groups: 1, shape: [3, 2, 2, 3] } as never);
  }),
  named('the weight gradient of few filters', [each([4, 9, 2]), each([3, 8, 4])], (x, dy) => {
    const y = conv2d(x, constant(new Float32Array(32), [2, 2, 2, 4]));
    return y.operation.vjp(y, dy, [false, true], y.attributes)[1] as Node;
  }),
];
