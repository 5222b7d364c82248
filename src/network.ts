/** Networks: layers, a loss and an optimiser, compiled and ready to be trained. */
import { platform } from '#platform';
import type { Bytes } from './arrays.js';
import { isPath } from './bytes.js';
import { encodeCheckpoint, type SaveOptions, saveFields } from './checkpoint.js';
import { UnsupportedError, ValueError } from './errors.js';
import { checkFields, flag, optional, show } from './fields.js';
import {
  type Executable,
  type MemoryPlan,
  type NamedTensors,
  namedTensors,
  type RuntimeReport,
  type Tensor,
} from './graph/model.js';
import { type Node, size } from './graph/node.js';
import type { LayerReport, NetworkGraph } from './nn/build.js';
import type { NetworkConfig } from './nn/config.js';
import { checkLearningRate } from './optim/optimizer.js';
import { summarize } from './summary.js';
import { type Arrays, type Checked, checkData, type Dataset } from './train/data.js';
import { type EpochReport, type FitOptions, fit, type Trainable } from './train/fit.js';
import { activate, type Evaluation, Tally } from './train/metrics.js';
import { Ports } from './train/ports.js';

export interface TrainedGraph {
  readonly inputs: readonly Node[];
  readonly outputs: readonly Node[];
  /** Of each sample; null for a network without one. */
  readonly loss: Node | null;
  readonly layers: readonly LayerReport[];
}

/** The fields of the options of `predict`. */
const predictFields = { logits: optional(flag) };

/** `Prediction` is what `predict` returns: a tensor, or for several outputs one of each by its name. */
export class Network<Prediction = Tensor> {
  /** What made this network: plain data, but for a loss that is a function, which `network()` takes back. */
  readonly config: NetworkConfig;
  readonly #graph: NetworkGraph;
  readonly #executable: Executable;
  readonly #ports: Ports;
  readonly #trainable: Trainable;
  /** Whether `fit` is at work. */
  #fitting = false;

