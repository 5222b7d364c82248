/** A model compiled to programs that run in WebAssembly: one call each for forward, backward, step and trainStep. */
import { platform } from '#platform';
import type { Floats } from '../arrays.js';
import { ValueError } from '../errors.js';
import { allFinite, type Feeds } from '../graph/feeds.js';
import {
  checkStates,
  checkTensors,
  type Derivation,
  derive,
  type Executable,
  type GivenTensors,
  type MemoryPlan,
  type Model,
  type RuntimeReport,
  type Samples,
  type Snapshot,
  type Tensor,
} from '../graph/model.js';
import { type Node, reachable } from '../graph/node.js';
import { isKept } from '../graph/ops/source.js';
import * as refusals from '../graph/refusals.js';
import { panels } from '../graph/storage.js';
import { Blocks, blockBytes, showBytes } from '../runtime/heap.js';
import { type Runtime, runtimeFor } from '../runtime/runtime.js';
import type { KernelTier } from '../tier.js';
import { type Compilation, Entry } from './entry.js';
import { lazyTensor } from './lazy-tensor.js';
import { type Kind, rootsOf } from './listing.js';
import { place } from './placed.js';
import { Store } from './store.js';

export interface ProgramOptions {
  readonly tier?: KernelTier | undefined;
  /** The most threads that a run may use; by default as many as the machine has cores. */
  readonly threads?: number | undefined;
}

/** Compiles a model for WebAssembly and starts the threads that it is worth. */
export async function compileProgram(model: Model, { tier, threads }: ProgramOptions): Promise<Program> {
  const derivation = derive(model);
  const runtime = await runtimeFor(tier);
  const most = Math.min(threads ?? platform.cores(), runtime.exports.MAX_THREADS.value);
  const program = new Program(model, derivation, runtime, most);
  try {
    await program.wake();
    return program;
  } catch (error) {
    program.dispose();
    throw error;
  }
}

/** The phases of the sequence `split`. */
const FORWARD = 0;
const BACKWARD = 1;
const STEP = 2;

export class Program implements Executable, Compilation {
  learningRate = 0;
  readonly plan: MemoryPlan;
  #steps = 0;
  #entries = new Map<Kind, Entry>();
  /** What will be run most. */
  readonly #main: Entry;
  readonly store: Store;
  readonly #blocks: Blocks;
  /** How far `forward`, `backward` and `step` have come; a change of parameters starts over. */
  #stage: 'none' | 'forward' | 'backward' = 'none';
  #rows = 0;
  /** Calls of `backward` so far: a gradient can be read until the next one. */
  #backwards = 0;
  #disposed = false;

  constructor(
    readonly model: Model,
    readonly derivation: Derivation,
    readonly runtime: Runtime,
    readonly maxThreads: number,
  ) {
    this.#blocks = new Blocks(this, runtime.heap);
    const { parameters, gradients, value } = derivation;
    const kinds: Kind[] = value ? ['split', 'evaluate', 'predict'] : ['predict'];
    const roots = kinds.flatMap((kind) => Object.values(rootsOf(kind, model, derivation)).flat());
    const targets = (model.assignments ?? []).map(({ target }) => target);
    const kept = reachable([...roots, ...targets]).filter(isKept);
    const trained = model.update ? [...parameters.values()].filter((node) => gradients.has(node.name as string)) : [];
    this.store = new Store(runtime, kept, trained, model.update?.states ?? []);
    const kind = model.update ? 'train' : value ? 'split' : 'predict';
    this.#main = new Entry(kind, 'compile', this);
    this.#entries.set(kind, this.#main);
    const { programBytes, valueBytes, bytes } = this.#main.sequence;
    this.plan = {
      bytes: blockBytes(this.store.bytes) + blockBytes(bytes),
      parameters: this.store.bytes - this.store.stateBytes,
      states: this.store.stateBytes,
      activations: valueBytes,
      instructions: programBytes,
    };
  }

