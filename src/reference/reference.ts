/**
 * A model run in plain JavaScript: what every operation means, without kernels, layouts, fusion or threads. It is the
 * oracle of the tests, in f64 where asked for, and the baseline of the benchmarks.
 */
import { MemoryError } from '../errors.js';
import { allFinite, checkFeeds, checkFinite, type FeedRule, type Feeds, feedRules, viewRule } from '../graph/feeds.js';
import {
  checkStates,
  checkTensors,
  type Derivation,
  derive,
  type Executable,
  type GivenTensors,
  type MemoryPlan,
  type Model,
  type OptimizerState,
  type RuntimeReport,
  type Snapshot,
  type Tensor,
} from '../graph/model.js';
import { type Node, reachable, size } from '../graph/node.js';
import type { Values } from '../graph/operation.js';
import { sourceData, sourceKind } from '../graph/ops/source.js';
import * as refusals from '../graph/refusals.js';
import { fillUniform } from '../random.js';
import { evaluateGraph, type Precision } from './values.js';

export class Reference implements Executable {
  learningRate = 0;
  #steps = 0;
  #disposed = false;
  readonly #derivation: Derivation;
  /** The values of parameters and statistics. */
  readonly #kept = new Map<Node, Values>();
  readonly #states = new Map<Node, Values[]>();
  /** The samples of the last `forward`, until the parameters change. */
  #fed: { feeds: Feeds; rows: number } | null = null;
  /** The gradients of the last `backward` and what a step will assign, until the parameters change. */
  #gradients: Map<Node, Values> | null = null;
  readonly #views = new Map<string, Float32Array>();

  constructor(
    readonly model: Model,
    readonly precision: Precision = 'f32',
  ) {
    this.#derivation = derive(model);
    const { parameters, kept } = this.#derivation;
    for (const node of kept.values()) {
      const values = this.#array(size(node.shape));
      values.set(sourceData(node) ?? []);
      this.#kept.set(node, values);
    }
    for (const node of parameters.values()) {
      const states = model.update?.states ?? [];
      this.#states.set(
        node,
        states.map(() => this.#array(size(node.shape))),
      );
    }
  }

