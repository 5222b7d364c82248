/** From a graph to something that runs it: kernels, or plain JavaScript. */
import {
  anything,
  checkFields,
  type Fields,
  type FieldsOf,
  listOf,
  oneOf,
  optional,
  positiveInteger,
} from './fields.js';
import type { Feeds } from './graph/feeds.js';
import {
  type Executable,
  type MemoryPlan,
  type Model,
  type NamedTensors,
  namedTensors,
  type RuntimeReport,
  type Tensor,
} from './graph/model.js';
import { checkNodes, isNode, type Node, reachable } from './graph/node.js';
import { sourceKind } from './graph/ops/source.js';
import { checkLearningRate, checkOptimizer, type OptimizerConfig, updateRule } from './optim/optimizer.js';
import { compileProgram } from './program/program.js';
import { Reference } from './reference/reference.js';
import { requestedTier } from './runtime/tiers.js';
import { type TierName, tierNames } from './tier.js';

export interface RunOptions {
  /** What runs it: `wide`, `relaxed`, `simd`, `scalar` or `js`; by default the fastest that works here. */
  readonly tier?: TierName | undefined;
  /** The most threads that a run may use; by default as many as the machine has cores. */
  readonly threads?: number | undefined;
}

/** The fields of `RunOptions`. */
export const runFields: FieldsOf<RunOptions> = {
  tier: optional(oneOf(tierNames)),
  threads: optional(positiveInteger),
};

/** Compiles a model for the requested tier, or the best one. The options have been checked. */
export async function compileModel(model: Model, options: RunOptions): Promise<Executable> {
  const tier = requestedTier(options.tier);
  if (tier === 'js') return new Reference(model);
  return compileProgram(model, { tier, threads: options.threads });
}

export interface CompileOptions extends RunOptions {
  /** Inputs and parameters whose gradients `backward` returns; by default the parameters. */
  readonly gradients?: readonly string[] | undefined;
  /** What `predict` returns; by default the compiled node itself. */
  readonly outputs?: readonly Node[] | undefined;
  /** The most samples that a run takes; by default 1. */
  readonly batch?: number | undefined;
  /** How the parameters are trained by `step` and `trainStep`. */
  readonly optimizer?: OptimizerConfig | undefined;
}

/** The fields of `CompileOptions`. */
const compileFields: Fields = {
  gradients: optional(listOf({ holds: (x) => typeof x === 'string', text: '' }, 'a list of names')),
  outputs: optional(listOf({ holds: isNode, text: '' }, 'a list of nodes')),
  batch: anything,
  optimizer: anything,
  ...runFields,
};

/**
 * Compiles the graph of a number f. `forward` returns f, its mean over the batch when f depends on an input;
 * `backward` returns the gradients of that mean.
 *
 * Throws `ShapeError` if f is not a single number, `ValueError` for options or names that make no sense,
 * `UnsupportedError` for a tier that cannot run here, `MemoryError` if the program does not fit.
 */
export async function compile(f: Node, options: CompileOptions = {}): Promise<GraphProgram> {
  checkNodes('compile', [f]);
  checkFields('compile', options, compileFields);
  const { optimizer, batch = 1, outputs = [f] } = options;
  if (optimizer !== undefined) checkOptimizer(optimizer);
  const parameters = reachable([f]).filter((node) => sourceKind(node) === 'parameter');
  const names = parameters.map((node) => node.name as string);
  const wanted = options.gradients ?? names;
  const trained = optimizer ? names : [];
  const model: Model = {
    loss: f,
    outputs,
    gradients: [...new Set([...wanted, ...trained])],
    update: optimizer ? updateRule(optimizer) : null,
    batch,
  };
  const executable = await compileModel(model, options);
  if (optimizer) executable.learningRate = optimizer.learningRate;
  return new GraphProgram(executable, new Set(wanted));
}

/** A gradient: a number where a number was asked about, else row-major numbers with their shape. */
export type Gradient = number | Tensor;

/** A compiled graph. */
export class GraphProgram {
  readonly #executable: Executable;
  readonly #wanted: ReadonlySet<string>;
  /** Inputs that were fed as a bare number in the last `forward`. */
  #bare = new Set<string>();

  constructor(executable: Executable, wanted: ReadonlySet<string>) {
    this.#executable = executable;
    this.#wanted = wanted;
  }

  get [Symbol.toStringTag](): string {
    return 'GraphProgram';
  }

  /** The tier and the number of threads that run this, and why. */
  get runtime(): RuntimeReport {
    return this.#executable.report;
  }

  /** The bytes that this takes to be trained, or to be run where there is no optimizer. */
  get plan(): MemoryPlan {
    return this.#executable.plan;
  }

  get learningRate(): number {
    return this.#executable.learningRate;
  }

  set learningRate(rate: number) {
    checkLearningRate(rate);
    this.#executable.learningRate = rate;
  }

  /**
   * The value of f, its mean over the samples fed. Feeds are row-major, samples first: [rows, ...shape] of each input;
   * an input of shape [] takes a bare number for a single sample. Throws `ShapeError` or `ValueError` for feeds that
   * do not fit or are not finite. The parameters stay as they are; after a number that is not finite, which is found as
   * it is copied in, `backward` needs a new `forward`.
   */
  forward(feeds: Feeds = {}): number {
    const value = this.#executable.forward(feeds);
    this.#bare = new Set(Object.keys(feeds).filter((name) => typeof feeds[name] === 'number'));
    return value;
  }

  /**
   * The gradients of the last `forward`, by name: [rows, ...shape] for an input, the parameter's shape for a parameter.
   * A gradient of shape [], and that of an input fed as a bare number, is a number. The `data` of a parameter's gradient is
   * copied when it is first read, which must be before the next `backward` and `dispose`; what was read stays as it is.
   */
  backward(): Map<string, Gradient> {
    const gradients = new Map<string, Gradient>();
    for (const [name, tensor] of this.#executable.backward()) {
      if (!this.#wanted.has(name)) continue;
      gradients.set(name, tensor.shape.length === 0 || this.#bare.has(name) ? tensor.data[0] : tensor);
    }
    return gradients;
  }

  /** Changes the parameters by the last gradients. Throws `UnsupportedError` without an optimizer. */
  step(): void {
    this.#executable.step();
  }

  /** `forward`, `backward` and `step` as one call. Returns the value before the step. */
  trainStep(feeds: Feeds = {}): number {
    return this.#executable.trainStep(feeds);
  }

  /**
   * The outputs for these samples, [rows, ...shape] each. Feeds are the inputs that the outputs depend on; where there
   * are none, as of a gradient that is constant, there is one row.
   */
  predict(feeds: Feeds = {}): Tensor[] {
    return this.#executable.predict(feeds);
  }

  /** A copy of each parameter, by name. */
  parameters(): Map<string, Tensor> {
    return this.#executable.parameters();
  }

  /** Overwrites parameters. Throws `ValueError` or `ShapeError`, with nothing changed, if one does not fit. */
  setParameters(values: NamedTensors): void {
    this.#executable.setParameters(namedTensors('setParameters', values));
  }

  /** Gives the memory back. Any later call throws `DisposedError`. */
  dispose(): void {
    this.#executable.dispose();
  }
}
