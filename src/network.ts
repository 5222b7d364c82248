/** Networks: layers, a loss and an optimiser, compiled and ready to be trained. */
import { platform } from '#platform';
import { checkRunOptions, compileModel, type RunOptions } from './compile.js';
import { CheckpointError, ValueError } from './errors.js';
import { checkFeeds, checkFinite, type FeedRule, feedRules } from './graph/feeds.js';
import { type Executable, type MemoryPlan, namedTensors, type RuntimeReport, type Tensor } from './graph/model.js';
import { type Node, reachable, sameShape, showShape, size } from './graph/node.js';
import { sourceKind } from './graph/ops/source.js';
import { decodeSafetensors, encodeSafetensors } from './io/safetensors.js';
import { buildNetwork, inputShape, type NetworkGraph } from './nn/build.js';
import type { NetworkConfig } from './nn/config.js';
import { checkLearningRate, checkOptimizer, updateRule } from './optim/optimizer.js';
import { seedWords } from './random.js';
import {
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
  if (typeof options !== 'object' || options === null)
    throw new ValueError(`network: expected a configuration, got ${String(options)}`);
  const { tier, threads, ...config } = options;
  const graph = graphOf(config);
  const { optimizer, batch = BATCH, seed = 0 } = config;
  const { logits, loss, initial } = graph;
  const parameters = parametersOf(graph);
  const model = {
    loss,
    outputs: [logits],
    gradients: loss ? parameters.map((node) => node.name as string) : [],
    update: loss && optimizer ? updateRule(optimizer) : null,
    batch,
  };
  const executable = await compileModel(model, { tier, threads });
  if (optimizer) executable.learningRate = optimizer.learningRate;
  for (const [stream, { name, low, high }] of initial.entries()) executable.fillUniform(name, seed, stream, low, high);
  // A copy, since the caller may change what it gave: this is what `save` writes.
  return new Network(structuredClone({ ...config, batch, seed }), graph, executable);
}

const parametersOf = ({ logits }: NetworkGraph): Node[] =>
  reachable([logits]).filter((node) => sourceKind(node) === 'parameter');

/** The graph of a configuration. Throws `ValueError` or `ShapeError` if it makes no sense. */
function graphOf(config: NetworkConfig): NetworkGraph {
  for (const name in config)
    if (!FIELDS.includes(name))
      throw new ValueError(`network: expected the fields ${[...FIELDS, 'tier', 'threads'].join(', ')}, got '${name}'`);
  const { optimizer, batch = BATCH, seed = 0 } = config;
  seedWords('network', seed);
  if (!Number.isInteger(batch) || batch < 1)
    throw new ValueError(`network: expected a batch of at least 1 row, got ${batch}`);
  if (optimizer) checkOptimizer(optimizer);
  return buildNetwork(config);
}

function deepFreeze<T extends object>(value: T): T {
  for (const inner of Object.values(value)) if (typeof inner === 'object' && inner !== null) deepFreeze(inner);
  return Object.freeze(value);
}

export class Network {
  /** What made this network: plain data, which `network()` takes back. */
  readonly config: NetworkConfig;
  readonly #graph: NetworkGraph;
  readonly #executable: Executable;
  readonly #trainable: Trainable;
  /** What x and y must be; empty without a loss. */
  readonly #rules: readonly FeedRule[];

