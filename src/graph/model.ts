/** What is compiled: a loss, outputs and parameters, and how all of it is run. Both executors implement this. */
import type { Floats } from '../arrays.js';
import { ShapeError, ValueError } from '../errors.js';
import { byName, show } from '../fields.js';
import type { Rule } from '../program/generated/instructions.js';
import type { TierName } from '../tier.js';
import { checkNumbers, type Feeds } from './feeds.js';
import { gradients } from './gradient.js';
import { type Node, reachable, type Shape, sameShape, showNode, showShape, size } from './node.js';
import type { Values } from './operation.js';
import { add, div, minimum, mul, sqrt, square } from './ops/elementwise.js';
import { batchMean, sum } from './ops/reduce.js';
import { sourceKind } from './ops/source.js';

/** Row-major numbers and their shape. */
export interface Tensor<Data extends ArrayLike<number> = Floats> {
  readonly shape: Shape;
  readonly data: Data;
}

/** As callers give them, by name: numbers of any kind will do. */
export type GivenTensors = ReadonlyMap<string, Tensor<ArrayLike<number>>>;
export type NamedTensors = GivenTensors | Readonly<Record<string, Tensor<ArrayLike<number>>>>;

/** How parameters change in a step. */
export interface UpdateRule {
  /** The kernel's name for it. */
  readonly rule: keyof typeof Rule;
  /** The names of the tensors that it keeps for each parameter; they start at 0. */
  readonly states: readonly string[];
  /** The numbers of step t = 1, 2, ..., in the order that `assembly/update/rules.ts` states. */
  hyper(t: number, learningRate: number): readonly number[];
  /** What the kernel does to element i, in plain JavaScript. */
  update(p: Values, g: Values, states: readonly Values[], i: number, hyper: readonly number[]): void;
}

/** A statistic, and the computed value without samples that it takes in a step. */
export interface Assignment {
  readonly target: Node;
  readonly value: Node;
}

/** A graph with roles. */
export interface Model {
  /** One number a sample (its mean over the batch is the loss), or one number without samples. */
  readonly loss: Node | null;
  /** What `predict` returns. */
  readonly outputs: readonly Node[];
  /** What `evaluate` gives, where that is not the loss and the outputs above: a network may differ in training. */
  readonly evaluation?: { readonly loss: Node; readonly outputs: readonly Node[] };
  /** What a step assigns to statistics, from the values before the step. */
  readonly assignments?: readonly Assignment[];
  /** The most that the norm of all parameters' gradients together may be in a step: longer ones are made shorter. */
  readonly clipGlobalNorm?: number;
  /** Names of the inputs and parameters whose gradients `backward` returns. */
  readonly gradients: readonly string[];
  /** How the parameters among `gradients` are trained; null if they are not. */
  readonly update: UpdateRule | null;
  /** The most samples that a run takes. */
  readonly batch: number;
}

/** A model ready to run. Both `backward` and `trainStep` mean the loss of the samples that were fed. */
export interface Executable {
  readonly report: RuntimeReport;
  readonly plan: MemoryPlan;
  /** The learning rate of the next step. */
  learningRate: number;
  /** Steps taken so far. */
  readonly steps: number;
  /** The loss of these samples. */
  forward(feeds: Feeds): number;
  /** The gradients of the last `forward`, by name. `data` may be copied out when it is first read, before the next call. */
  backward(): Map<string, Tensor>;
  /** Changes the parameters by the gradients of the last `backward`, and the statistics. */
  step(): void;
  /** `forward`, `backward` and `step` as one. Returns the loss before the step. */
  trainStep(feeds: Feeds): number;
  /** Room for a batch of an input: what was written there, `trainStep` takes without copying it. */
  view(name: string): Float32Array;
  /**
   * Copies samples to where `trainStep` takes any rows of them without copying them again. Their shapes and indices have
   * been checked. Null if there is no such place, or no room.
   */
  place(feeds: Readonly<Record<string, ArrayLike<number>>>): Samples | null;
  /** The outputs for these samples. */
  predict(feeds: Feeds): Tensor[];
  /** The loss and the outputs for these samples. */
  evaluate(feeds: Feeds): { loss: number; outputs: Tensor[] };
  /** Takes the memory of `evaluate`, which is else taken at its first call. */
  prepareEvaluation(operation: string): void;
  /** Fills a parameter with uniform numbers in [low, high) from a stream of the counter-based generator. */
  fillUniform(name: string, seed: number, stream: number, low: number, high: number): void;
  /** A copy of each parameter. */
  parameters(): Map<string, Tensor>;
  /** A copy of each statistic. */
  statistics(): Map<string, Tensor>;
  /** A copy of what the optimiser keeps, by the names of `OptimizerState`. */
  states(): Map<string, Tensor>;
  /** Overwrites the parameters and statistics that are named. Checks all of them before it changes any. */
  setParameters(values: GivenTensors): void;
  /** Goes on from what another run has kept: after so many steps, with all of its states, which are checked first. */
  resume(steps: number, states: ReadonlyMap<string, Tensor>): void;
  /** A copy of everything that training changes, written over an earlier one if that is given. */
  snapshot(over?: Snapshot): Snapshot;
  /** Goes back to a snapshot of this model. */
  restore(snapshot: Snapshot): void;
  /** Whether all numbers that training changes are finite. */
  allFinite(): boolean;
  dispose(): void;
}

