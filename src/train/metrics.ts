/** What outputs mean under a loss: probabilities, and whether the class was found. */
import type { Tensor } from '../graph/model.js';
import type { LossConfig } from '../nn/loss.js';

type Loss = LossConfig['loss'];

/** The loss, and for a loss on classes the share of samples whose class was found. */
export interface Evaluation {
  readonly loss: number;
  readonly accuracy: number | null;
  /** Each output by itself, where several have a loss; `loss` is then their sum, each times its weight. */
  readonly outputs?: Readonly<Record<string, Evaluation>>;
}

/** Sums up what is found at one output, piece by piece. */
export class Tally {
  #loss = 0;
  #correct: number | null = null;
  #rows = 0;

  constructor(readonly kind: Loss) {}

  /** Adds samples: their outputs, their targets, and their losses where they are not known by themselves. */
  add({ shape, data }: Tensor, targets: ArrayLike<number>, losses: ArrayLike<number>): void {
    this.#rows += shape[0];
    for (let i = 0; i < losses.length; i++) this.#loss += losses[i];
    const found = countCorrect(data, targets, data.length / shape[0], this.kind);
    if (found !== null) this.#correct = (this.#correct ?? 0) + found;
  }

  get loss(): number {
    return this.#loss / this.#rows;
  }

  get accuracy(): number | null {
    return this.#correct === null ? null : this.#correct / this.#rows;
  }
}

/** Turns logits into probabilities in place, where the loss has any: softmax by rows of n, or the logistic function. */
export function activate(data: Float32Array, n: number, loss: Loss): void {
  if (loss === 'binaryCrossEntropy') {
    for (let i = 0; i < data.length; i++) data[i] = 1 / (1 + Math.exp(-data[i]));
  } else if (loss === 'softmaxCrossEntropy') {
    for (let row = 0; row < data.length; row += n) softmax(data.subarray(row, row + n));
  }
}

/** e^(z_i - max) / sum_j e^(z_j - max) */
function softmax(z: Float32Array): void {
  let max = -Infinity;
  for (const x of z) max = Math.max(max, x);
  let sum = 0;
  for (let i = 0; i < z.length; i++) {
    z[i] = Math.exp(z[i] - max);
    sum += z[i];
  }
  for (let i = 0; i < z.length; i++) z[i] /= sum;
}

/**
 * Samples whose class the logits name: the greatest of n for softmaxCrossEntropy, every sign right for
 * binaryCrossEntropy. Null for losses that are not about classes.
 */
export function countCorrect(logits: Float32Array, targets: ArrayLike<number>, n: number, loss: Loss): number | null {
  const rows = logits.length / n;
  let correct = 0;
  if (loss === 'softmaxCrossEntropy') {
    for (let row = 0; row < rows; row++) {
      const found = argmax(logits, row * n, n);
      // NaN is greater than nothing, so the first class would be found.
      if (found === targets[row] && !Number.isNaN(logits[row * n + found])) correct++;
    }
    return correct;
  }
  if (loss === 'binaryCrossEntropy') {
    for (let row = 0; row < rows; row++) {
      let right = true;
      for (let i = row * n; i < (row + 1) * n; i++) right &&= logits[i] > 0 === targets[i] > 0.5;
      if (right) correct++;
    }
    return correct;
  }
  return null;
}

/** The index of the greatest of n numbers from `start` on, the first of equal ones. */
export function argmax(values: ArrayLike<number>, start: number, n: number): number {
  let best = 0;
  for (let i = 1; i < n; i++) if (values[start + i] > values[start + best]) best = i;
  return best;
}
