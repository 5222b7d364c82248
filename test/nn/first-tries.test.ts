/** What is tried first by those who know other libraries gets an error that says what to do instead. */
import { describe, expect, it } from 'vitest';
import { conv2d, dense, type NetworkOptions, network, sgd, softmax } from '../../src/index.js';
import { any } from './refusals.js';

const config: NetworkOptions = {
  input: 2,
  layers: [dense(2)],
  loss: 'softmaxCrossEntropy',
  optimizer: sgd(),
  tier: 'js',
};
const x = [0, 1, 1, 0];
const y = [0, 1];

describe('a network', () => {
  it.each<[string, object, string]>([
    ['of a size of batches', { batchSize: 8 }, "got 'batchSize': that is batch"],
    [
      'of a learning rate',
      { learningRate: 0.1 },
      "got 'learningRate': that is an option of the optimizer, as adam({ learn",
    ],
    ['of callbacks', { callbacks: [] }, "got 'callbacks': fit has the options onBatch and onEpoch"],
    ['of a share for validation', { validationSplit: 0.1 }, 'the option validation of fit'],
    ['of a rate as PyTorch calls it', { optimizer: sgd(any({ lr: 0.1 })) }, "got 'lr': that is learningRate"],
    [
      'of a loss as Keras calls it',
      { loss: 'sparseCategoricalCrossentropy' },
      'got "sparseCategoricalCrossentropy": that is softmaxCrossEntropy, on logits',
    ],
    [
      'that ends in a layer of softmax',
      { layers: [dense(2), softmax()] },
      'softmaxCrossEntropy: expected logits, from a last layer without an activation, got probabilities of softmax: pred',
    ],
    [
      'that ends in sigmoid',
      { layers: [dense(1, 'sigmoid')], loss: 'binaryCrossEntropy' },
      'binaryCrossEntropy: expected logits, from a last layer without an activation, got probabilities of sigmoid: pred',
    ],
    [
      'that ends in softmax',
      { layers: [dense(2, any('softmax'))] },
      'got "softmax": losses of classes take logits, from a last layer without an activation, and predict gives prob',
    ],
    [
      'of images that stay as large at a stride',
      { input: [8, 8, 1], layers: [conv2d(4, 3, 'relu', { padding: 'same', stride: 2 })] },
      "expected padding 'same' with stride 1 and an odd window, got stride [2, 2] and a window of [3, 3]",
    ],
    [
      'of images whose channels come first',
      { input: [1, 28, 28], layers: [conv2d(4, 3)] },
      'a window within the padded image, whose channels come last, got [3, 3] over [1, 28]',
    ],
  ])('%s', async (_, changes, words) => {
    await expect(network(any({ ...config, ...changes }))).rejects.toThrow(words);
  });
});

describe('data', () => {
  it.each<[string, unknown, unknown, string]>([
    ['as two arguments', x, y, 'fit: expected data { x, y }, got [0, 1, 1, 0]'],
    ['as two typed arrays', Float32Array.from(x), y, 'fit: expected data { x, y }, got a Float32Array of 4'],
    [
      'of nested rows',
      {
        x: [
          [0, 1],
          [1, 0],
        ],
        y,
      },
      undefined,
      "fit: expected numbers for 'x', got [0, 1] at index 0: rows stand one after the other, as flat() puts them",
    ],
  ])('%s', async (_, data, options, words) => {
    const net = await network(config);
    await expect(net.fit(any(data), any(options))).rejects.toThrow(words);
  });

  it('with a share for validation', async () => {
    const net = await network(config);
    await expect(net.fit({ x, y }, any({ validationSplit: 0.5 }))).rejects.toThrow(
      "got 'validationSplit': that is validation",
    );
  });

  it('as one argument of a step', async () => {
    const net = await network(config);
    expect(() => net.trainStep(any({ x, y }), any(undefined))).toThrow(
      "expected numbers for 'x', got an object of x, y",
    );
  });

  it('of labels for images that were not flattened', async () => {
    const net = await network({ ...config, input: [6, 6, 1], layers: [conv2d(4, 3), dense(3)] });
    const note = ': the output [4, 4, 3] takes a label at each of its positions, after flatten() one in all';
    const images = new Float32Array(16 * 36);
    expect(() => net.evaluate({ x: images.subarray(0, 72), y })).toThrow(
      `evaluate: expected 'y' to have rows of 16 numbers (shape [4, 4]), got 2 numbers${note}`,
    );
    expect(() => net.evaluate({ x: images, y: new Uint8Array(16) })).toThrow(
      `evaluate: expected 16 rows of 'y' like 'x', got 1${note}`,
    );
  });
});
