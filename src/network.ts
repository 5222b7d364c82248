/** Networks: layers, a loss and an optimiser, compiled and ready to be trained. */
import { platform } from '#platform';
import { compileModel, type RunOptions } from './compile.js';
import { CheckpointError, ValueError } from './errors.js';
import type { Executable, RuntimeReport, Tensor } from './graph/model.js';
import { reachable, size } from './graph/node.js';
import { sourceKind } from './graph/ops/source.js';
import { decodeSafetensors, encodeSafetensors } from './io/safetensors.js';
import { buildNetwork, inputShape, type NetworkGraph } from './nn/build.js';
import type { NetworkConfig } from './nn/config.js';
import { checkOptimizer, updateRule } from './optim/optimizer.js';
import { seedWords } from './random.js';
import {
  checkDataset,
  countRows,
  type Dataset,
  type EpochReport,
  type Evaluation,
  type FitOptions,
  fit,
  slice,
  type Trainable,
} from './train/fit.js';
import { activate, countCorrect } from './train/metrics.js';

export type NetworkOptions = NetworkConfig & RunOptions;

const BATCH = 32;

/** What a configuration may say; anything else is a slip of the pen. */
const FIELDS = ['input', 'layers', 'loss', 'labelSmoothing', 'huberDelta', 'optimizer', 'batch', 'seed'];

/**
 * Makes a network. Its parameters are drawn from the seed: the same seed gives the same bits on every tier.
 *
 * Throws `ValueError` or `ShapeError` for a configuration that makes no sense, `MemoryError` for a network that does
 * not fit into memory, `UnsupportedError` for a tier that cannot run here.
 */
export async function network(options: NetworkOptions): Promise<Network> {
  const { tier, threads, ...config } = options;
  for (const name in config)
    if (!FIELDS.includes(name))
      throw new ValueError(`network: expected the fields ${[...FIELDS, 'tier', 'threads'].join(', ')}, got '${name}'`);
  const { optimizer, batch = BATCH, seed = 0 } = config;
  seedWords('network', seed);
  if (optimizer) checkOptimizer(optimizer);
  const graph = buildNetwork(config);
  const { logits, loss, initial } = graph;
  const parameters = reachable([logits]).filter((node) => sourceKind(node) === 'parameter');
  const model = {
    loss,
    outputs: [logits],
    gradients: loss ? parameters.map((node) => node.name as string) : [],
    update: loss && optimizer ? updateRule(optimizer) : null,
    batch,
  };
  const executable = await compileModel(model, { tier, threads });
  if (optimizer) executable.learningRate = optimizer.learningRate;
  initial.forEach(({ name, low, high }, stream) => executable.fillUniform(name, seed, stream, low, high));
  return new Network({ ...config, batch, seed }, graph, executable);
}

export class Network {
  /** What made this network: plain data, which `network()` takes back. */
  readonly config: NetworkConfig;
  readonly #graph: NetworkGraph;
  readonly #executable: Executable;
  readonly #trainable: Trainable;

