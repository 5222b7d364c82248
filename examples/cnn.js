/**
 * Trains a small convolutional network on the whole of MNIST, draws its first filters and ten of its mistakes, and saves it:
 * 28 x 28 -> 8 maps of 24 x 24 -> 12 x 12 -> 16 maps of 8 x 8 -> 4 x 4 -> 10.
 *
 *   npm run example:cnn -- --help
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { adam, conv2d, dense, flatten, maxPool2d } from 'lanegrad';
import { withMoved } from './mnist/augment.js';
import { gallery } from './mnist/gallery.js';
import { confusionTable, predictedClasses } from './mnist/report.js';
import { runExample } from './mnist/train.js';

const FOLDER = 'examples/out';
const MISTAKES = 10;

const example = {
  name: 'cnn',
  purpose: 'Trains a small convolutional network on MNIST, draws its first filters and ten mistakes, and saves it.',
  command: 'npm run example:cnn',
  epochs: 8,
  out: 'cnn.safetensors',
  input: [28, 28, 1],
  layers: [conv2d(8, 5, 'relu'), maxPool2d(2), conv2d(16, 5, 'relu'), maxPool2d(2), flatten(), dense(10)],
  optimizer: adam({ learningRate: 3e-3 }),
  prepare: withMoved,
};

await runExample(example, (net, test) => {
  const probabilities = net.predict(test.x);
  const predicted = predictedClasses(probabilities);
  const path = `${FOLDER}/cnn.svg`;
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(path, gallery(net.parameters().get('0.weight'), mistakesOf(test, predicted, probabilities)));

  const { loss, accuracy } = net.evaluate(test);
  console.log(`\n${confusionTable(test.y, predicted)}\n`);
  console.log(`test accuracy: ${(100 * accuracy).toFixed(2)} %, loss ${loss.toFixed(4)}`);
  console.log(`filters and mistakes: ${path}`);
});

/** The digits that were misread with the most certainty. */
function mistakesOf({ x, y }, predicted, { shape: [, classes], data }) {
  const pixels = x.length / y.length;
  return [...y.keys()]
    .filter((row) => predicted[row] !== y[row])
    .map((row) => ({
      pixels: x.subarray(row * pixels, (row + 1) * pixels),
      predicted: predicted[row],
      certainty: data[row * classes + predicted[row]],
      label: y[row],
    }))
    .sort((a, b) => b.certainty - a.certainty)
    .slice(0, MISTAKES);
}