/** Samples that were placed; `dispose` gives their memory back. */
export interface Samples {
  /** Whether all of their numbers are finite. */
  readonly finite: boolean;
  /** `trainStep` on these rows of them, at most a batch. */
  trainStep(rows: Uint32Array): number;
  dispose(): void;
}

/** Parameters, statistics, optimiser state and the number of steps, as one model keeps them. */
export interface Snapshot {
  readonly steps: number;
  readonly learningRate: number;
  readonly data: readonly Values[];
}

/**
 * The bytes that a model takes, known before any is taken: to train it, or to run it where it has no optimiser. What
 * else is called (`forward` and `backward`, `evaluate`, `predict`) takes a block of its own at its first call.
 */
export interface MemoryPlan {
  /** All of what follows. In WebAssembly, the parameters and their states, and the rest, are whole pages of 4096 bytes. */
  readonly bytes: number;
  /** Parameters, statistics and constants. */
  readonly parameters: number;
  /** What the optimiser keeps of them. */
  readonly states: number;
  /** Samples, values between and results at their peak: those whose lives do not overlap share their place. */
  readonly activations: number;
  /** The compiled program. */
  readonly instructions: number;
}

/** What runs a model, and why it is that. */
export interface RuntimeReport {
  readonly tier: TierName;
  /** The most that a run of a full batch uses: more than one only where that is worth the waking. */
  readonly threads: number;
  /** Why the tier or the number of threads is not the best there is; empty if they are. */
  readonly reason: string;
}

/** A tensor that the optimiser keeps, of its parameter's shape; it goes by both names, as `0.weight.m`. */
export interface OptimizerState {
  readonly parameter: Node;
  /** Its place among the rule's states. */
  readonly index: number;
}

/** A model with its backward pass, which is graph too. */
export interface Derivation {
  /** The loss as one number; null without a loss. */
  readonly value: Node | null;
  /** What `evaluate` computes: the loss as one number, null without one, and the outputs. */
  readonly evaluation: { readonly value: Node | null; readonly outputs: readonly Node[] };
  /** Those of a step; none without an update rule, since there are no steps. */
  readonly assignments: readonly Assignment[];
  readonly gradients: ReadonlyMap<string, Node>;
  /** What a step takes for the gradients of parameters: these, or clipped ones. */
  readonly directions: ReadonlyMap<string, Node>;
  readonly inputs: ReadonlyMap<string, Node>;
  readonly parameters: ReadonlyMap<string, Node>;
  readonly statistics: ReadonlyMap<string, Node>;
  /** Parameters and statistics. */
  readonly kept: ReadonlyMap<string, Node>;
  readonly states: ReadonlyMap<string, OptimizerState>;
}

/** Finds the model's sources and derives its gradients. Throws `ValueError` or `ShapeError` if they do not make sense. */
export function derive(model: Model): Derivation {
  const { loss, outputs, batch, update, assignments = [] } = model;
  if (!Number.isInteger(batch) || batch < 1)
    throw new ValueError(`compile: expected a batch of at least 1 row, got ${show(batch)}`);
  const value = loss && lossValue(loss);
  const { evaluation = { loss, outputs } } = model;
  const evaluationValue = evaluation.loss === loss ? value : evaluation.loss && lossValue(evaluation.loss);

  const roots = [loss, ...outputs, evaluation.loss, ...evaluation.outputs].filter((node) => node !== null);
  const { inputs, parameters, statistics } = sourcesOf([
    ...roots,
    ...assignments.flatMap(({ target, value }) => [target, value]),
  ]);
  const wrt = model.gradients.map((name) => {
    const node = inputs.get(name) ?? parameters.get(name);
    if (node) return node;
    const known = [...inputs.keys(), ...parameters.keys()].join(', ');
    throw new ValueError(`compile: expected gradients of inputs or parameters (${known}), got '${name}'`);
  });
  const derived = new Map((value ? gradients(value, wrt) : []).map((node, i) => [model.gradients[i], node]));
  const trained = new Map([...derived].filter(([name]) => parameters.has(name)));
  return {
    value,
    evaluation: { value: evaluationValue, outputs: evaluation.outputs },
    assignments: update ? assignments : [],
    inputs,
    parameters,
    statistics,
    kept: new Map([...parameters, ...statistics]),
    states: statesOf(
      [...trained.keys()].map((name) => parameters.get(name) as Node),
      update,
    ),
    gradients: derived,
    directions: model.clipGlobalNorm === undefined ? trained : clipped(trained, model.clipGlobalNorm),
  };
}