  /** Takes the memory of the plan, and starts as many threads as what will be run most is worth. */
  async wake(): Promise<void> {
    const { bytes, parameters, states, activations } = this.plan;
    const parts = { parameters, 'optimizer state': states, activations };
    const figures = Object.entries(parts).map(([name, part]) => `${showBytes(part)} of ${name}`);
    await this.runtime.heap.reclaim(bytes);
    this.runtime.heap.expectRoom(bytes, 'compile', figures.join(', '));
    this.store.allocate(this.#blocks);
    this.#main.allocate(this.#blocks, 'compile');
    const worth = this.#worthThreads();
    if (worth > 1) await this.runtime.pool.grow(worth);
  }

  get report(): RuntimeReport {
    const { tier, reason, pool } = this.runtime;
    const threads = Math.min(pool.threads, this.#worthThreads());
    return { tier, threads, reason: [reason, pool.broken].filter(Boolean).join('; ') };
  }

  /** The most threads that a full batch is worth in what will be run most and what else has been run. */
  #worthThreads(): number {
    const entries = [this.#main, ...this.#entries.values()];
    return Math.max(...entries.map(({ sequence }) => sequence.worthThreads(panels(this.model.batch))));
  }

  get steps(): number {
    return this.#steps;
  }

  forward(feeds: Feeds): number {
    const entry = this.#entry('split', 'forward');
    const rows = entry.feed('forward', feeds);
    this.#stage = 'none';
    entry.run(FORWARD, this.#steps, 'forward', feeds);
    this.#stage = 'forward';
    this.#rows = rows;
    return entry.loss();
  }

  backward(): Map<string, Tensor> {
    const entry = this.#entry('split', 'backward');
    if (this.#stage === 'none') throw refusals.backwardWithoutForward();
    entry.run(BACKWARD, this.#steps, 'backward', {});
    this.#stage = 'backward';
    this.#backwards++;
    const nodes = [...this.derivation.gradients];
    return new Map(nodes.map(([name, node], i) => [name, this.#gradient(entry, name, node, i + 1)]));
  }

  /** A gradient, copied out when it is first read: those of a large layer take longer to copy than to use. */
  #gradient(entry: Entry, name: string, node: Node, index: number): Tensor {
    const buffer = entry.results[index];
    if (buffer.life !== 'scratch') return entry.tensor(node, index, this.#rows);
    const of = this.#backwards;
    const read = (): Floats => {
      this.#alive('backward');
      if (this.#backwards !== of)
        throw new ValueError(`backward: expected the gradient of '${name}' to be read before the next backward`);
      return this.runtime.unpack(entry.sequence.address(buffer), node.shape);
    };
    return lazyTensor(node.shape, read);
  }

  step(): void {
    const entry = this.#entry('split', 'step');
    if (!this.model.update) throw refusals.withoutOptimizer('step');
    if (this.#stage !== 'backward') throw refusals.stepWithoutBackward();
    entry.sequence.setHyper(this.model.update.hyper(this.#steps + 1, this.learningRate));
    entry.run(STEP, this.#steps, 'step', {});
    this.#steps++;
    this.#stage = 'none';
  }

  trainStep(feeds: Feeds): number {
    return this.#train((entry) => entry.feed('trainStep', feeds), feeds);
  }

  place(feeds: Readonly<Record<string, ArrayLike<number>>>): Samples | null {
    this.#alive('fit');
    const placed = place(this.runtime, feeds, this.model.batch);
    if (!placed) return null;
    return {
      finite: placed.finite,
      trainStep: (rows) => this.#train(({ sequence }) => sequence.choose(placed, rows), feeds),
      dispose: () => placed.dispose(),
    };
  }

  /** A training step on the samples that `take` brings in. */
  #train(take: (entry: Entry) => void, feeds: Feeds): number {
    const { update } = this.model;
    if (!this.derivation.value) throw refusals.withoutLoss('trainStep');
    if (!update) throw refusals.withoutOptimizer('trainStep');
    const entry = this.#entry('train', 'trainStep');
    take(entry);
    entry.sequence.setHyper(update.hyper(this.#steps + 1, this.learningRate));
    entry.run(0, this.#steps, 'trainStep', feeds);
    this.#steps++;
    this.#stage = 'none';
    return entry.loss();
  }

  view(name: string): Float32Array {
    return this.#entry('train', 'input').view(name);
  }

  predict(feeds: Feeds): Tensor[] {
    const entry = this.#entry('predict', 'predict');
    const rows = entry.feed('predict', feeds);
    entry.run(0, this.#steps, 'predict', feeds);
    return this.model.outputs.map((node, i) => entry.tensor(node, i, rows));
  }

  evaluate(feeds: Feeds): { loss: number; outputs: Tensor[] } {
    const entry = this.#entry('evaluate', 'evaluate');
    const rows = entry.feed('evaluate', feeds);
    entry.run(0, this.#steps, 'evaluate', feeds);
    const { outputs: nodes } = this.derivation.evaluation;
    const outputs = nodes.map((node, i) => entry.tensor(node, i + 1, rows));
    return { loss: entry.loss(), outputs };
  }

  prepareEvaluation(operation: string): void {
    this.#entry('evaluate', operation);
  }

  parameters(): Map<string, Tensor> {
    return this.#kept('parameters');
  }

  statistics(): Map<string, Tensor> {
    return this.#kept('statistics');
  }

  states(): Map<string, Tensor> {
    this.#alive('states');
    return new Map([...this.derivation.states].map(([name, state]) => [name, this.store.readState(state)]));
  }

  #kept(what: 'parameters' | 'statistics'): Map<string, Tensor> {
    this.#alive(what);
    return new Map([...this.derivation[what]].map(([name, node]) => [name, this.store.read(node)]));
  }

  setParameters(values: GivenTensors): void {
    this.#alive('setParameters');
    const { kept } = this.derivation;
    checkTensors('setParameters', kept, values);
    this.#stage = 'none';
    for (const [name, { data }] of values) this.store.write(kept.get(name) as Node, data);
  }

  resume(steps: number, values: ReadonlyMap<string, Tensor>): void {
    this.#alive('resume');
    const { states } = this.derivation;
    checkStates(states, values);
    for (const [name, state] of states) this.store.writeState(state, (values.get(name) as Tensor).data);
    this.#steps = steps;
    this.#stage = 'none';
  }

  fillUniform(name: string, seed: number, stream: number, low: number, high: number): void {
    this.#alive('fillUniform');
    const node = this.derivation.parameters.get(name) as Node;
    this.runtime.fillUniform(this.store.address(node), node.shape, seed, stream, low, high);
  }

  snapshot(over?: Snapshot): Snapshot {
    this.#alive('fit');
    const values = this.store.values();
    const copy = over?.data[0] ?? new Float32Array(values.length);
    copy.set(values);
    return { steps: this.#steps, learningRate: this.learningRate, data: [copy] };
  }

  restore({ steps, learningRate, data }: Snapshot): void {
    this.#alive('fit');
    this.store.values().set(data[0]);
    this.#steps = steps;
    this.learningRate = learningRate;
    this.#stage = 'none';
  }

  allFinite(): boolean {
    this.#alive('fit');
    const { byteOffset, length } = this.store.values();
    // Whole lines are looked at faster than numbers, but lanes beyond a tensor may hold anything.
    if (this.runtime.exports.allFinite(byteOffset, length)) return true;
    return [this.parameters(), this.statistics(), this.states()].every((tensors) =>
      [...tensors.values()].every(({ data }) => allFinite(data)),
    );
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#entries.clear();
    this.#blocks.free();
  }

  #alive(operation: string): void {
    if (this.#disposed) throw refusals.disposed(operation);
  }

  /** The sequence of this kind, made at first use. */
  #entry(kind: Kind, operation: string): Entry {
    this.#alive(operation);
    let entry = this.#entries.get(kind);
    if (!entry) {
      entry = new Entry(kind, operation, this);
      entry.allocate(this.#blocks, operation);
      this.#entries.set(kind, entry);
    }
    return entry;
  }
}