  constructor(config: NetworkConfig, graph: NetworkGraph, executable: Executable) {
    this.config = Object.freeze(config);
    this.#graph = graph;
    this.#executable = executable;
    this.#trainable = {
      batch: config.batch as number,
      seed: config.seed as number,
      epochs: 0,
      sizes: { x: size(inputShape(config)), y: graph.targets ? size(graph.targets.shape) : 0 },
      trainStep: (x, y) => this.trainStep(x, y),
      evaluate: (data) => this.evaluate(data),
      steps: () => executable.steps,
      snapshot: () => executable.snapshot(),
      restore: (snapshot) => executable.restore(snapshot),
    };
  }

  /** The tier and the number of threads that run this network, and why it is not a better one. */
  get runtime(): RuntimeReport {
    return this.#executable.report;
  }

  /** Steps taken so far. */
  get steps(): number {
    return this.#executable.steps;
  }

  /** The learning rate of the next step. */
  get learningRate(): number {
    return this.#executable.learningRate;
  }

  set learningRate(rate: number) {
    if (!(rate >= 0 && rate < Infinity))
      throw new ValueError(`learningRate: expected a number of at least 0, got ${rate}`);
    this.#executable.learningRate = rate;
  }

  /**
   * The loss of these samples, the mean over the batch. `x` is row-major [rows, ...input]; `y` holds labels [rows] for
   * softmaxCrossEntropy and targets [rows, outputs] for the other losses. At most `config.batch` rows.
   *
   * Throws `ShapeError` for lengths that do not fit, `ValueError` for labels or numbers out of range, `DisposedError`
   * after `dispose`, `WorkerError` if a thread died.
   */
  forward(x: ArrayLike<number>, y: ArrayLike<number>): number {
    return this.#executable.forward({ x, y });
  }

  /** The gradients of the last `forward`'s loss: for each parameter an array of its shape. */
  backward(): Map<string, Tensor> {
    return this.#executable.backward();
  }

  /** Changes the parameters by the last `backward`'s gradients. */
  step(): void {
    this.#executable.step();
  }

  /** `forward`, `backward` and `step` as one call, which never writes the gradients out. Returns the loss before the step. */
  trainStep(x: ArrayLike<number>, y: ArrayLike<number>): number {
    return this.#executable.trainStep({ x, y });
  }

  /**
   * The outputs for any number of samples, [rows, outputs]: probabilities if the loss is softmaxCrossEntropy or
   * binaryCrossEntropy, unless `logits` are asked for; else what the last layer gives.
   */
  predict(x: ArrayLike<number>, { logits = false }: { readonly logits?: boolean } = {}): Tensor {
    const { sizes } = this.#trainable;
    const rows = countRows(sizes.x, x, 'predict');
    const outputs = size(this.#graph.logits.shape);
    const data = new Float32Array(rows * outputs);
    for (const [from, to] of this.#pieces(rows)) {
      const [part] = this.#executable.predict({ x: slice(x, from * sizes.x, to * sizes.x) });
      data.set(part.data, from * outputs);
    }
    if (!logits) activate(data, outputs, this.config.loss);
    return { shape: [rows, ...this.#graph.logits.shape], data };
  }

  /** The loss over any number of samples, and for a loss on classes the share of samples whose class was found. */
  evaluate(data: Dataset): Evaluation {
    const { sizes } = this.#trainable;
    const rows = checkDataset(sizes, data, 'evaluate');
    const outputs = size(this.#graph.logits.shape);
    let loss = 0;
    let correct: number | null = null;
    for (const [from, to] of this.#pieces(rows)) {
      const x = slice(data.x, from * sizes.x, to * sizes.x);
      const y = slice(data.y, from * sizes.y, to * sizes.y);
      const part = this.#executable.evaluate({ x, y });
      loss += part.loss * (to - from);
      const found = countCorrect(part.outputs[0].data, y, outputs, this.config.loss);
      if (found !== null) correct = (correct ?? 0) + found;
    }
    return { loss: loss / rows, accuracy: correct === null ? null : correct / rows };
  }

  /**
   * Trains on the data for some epochs, in batches of `config.batch`, and returns a report an epoch. The order of the
   * samples comes from the seed. Other events get their turn all the while.
   *
   * Throws `ValueError` for data or options that do not fit, before anything is changed; `DivergenceError` if the loss
   * stops being finite, with the network as it was at the start of that epoch.
   */
  async fit(data: Dataset, options: FitOptions = {}): Promise<EpochReport[]> {
    return fit(this.#trainable, data, options);
  }

  /** A copy of each parameter, by name. */
  parameters(): Map<string, Tensor> {
    return this.#executable.parameters();
  }

  /** Overwrites parameters. Throws `ValueError` or `ShapeError`, with nothing changed, if one does not fit. */
  setParameters(values: ReadonlyMap<string, Tensor> | Readonly<Record<string, Tensor>>): void {
    this.#executable.setParameters(values instanceof Map ? values : new Map(Object.entries(values)));
  }

  /** The parameters as safetensors, with the configuration in the metadata; written to a file if a path is given. */
  async save(path?: string): Promise<Uint8Array> {
    const bytes = encodeSafetensors(this.parameters(), { lanegrad: JSON.stringify(this.config) });
    if (path !== undefined) await platform.writeFile(path, bytes);
    return bytes;
  }

  /** Gives the memory back. Any later call throws `DisposedError`. */
  dispose(): void {
    this.#executable.dispose();
  }

  /** Where the pieces of at most a batch begin and end. */
  *#pieces(rows: number): Generator<[from: number, to: number]> {
    const { batch } = this.#trainable;
    for (let from = 0; from < rows; from += batch) yield [from, Math.min(rows, from + batch)];
  }
}

/**
 * A network from a file of `save`, or from its bytes. Throws `CheckpointError` if the file is damaged or was not
 * written by `save`.
 */
export async function load(source: string | Uint8Array, options: RunOptions = {}): Promise<Network> {
  const bytes = typeof source === 'string' ? await platform.readFile(source) : source;
  const { tensors, metadata } = decodeSafetensors(bytes);
  const text = metadata.lanegrad;
  if (text === undefined) throw new CheckpointError("load: expected metadata 'lanegrad' with a configuration, got none");
  let config: NetworkConfig;
  try {
    config = JSON.parse(text);
  } catch (cause) {
    throw new CheckpointError(`load: expected metadata 'lanegrad' to be JSON, got ${text.slice(0, 40)}`, { cause });
  }
  const net = await network({ ...config, ...options });
  try {
    const missing = [...net.parameters().keys()].filter((name) => !tensors.has(name));
    if (missing.length > 0) throw new CheckpointError(`load: expected the parameters ${missing.join(', ')}, got none`);
    net.setParameters(tensors);
    return net;
  } catch (cause) {
    net.dispose();
    if (cause instanceof CheckpointError) throw cause;
    throw new CheckpointError(`load: expected the parameters of this configuration: ${(cause as Error).message}`, { cause });
  }
}