  #array(length: number): Values {
    try {
      return this.precision === 'f64' ? new Float64Array(length) : new Float32Array(length);
    } catch (cause) {
      throw new MemoryError(`js: expected memory for ${length} numbers, got ${(cause as Error).message}`, { cause });
    }
  }

  get report(): RuntimeReport {
    return { tier: 'js', threads: 1, reason: '' };
  }

  /** As if nothing of a pass were given back before its end, which is up to the engine. */
  get plan(): MemoryPlan {
    const { value, gradients } = this.#derivation;
    const roots = value ? [value, ...gradients.values()] : this.model.outputs;
    const nodes = reachable(roots).filter((node) => !this.#kept.has(node));
    const numbers = nodes.reduce((sum, node) => sum + size(node.shape) * (node.batched ? this.model.batch : 1), 0);
    const perNumber = this.precision === 'f64' ? 8 : 4;
    const [parameters, states] = [[...this.#kept.values()], [...this.#states.values()].flat()].map((arrays) =>
      arrays.reduce((bytes, { byteLength }) => bytes + byteLength, 0),
    );
    const activations = perNumber * numbers;
    return { bytes: parameters + states + activations, parameters, states, activations, instructions: 0 };
  }

  get steps(): number {
    return this.#steps;
  }

  forward(feeds: Feeds): number {
    return this.#forward('forward', feeds);
  }

  #forward(operation: string, feeds: Feeds): number {
    const value = this.#value(operation);
    const rules = this.#taken(value);
    const rows = checkFeeds(operation, rules, feeds, this.model.batch);
    // From here on a refusal leaves no samples to go back from, as in the kernels.
    this.#forget();
    checkFinite(operation, rules, feeds);
    const result = this.#evaluate([value], feeds, rows);
    this.#fed = { feeds: copyFeeds(feeds), rows };
    return (result.get(value) as Values)[0];
  }

  backward(): Map<string, Tensor> {
    this.#alive('backward');
    if (!this.#fed) throw refusals.backwardWithoutForward();
    const { feeds, rows } = this.#fed;
    const { gradients, directions, assignments } = this.#derivation;
    const roots = [...gradients.values(), ...directions.values(), ...assignments.map(({ value }) => value)];
    const values = this.#evaluate(roots, feeds, rows);
    this.#gradients = values;
    return new Map([...gradients].map(([name, node]) => [name, tensor(node, values.get(node) as Values, rows)]));
  }

  step(): void {
    this.#alive('step');
    const { update } = this.model;
    if (!update) throw refusals.withoutOptimizer('step');
    if (!this.#gradients) throw refusals.stepWithoutBackward();
    const hyper = update.hyper(this.#steps + 1, this.learningRate);
    const { directions, parameters, assignments } = this.#derivation;
    for (const [name, gradient] of directions) {
      const node = parameters.get(name) as Node;
      const p = this.#kept.get(node) as Values;
      const states = this.#states.get(node) as Values[];
      // A gradient that is a parameter itself must be read before any parameter changes.
      const g = (this.#gradients.get(gradient) as Values).slice();
      for (let i = 0; i < p.length; i++) update.update(p, g, states, i, hyper);
    }
    for (const { target, value } of assignments)
      (this.#kept.get(target) as Values).set(this.#gradients.get(value) as Values);
    this.#steps++;
    this.#forget();
  }

  trainStep(feeds: Feeds): number {
    this.#value('trainStep');
    if (!this.model.update) throw refusals.withoutOptimizer('trainStep');
    const loss = this.#forward('trainStep', feeds);
    this.backward();
    this.step();
    return loss;
  }

  view(name: string): Float32Array {
    const { size } = viewRule(this.#taken(this.#value('input')), name);
    this.#views.set(name, this.#views.get(name) ?? new Float32Array(size * this.model.batch));
    return this.#views.get(name) as Float32Array;
  }

  place(): null {
    return null;
  }

  predict(feeds: Feeds): Tensor[] {
    this.#alive('predict');
    const { outputs } = this.model;
    const rows = this.#check('predict', feedRules(outputs), feeds);
    const values = this.#evaluate(outputs, feeds, rows);
    return outputs.map((node) => tensor(node, values.get(node) as Values, rows));
  }

  evaluate(feeds: Feeds): { loss: number; outputs: Tensor[] } {
    this.#value('evaluate');
    const { outputs } = this.#derivation.evaluation;
    const value = this.#derivation.evaluation.value as Node;
    const roots = [value, ...outputs];
    const rows = this.#check('evaluate', feedRules(roots), feeds);
    const values = this.#evaluate(roots, feeds, rows);
    return {
      loss: (values.get(value) as Values)[0],
      outputs: outputs.map((node) => tensor(node, values.get(node) as Values, rows)),
    };
  }

  /** What a pass takes, it takes anew each time. */
  prepareEvaluation(operation: string): void {
    this.#alive(operation);
  }

  parameters(): Map<string, Tensor> {
    return this.#tensors('parameters');
  }

  statistics(): Map<string, Tensor> {
    return this.#tensors('statistics');
  }

  states(): Map<string, Tensor> {
    this.#alive('states');
    const states = [...this.#derivation.states];
    return new Map(states.map(([name, state]) => [name, tensor(state.parameter, this.#state(state), 1)]));
  }

  #tensors(what: 'parameters' | 'statistics'): Map<string, Tensor> {
    this.#alive(what);
    const nodes = [...this.#derivation[what]];
    return new Map(nodes.map(([name, node]) => [name, tensor(node, this.#kept.get(node) as Values, 1)]));
  }

  setParameters(values: GivenTensors): void {
    this.#alive('setParameters');
    checkTensors('setParameters', this.#derivation.kept, values);
    for (const [name, { data }] of values) this.#named(name).set(data);
    this.#forget();
  }

  resume(steps: number, values: ReadonlyMap<string, Tensor>): void {
    this.#alive('resume');
    const { states } = this.#derivation;
    checkStates(states, values);
    for (const [name, state] of states) this.#state(state).set((values.get(name) as Tensor).data);
    this.#steps = steps;
    this.#forget();
  }

  fillUniform(name: string, seed: number, stream: number, low: number, high: number): void {
    this.#alive('fillUniform');
    const values = this.#named(name);
    const drawn = new Float32Array(values.length);
    fillUniform(drawn, seed, stream, low, high);
    values.set(drawn);
  }

  snapshot(over?: Snapshot): Snapshot {
    this.#alive('fit');
    const data = this.#arrays().map((values, i) => {
      const copy = over?.data[i] ?? this.#array(values.length);
      copy.set(values);
      return copy;
    });
    return { steps: this.#steps, learningRate: this.learningRate, data };
  }

  restore({ steps, learningRate, data }: Snapshot): void {
    this.#alive('fit');
    for (const [i, values] of this.#arrays().entries()) values.set(data[i]);
    this.#steps = steps;
    this.learningRate = learningRate;
    this.#forget();
  }

  allFinite(): boolean {
    this.#alive('fit');
    return this.#arrays().every(allFinite);
  }

  /** Everything that training changes, in a fixed order. */
  #arrays(): Values[] {
    return [...this.#kept.values(), ...[...this.#states.values()].flat()];
  }

  dispose(): void {
    this.#disposed = true;
  }

  /** What a pass has left does not belong to the parameters any more, or to the samples. */
  #forget(): void {
    this.#fed = null;
    this.#gradients = null;
  }

  #state({ parameter, index }: OptimizerState): Values {
    return (this.#states.get(parameter) as Values[])[index];
  }

  /** The values of a parameter or statistic. */
  #named(name: string): Values {
    return this.#kept.get(this.#derivation.kept.get(name) as Node) as Values;
  }

  #alive(operation: string): void {
    if (this.#disposed) throw refusals.disposed(operation);
  }

  #value(operation: string): Node {
    this.#alive(operation);
    const { value } = this.#derivation;
    if (!value) throw refusals.withoutLoss(operation);
    return value;
  }

  /** What `forward` takes: all that `backward` and `step` go by as well. */
  #taken(value: Node): FeedRule[] {
    const { gradients, assignments } = this.#derivation;
    return feedRules([value, ...gradients.values(), ...assignments.map(({ value }) => value)]);
  }

  #check(operation: string, rules: readonly FeedRule[], feeds: Feeds): number {
    const rows = checkFeeds(operation, rules, feeds, this.model.batch);
    checkFinite(operation, rules, feeds);
    return rows;
  }

  #evaluate(roots: readonly Node[], feeds: Feeds, rows: number): Map<Node, Values> {
    const source = (node: Node): Values => {
      const kept = this.#kept.get(node);
      if (kept) return kept;
      const given = sourceKind(node) === 'constant' ? sourceData(node) : feeds[node.name as string];
      const values = this.#array(size(node.shape) * (node.batched ? rows : 1));
      if (typeof given === 'number') values[0] = given;
      else values.set(given ?? []);
      return values;
    };
    return evaluateGraph(roots, rows, source, this.precision, this.#steps);
  }
}

const copyFeeds = (feeds: Feeds): Feeds =>
  Object.fromEntries(
    Object.entries(feeds).map(([name, values]) => [
      name,
      typeof values === 'number' ? values : Float64Array.from(values),
    ]),
  );

const tensor = (node: Node, values: Values, rows: number): Tensor => ({
  shape: node.batched ? [rows, ...node.shape] : node.shape,
  data: Float32Array.from(values),
});