  constructor(config: NetworkConfig, graph: NetworkGraph, executable: Executable, epochs = 0) {
    this.config = config;
    this.#graph = graph;
    this.#executable = executable;
    this.#ports = new Ports(graph, config.optimizer !== undefined, config.batch as number);
    this.#trainable = {
      executable,
      ports: this.#ports,
      seed: config.seed as number,
      epochs,
      evaluate: (samples) => this.#evaluate(samples),
    };
  }

  /** What it is called where only a tag is asked for. Vue wraps no object in a proxy that has one of its own. */
  get [Symbol.toStringTag](): string {
    return 'Network';
  }

  /** The tier and the number of threads that run this network, and why it is not a better one. */
  get runtime(): RuntimeReport {
    return this.#executable.report;
  }

  /** The graph that is trained, of nodes of `lanegrad/graph`: to draw it, or to look into it. */
  get graph(): TrainedGraph {
    const { inputs, training, layers } = this.#graph;
    return { inputs: inputs.map(({ node }) => node), outputs: training.outputs, loss: training.loss, layers };
  }

  /**
   * The bytes that this network takes to be trained by `trainStep` and `fit`. What else is called takes more when it is
   * first called: `forward`, `backward` and `step` together, `evaluate`, which is also `fit`'s validation, and `predict`.
   */
  get plan(): MemoryPlan {
    return this.#executable.plan;
  }

  /**
   * Room for the inputs of a batch, [batch, ...input], where `trainStep` reads them: given back as its x, or the first
   * rows of it as `subarray`, they are not copied. To be asked for anew before each batch, since the memory may move,
   * and not to be written to after `dispose`, nor once the network is let go.
   *
   * Throws `UnsupportedError` for a network without a loss or of several inputs, `DisposedError` after `dispose`.
   */
  get input(): Float32Array {
    const names = this.#graph.inputs.map(({ name }) => name);
    if (names.length > 1) throw new UnsupportedError(`input: expected a network of one input, got ${names.join(', ')}`);
    return this.#executable.view('x');
  }

  /** Steps taken so far. */
  get steps(): number {
    return this.#executable.steps;
  }

  /** Epochs of `fit` completed so far. */
  get epochs(): number {
    return this.#trainable.epochs;
  }

  /** The learning rate of the next step. */
  get learningRate(): number {
    return this.#executable.learningRate;
  }

  set learningRate(rate: number) {
    checkLearningRate(rate);
    this.#executable.learningRate = rate;
  }

  /**
   * The loss of these samples, the mean over the batch. `x` is row-major [rows, ...input]; `y` holds labels for
   * softmaxCrossEntropy, [rows] or, of an output [...positions, classes], [rows, ...positions], and targets
   * [rows, ...output] for the other losses. With several inputs, or several outputs that have a loss, x or y is such
   * arrays by name. `weights` [rows] multiply the samples' losses where the configuration has `sampleWeights`; the mean is
   * still over the number of samples. At most `config.batch` rows.
   *
   * Throws `ShapeError` for lengths that do not fit, `ValueError` for labels or numbers out of range, `UnsupportedError`
   * without a loss, `DisposedError` after `dispose`, `WorkerError` if a thread died.
   */
  forward(x: Arrays, y: Arrays, weights?: ArrayLike<number>): number {
    return this.#executable.forward(this.#ports.step('forward', x, y, weights));
  }

  /**
   * The gradients of the last `forward`'s loss: for each parameter an array of its shape. Their `data` is copied when it is
   * first read, which must be before the next `backward` and `dispose`; what was read stays as it is. Throws `ValueError`
   * without such a `forward`.
   */
  backward(): Map<string, Tensor> {
    return this.#executable.backward();
  }

  /**
   * Changes the parameters by the last `backward`'s gradients, and the statistics by that batch. Throws `ValueError` without
   * such a `backward`, `UnsupportedError` without an optimizer.
   */
  step(): void {
    this.#executable.step();
  }

  /**
   * `forward`, `backward` and `step` as one call, which never writes the gradients out. Returns the loss before the step.
   * Throws as `forward` and `step`.
   */
  trainStep(x: Arrays, y: Arrays, weights?: ArrayLike<number>): number {
    return this.#executable.trainStep(this.#ports.step('trainStep', x, y, weights));
  }

  /**
   * The outputs for any number of samples, [rows, ...output]: probabilities if the loss is on logits
   * (softmaxCrossEntropy, softTargetCrossEntropy, klDivergence, binaryCrossEntropy), unless `logits` are asked for; else
   * what the last layer gives. Several outputs come by name. Throws as `forward`.
   */
  predict(x: Arrays, options: { readonly logits?: boolean | undefined } = {}): Prediction {
    checkFields('predict', options, predictFields);
    const { logits = false } = options;
    const nodes = this.#graph.inference.outputs;
    const samples = this.#ports.predict('predict', x);
    const { rows } = samples;
    const tensors = nodes.map(({ shape }) => ({ shape: [rows, ...shape], data: new Float32Array(rows * size(shape)) }));
    this.#ports.inPieces('predict', samples, (piece, from) => {
      this.#executable.predict(piece).forEach(({ data }, i) => {
        tensors[i].data.set(data, from * size(nodes[i].shape));
      });
    });
    const { outputs } = this.#graph;
    if (!logits)
      for (const [i, { shape, data }] of tensors.entries()) activate(data, shape.at(-1) ?? 1, outputs[i].config.loss);
    const named = tensors.length > 1 ? Object.fromEntries(tensors.map((tensor, i) => [outputs[i].name, tensor])) : null;
    return (named ?? tensors[0]) as Prediction;
  }

  /**
   * The loss over any number of samples, and for a loss on classes the share of samples whose class was found. Of several
   * outputs also each by itself. Throws as `forward`.
   */
  evaluate(data: Dataset): Evaluation {
    return this.#evaluate(this.#ports.check('evaluate', data));
  }

  #evaluate(samples: Checked): Evaluation {
    const { outputs } = this.#graph;
    const tallies = outputs.flatMap(({ name, config, targets }, index) =>
      targets ? [{ index, name, target: targets.name as string, tally: new Tally(config.loss) }] : [],
    );
    let loss = 0;
    this.#ports.inPieces('evaluate', samples, (piece, from, to) => {
      const part = this.#executable.evaluate(piece);
      loss += part.loss * (to - from);
      for (const [i, { index, target, tally }] of tallies.entries())
        tally.add(part.outputs[index], piece[target], part.outputs[outputs.length + i]?.data ?? []);
    });
    const total = loss / samples.rows;
    if (tallies.length === 1) return { loss: total, accuracy: tallies[0].tally.accuracy };
    return {
      loss: total,
      accuracy: null,
      outputs: Object.fromEntries(tallies.map(({ name, tally: { loss, accuracy } }) => [name, { loss, accuracy }])),
    };
  }

  /**
   * Trains on the data for some epochs, in batches of `config.batch`, and returns a report an epoch. The order of the
   * samples comes from the seed. Other events get their turn all the while. Where there is room the samples are copied
   * when it begins, so that what is written into the data until it ends may have no effect. Besides these samples, of 4
   * bytes a number, it holds a copy of parameters and optimiser state, `plan.parameters + plan.states` bytes, to go back to,
   * and a second one where there are several epochs.
   *
   * Callbacks may use the network, steps included; a second `fit` has to wait for the end of the first.
   *
   * Throws `UnsupportedError` without an optimizer, `ShapeError` or `ValueError` for data or options that do not fit, and
   * `MemoryError` if there is no room for the copies or for validation, before anything is changed; `DivergenceError` if a
   * loss or a parameter stops being finite, with the network as it was at the start of that epoch, or of the one before if
   * the epoch's first loss was the one.
   */
  async fit(data: Dataset, options: FitOptions = {}): Promise<EpochReport[]> {
    if (!this.config.optimizer) throw new UnsupportedError('fit: expected a network with an optimizer');
    checkData('fit', data);
    if (this.#fitting) throw new ValueError('fit: expected a network that no other fit is training, got one that is');
    this.#fitting = true;
    try {
      return await fit(this.#trainable, data, options);
    } finally {
      this.#fitting = false;
    }
  }

  /** A copy of each parameter, by name. */
  parameters(): Map<string, Tensor> {
    return this.#executable.parameters();
  }

  /** A copy of each statistic that training keeps and prediction uses, such as the running mean of a batchNorm, by name. */
  statistics(): Map<string, Tensor> {
    return this.#executable.statistics();
  }

  /** Overwrites parameters and statistics. Throws `ValueError` or `ShapeError`, with nothing changed, if one does not fit. */
  setParameters(values: NamedTensors): void {
    this.#executable.setParameters(namedTensors('setParameters', values));
  }

  /**
   * The network as safetensors, written to a file if a path, or a `file:` URL, is given: parameters and statistics,
   * and the configuration in the metadata. With them goes what training goes on from: the optimiser's state, the
   * number of steps and of epochs, and the learning rate, so that k steps, `save`, `load` and n steps are k + n steps
   * to the last bit. Without them, with `training: false`, a network that was loaded begins its training anew.
   *
   * Throws `UnsupportedError` for a network whose loss is a function, which no file can hold, and `ValueError` if a number
   * is not finite, before anything is written; `CheckpointError` if the file cannot be written.
   */
  async save(path?: string | URL, options: SaveOptions = {}): Promise<Bytes> {
    checkFields('save', options, saveFields);
    if (path !== undefined && !isPath(path))
      throw new ValueError(`save: expected a path or a file: URL, got ${show(path)}`);
    if (this.#graph.outputs.some(({ config }) => typeof config.loss === 'function'))
      throw new UnsupportedError('save: expected a configuration of plain data, got a loss that is a function');
    const bytes = encodeCheckpoint(this.config, this.#executable, this.epochs, options);
    if (path !== undefined) await platform.writeFile(path, bytes);
    return bytes;
  }

  /**
   * The network as a table of text: for each layer the shape of its output, its parameters, the memory of its output for
   * a batch and the multiply-adds of its products for a sample; the sums; the memory of the whole.
   */
  summary(): string {
    return summarize(this.#graph, this.config.batch as number, this.plan);
  }

  /**
   * Gives the memory back, which otherwise happens once nobody holds the network any more. What needs the memory throws
   * `DisposedError` afterwards.
   */
  dispose(): void {
    this.#executable.dispose();
  }
}