  constructor(config: NetworkConfig, graph: NetworkGraph, executable: Executable) {
    this.config = deepFreeze(config);
    this.#graph = graph;
    this.#executable = executable;
    this.#rules = graph.loss ? feedRules([graph.loss]) : [];
    this.#trainable = {
      batch: config.batch as number,
      seed: config.seed as number,
      epochs: 0,
      sizes: { x: size(inputShape(config)), y: graph.targets ? size(graph.targets.shape) : 0 },
      check: (operation, data) => {
        const rows = this.#check(operation, data);
        checkFinite(operation, this.#rules, { x: data.x, y: data.y });
        return rows;
      },
      input: () => this.input,
      place: ({ x, y }) => executable.place({ x, y }),
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

  /** The bytes that this network takes to be trained. */
  get plan(): MemoryPlan {
    return this.#executable.plan;
  }

  /**
   * Room for the inputs of a batch, [batch, ...input], where `trainStep` reads them: given back as its x, or the first
   * rows of it as `subarray`, they are not copied. To be asked for anew before each batch, since the memory may move,
   * and not to be written to after `dispose`.
   *
   * Throws `UnsupportedError` for a network without a loss, `DisposedError` after `dispose`.
   */
  get input(): Float32Array {
    return this.#executable.view('x');
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
    checkLearningRate(rate);
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
    const rules = feedRules([this.#graph.logits]);
    const rows = checkFeeds('predict', rules, { x }, Infinity);
    const outputs = size(this.#graph.logits.shape);
    const data = new Float32Array(rows * outputs);
    this.#inPieces('predict', rules, { x }, rows, (feeds, from) => {
      const [part] = this.#executable.predict(feeds);
      data.set(part.data, from * outputs);
    });
    if (!logits) activate(data, outputs, this.config.loss);
    return { shape: [rows, ...this.#graph.logits.shape], data };
  }

  /** The loss over any number of samples, and for a loss on classes the share of samples whose class was found. */
  evaluate(data: Dataset): Evaluation {
    const rows = this.#check('evaluate', data);
    const outputs = size(this.#graph.logits.shape);
    let loss = 0;
    let correct: number | null = null;
    this.#inPieces('evaluate', this.#rules, { x: data.x, y: data.y }, rows, (feeds, from, to) => {
      const part = this.#executable.evaluate(feeds);
      loss += part.loss * (to - from);
      const found = countCorrect(part.outputs[0].data, feeds.y, outputs, this.config.loss);
      if (found !== null) correct = (correct ?? 0) + found;
    });
    return { loss: loss / rows, accuracy: correct === null ? null : correct / rows };
  }

  /**
   * Trains on the data for some epochs, in batches of `config.batch`, and returns a report an epoch. The order of the
   * samples comes from the seed. Other events get their turn all the while. Where there is room the samples are copied
   * when it begins, so that what is written into the data until it ends may have no effect.
   *
   * Throws `ValueError` for data or options that do not fit, before anything is changed; `DivergenceError` if a loss or
   * a parameter stops being finite, with the network as it was at the start of that epoch, or of the one before if the
   * epoch's first loss was the one.
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
    this.#executable.setParameters(namedTensors(values));
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

  /** The number of samples. Throws if x and y do not hold as many whole ones, or labels that are none. */
  #check(operation: string, data: Dataset): number {
    if (this.#rules.length === 0) throw new ValueError(`${operation}: expected a network with a loss, got one without`);
    if (typeof data !== 'object' || data === null)
      throw new ValueError(`${operation}: expected data { x, y }, got ${String(data)}`);
    return checkFeeds(operation, this.#rules, { x: data.x, y: data.y }, Infinity);
  }

  /** Calls `run` with pieces of at most a batch, and the rows where each begins and ends. */
  #inPieces(
    operation: string,
    rules: readonly FeedRule[],
    feeds: Readonly<Record<string, ArrayLike<number>>>,
    rows: number,
    run: (piece: Readonly<Record<string, ArrayLike<number>>>, from: number, to: number) => void,
  ): void {
    const { batch } = this.#trainable;
    try {
      for (let from = 0; from < rows; from += batch) {
        const to = Math.min(rows, from + batch);
        run(
          Object.fromEntries(rules.map(({ name, size }) => [name, slice(feeds[name], from * size, to * size)])),
          from,
          to,
        );
      }
    } catch (error) {
      // A number that is not finite was found in a piece; the error shall tell its row among all.
      if (error instanceof ValueError) checkFinite(operation, rules, feeds);
      throw error;
    }
  }
}

/**
 * A network from a file of `save`, or from its bytes. Throws `CheckpointError` if the file is damaged or was not
 * written by `save`.
 */
export async function load(source: string | Uint8Array, options: RunOptions = {}): Promise<Network> {
  checkRunOptions(options);
  if (typeof source !== 'string' && !(source instanceof Uint8Array))
    throw new ValueError(`load: expected a path or bytes, got ${String(source)}`);
  const bytes = typeof source === 'string' ? await platform.readFile(source) : source;
  const { tensors, metadata } = decodeSafetensors(bytes);
  const text = metadata.lanegrad;
  if (text === undefined)
    throw new CheckpointError("load: expected metadata 'lanegrad' with a configuration, got none");
  const { config, graph } = parseConfig(text);
  checkTensors(graph, tensors);
  const net = await network({ ...config, ...options });
  try {
    net.setParameters(tensors);
    return net;
  } catch (cause) {
    net.dispose();
    throw new CheckpointError(`load: expected the parameters of this configuration: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/** Throws `CheckpointError` unless the tensors are the configuration's parameters: before memory is taken for them. */
function checkTensors(graph: NetworkGraph, tensors: ReadonlyMap<string, Tensor>): void {
  for (const { name, shape } of parametersOf(graph)) {
    const tensor = tensors.get(name as string);
    if (!tensor) throw new CheckpointError(`load: expected the parameter '${name}', got none`);
    if (!sameShape(tensor.shape, shape))
      throw new CheckpointError(
        `load: expected '${name}' of shape ${showShape(shape)}, got ${showShape(tensor.shape)}`,
      );
  }
}

/** The configuration in a file, and its graph. Throws `CheckpointError` if it is none that `network()` would take. */
function parseConfig(text: string): { config: NetworkConfig; graph: NetworkGraph } {
  try {
    const config = JSON.parse(text);
    if (typeof config !== 'object' || config === null)
      throw new ValueError(`expected an object, got ${text.slice(0, 40)}`);
    return { config, graph: graphOf(config) };
  } catch (cause) {
    throw new CheckpointError(`load: expected a configuration in metadata 'lanegrad': ${(cause as Error).message}`, {
      cause,
    });
  }
}
