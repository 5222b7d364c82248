/** Epochs of MNIST for libraries that leave the shuffling to their users. */
import { loadMnist } from '../../../examples/mnist/data.js';

/** The first digits to train on: `{ x, y }`, row-major shades and a label for each row. */
export function trainingSet({ digits, features }) {
  const { x, y } = loadMnist().train;
  return { x: x.subarray(0, digits * features), y: y.subarray(0, digits) };
}

/**
 * Goes through the data in a new random order, in batches of at most `batch` rows. `step` gets the rows of a batch as
 * an array of their own, and their labels.
 */
export function shuffledBatches({ x, y }, batch, step) {
  const features = x.length / y.length;
  const order = shuffled(y.length);
  for (let first = 0; first < y.length; first += batch) {
    const rows = order.subarray(first, first + batch);
    const xs = new Float32Array(rows.length * features);
    for (const [i, row] of rows.entries()) xs.set(x.subarray(row * features, (row + 1) * features), i * features);
    step(
      xs,
      Int32Array.from(rows, (row) => y[row]),
    );
  }
}

function shuffled(count) {
  const order = Int32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
