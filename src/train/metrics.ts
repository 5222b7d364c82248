/** What outputs mean under a loss: probabilities, and whether the class was found. */
import type { Tensor } from '../graph/model.js';
import type { LossConfig, LossName } from '../nn/loss.js';

type Loss = LossConfig['loss'];

/** The loss, and for a loss on classes the share of samples whose class was found. */
export interface Evaluation {
  /** The mean over the samples. */
  readonly loss: number;
  /** The share of samples whose class was found; null of a loss that is not on classes. */
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
  add(output: Tensor, targets: ArrayLike<number>, losses: ArrayLike<number>): void {
    this.#rows += output.shape[0];
    for (let i = 0; i < losses.length; i++) this.#loss += losses[i];
    const found = countCorrect(output, targets, this.kind);
    if (found !== null) this.#correct = (this.#correct ?? 0) + found;
  }

  get loss(): number {
    return this.#loss / this.#rows;
  }

  get accuracy(): number | null {
    return this.#correct === null ? null : this.#correct / this.#rows;
  }
}

/** What the n outputs at one position mean under a loss on classes. */
interface Meaning {
  /** Turns them into probabilities in place, if they stand for any. */
  readonly activate?: (z: Float32Array) => void;
  /** Whether those from z[i] on name the class that the targets do, from t[j] on. */
  readonly found: (z: ArrayLike<number>, i: number, t: ArrayLike<number>, j: number, n: number) => boolean;
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

function logistic(z: Float32Array): void {
  for (let i = 0; i < z.length; i++) z[i] = 1 / (1 + Math.exp(-z[i]));
}

/** The index of the greatest of n numbers from `start` on, the first of equal ones. */
function argmax(values: ArrayLike<number>, start: number, n: number): number {
  let best = 0;
  for (let i = 1; i < n; i++) if (values[start + i] > values[start + best]) best = i;
  return best;
}

/** Whether the greatest output is at this index. NaN is greater than nothing, so the first would be found. */
const greatestIs = (index: number, z: ArrayLike<number>, i: number, n: number): boolean =>
  argmax(z, i, n) === index && !Number.isNaN(z[i + index]);

/** Whether each output is on the side of 0 that its target is on of the threshold. */
const sides =
  (threshold: number): Meaning['found'] =>
  (z, i, t, j, n) => {
    for (let k = 0; k < n; k++) if (z[i + k] > 0 !== t[j + k] > threshold) return false;
    return true;
  };

const ofDistributions: Meaning = {
  activate: softmax,
  found: (z, i, t, j, n) => greatestIs(argmax(t, j, n), z, i, n),
};

const meanings: { readonly [Name in LossName]?: Meaning } = {
  softmaxCrossEntropy: { activate: softmax, found: (z, i, t, j, n) => greatestIs(t[j], z, i, n) },
  softTargetCrossEntropy: ofDistributions,
  klDivergence: ofDistributions,
  binaryCrossEntropy: { activate: logistic, found: sides(0.5) },
  hinge: { found: sides(0) },
};

const meaningOf = (loss: Loss): Meaning | undefined => (typeof loss === 'string' ? meanings[loss] : undefined);

/** Turns logits into probabilities in place, n at a time, where the loss has any. */
export function activate(data: Float32Array, n: number, loss: Loss): void {
  const meaning = meaningOf(loss);
  if (meaning?.activate) for (let i = 0; i < data.length; i += n) meaning.activate(data.subarray(i, i + n));
}

/**
 * Samples whose class the outputs name, at every position if there are several: the greatest output is that of the
 * label, or of the greatest target; for binaryCrossEntropy and hinge every sign is right. Null for losses that are not
 * about classes.
 */
function countCorrect({ shape, data }: Tensor, targets: ArrayLike<number>, loss: Loss): number | null {
  const meaning = meaningOf(loss);
  if (!meaning) return null;
  const [rows, ...sample] = shape;
  const n = sample.at(-1) ?? 1;
  const positions = data.length / rows / n;
  const width = targets.length / rows / positions;
  let correct = 0;
  for (let row = 0; row < rows; row++) {
    let right = true;
    for (let at = row * positions; at < (row + 1) * positions; at++)
      right &&= meaning.found(data, at * n, targets, at * width, n);
    if (right) correct++;
  }
  return correct;
}