/** What the rule keeps of these parameters. */
export const statesOf = (parameters: readonly Node[], update: UpdateRule | null): Map<string, OptimizerState> =>
  new Map(
    parameters.flatMap((parameter) =>
      (update?.states ?? []).map((state, index) => [`${parameter.name}.${state}`, { parameter, index }] as const),
    ),
  );

/** The loss as one number: its mean over the batch if it has one a sample. */
function lossValue(loss: Node): Node {
  if (loss.shape.length > 0)
    throw new ShapeError(
      `compile: expected a loss of one number a sample, got shape ${showShape(loss.shape)} of ${showNode(loss)}`,
    );
  return loss.batched ? batchMean(loss) : loss;
}

/** g min(1, most / (n + 1e-6)), with n = sqrt(sum of g^2 over all of them) (Pascanu et al., 2013; 1e-6 as PyTorch has it). */
function clipped(gradients: ReadonlyMap<string, Node>, most: number): ReadonlyMap<string, Node> {
  if (gradients.size === 0) return gradients;
  const norm = sqrt([...gradients.values()].map((g) => sum(square(g))).reduce((a, b) => add(a, b)));
  const scale = minimum(div(most, add(norm, 1e-6)), 1);
  return new Map([...gradients].map(([name, g]) => [name, mul(g, scale)]));
}

/** The inputs, parameters and statistics that the roots are made of, by name. */
export function sourcesOf(roots: readonly Node[]): Pick<Derivation, 'inputs' | 'parameters' | 'statistics'> {
  const found = {
    input: new Map<string, Node>(),
    parameter: new Map<string, Node>(),
    statistic: new Map<string, Node>(),
  };
  const named = new Map<string, Node>();
  for (const node of reachable(roots)) {
    const kind = sourceKind(node);
    if (kind === undefined || kind === 'constant') continue;
    const name = node.name as string;
    const other = named.get(name);
    if (other)
      throw new ValueError(
        `compile: expected every input and parameter to have a name of its own, got ${showNode(other)} and ${showNode(node)}`,
      );
    named.set(name, node);
    found[kind].set(name, node);
  }
  return { inputs: found.input, parameters: found.parameter, statistics: found.statistic };
}

/** Tensors by name, given as a map or as an object. Throws `ValueError` for anything else. */
export function namedTensors(operation: string, values: NamedTensors): GivenTensors {
  return values instanceof Map ? values : new Map(Object.entries(byName(operation, values, 'tensors by name')));
}

/** Throws `ValueError` or `ShapeError` unless each value belongs to a node, has its shape and is finite in f32. */
export function checkTensors(operation: string, nodes: ReadonlyMap<string, Node>, values: GivenTensors): void {
  for (const [name, value] of values) {
    const node = nodes.get(name);
    if (!node) {
      const known = [...nodes.keys()].join(', ');
      throw new ValueError(`${operation}: expected one of the parameters ${known}, got '${name}'`);
    }
    if (!Array.isArray(value?.shape))
      throw new ValueError(`${operation}: expected a shape and data for '${name}', got ${show(value)}`);
    const { shape, data } = value;
    checkNumbers(operation, 'finite numbers in', name, data, true);
    if (!sameShape(shape, node.shape) || data.length !== size(node.shape))
      throw new ShapeError(
        `${operation}: expected '${name}' of shape ${showShape(node.shape)}, got ${show(shape)} with ${data.length} numbers`,
      );
  }
}

/** Throws `ValueError` or `ShapeError` unless the values are all of the states. */
export function checkStates(states: ReadonlyMap<string, OptimizerState>, values: ReadonlyMap<string, Tensor>): void {
  for (const name of states.keys())
    if (!values.has(name)) throw new ValueError(`resume: expected the optimizer's '${name}', got none`);
  checkTensors('resume', new Map([...states].map(([name, { parameter }]) => [name, parameter])), values);
}
