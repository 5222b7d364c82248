/** Dropout: elements that a step leaves out, drawn from the counter-based generator. */
import { ValueError } from '../../errors.js';
import { anything, checkFields, type FieldsOf, show } from '../../fields.js';
import { checkStream, philox, seedWords, unit } from '../../random.js';
import { apply, checkNodes, type Node, type Shape, size } from '../node.js';
import type { Operation } from '../operation.js';
import { mul } from './elementwise.js';

export interface DropoutOptions {
  /** The seed of the generator; by default 0. */
  readonly seed?: number | undefined;
  /** Its stream, an integer from 0 to 2^32 - 2: masks of one stream are alike. By default 0. */
  readonly stream?: number | undefined;
}

/** The fields of `DropoutOptions`, which the generator checks. */
const dropoutFields: FieldsOf<DropoutOptions> = { seed: anything, stream: anything };

interface MaskAttributes {
  readonly shape: Shape;
  /** An f32, as the kernel takes it. */
  readonly rate: number;
  readonly seed: number;
  readonly stream: number;
}

const scaleOf = (rate: number): number => Math.fround(1 / (1 - rate));

/**
 * 0 with the probability `rate`, else 1 / (1 - rate): a function of the seed, the stream, the steps taken, the element
 * and the sample's place in the batch, and so the same on any number of threads and in a run that is taken up again.
 * What is drawn for which element, `assembly/ops/dropout.ts` tells.
 */
const maskOperation: Operation<MaskAttributes> = {
  name: 'dropoutMask',
  shape: (_, { shape }) => shape,
  batched: () => true,
  vjp: () => [],
  evaluate(node, _, evaluation, { rate, seed, stream }) {
    const mask = evaluation.allocate(node);
    const { rows, step } = evaluation;
    const features = size(node.shape);
    const key = seedWords('dropout', seed);
    const words = new Uint32Array(4);
    for (let element = 0; element < features; element++)
      for (let block = 0; block < 4 * Math.ceil(rows / 16); block++) {
        philox([element, block, step >>> 0, (1 + stream) >>> 0], key, words);
        words.forEach((word, j) => {
          const row = 16 * Math.floor(block / 4) + 4 * j + (block % 4);
          if (row < rows && unit(word) >= rate) mask[row * features + element] = scaleOf(rate);
        });
      }
    return mask;
  },
  lower(node, lowering, { rate, seed, stream }) {
    const [seedLow, seedHigh] = seedWords('dropout', seed);
    lowering.emit('dropoutMask', {
      mask: lowering.buffer(node),
      features: size(node.shape),
      threshold: rate * 2 ** 24,
      scale: scaleOf(rate),
      seedLow,
      seedHigh,
      stream,
    });
  },
};

/**
 * x with each element of each sample set to 0 with the probability `rate`, and the others divided by 1 - rate, so that
 * the mean stays (Srivastava et al., JMLR 15, 2014, inverted). What is left out changes from step to step, and forward
 * and backward of a step agree on it; between steps, the same is left out again. Throws `ValueError` if the rate is not
 * in [0, 1), or for a seed or stream that is not such an integer.
 */
export function dropout(x: Node, rate: number, options: DropoutOptions = {}): Node {
  checkNodes('dropout', [x]);
  checkFields('dropout', options, dropoutFields);
  const { seed = 0, stream = 0 } = options;
  const rounded = Math.fround(rate);
  if (typeof rate !== 'number' || !(rounded >= 0 && rounded < 1))
    throw new ValueError(`dropout: expected a rate in [0, 1), got ${show(rate)}`);
  seedWords('dropout', seed);
  // The word of the counter is 1 + stream, since 0 is for what else is drawn.
  checkStream('dropout', stream, 1);
  if (rounded === 0) return x;
  return mul(x, apply(maskOperation, [], { shape: x.shape, rate: rounded, seed, stream }));
}

export const dropoutOperations = [maskOperation];
