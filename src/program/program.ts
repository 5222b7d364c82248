/** A model compiled to programs that run in WebAssembly: one call each for forward, backward, step and trainStep. */
import { platform } from '#platform';
import { DisposedError, UnsupportedError, ValueError } from '../errors.js';
import { checkFeeds, checkFinite, type FeedRule, feedRules } from '../graph/feeds.js';
import type { Buffer } from '../graph/lowering.js';
import {
  checkParameters,
  type Derivation,
  derive,
  type Executable,
  type Feeds,
  type Model,
  type RuntimeReport,
  type Snapshot,
  type Tensor,
} from '../graph/model.js';
import { type Node, reachable, size } from '../graph/node.js';
import { sourceKind } from '../graph/ops/source.js';
import { lineCount, panels } from '../graph/storage.js';
import type { KernelTier } from '../runtime/kernels.js';
import { type Runtime, runtimeFor } from '../runtime/runtime.js';
import { Emitter } from './emitter.js';
import { Rule } from './generated/instructions.js';
import { type Listing, Sequence } from './sequence.js';
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

/** A sequence with what its callers need to know. */
interface Entry {
  readonly sequence: Sequence;
  readonly rules: readonly FeedRule[];
  /** Where each result of the listing lies. */
  readonly results: readonly Buffer[];
}

type Kind = 'train' | 'split' | 'evaluate' | 'predict';

/** The phases of the sequence `split`. */
const FORWARD = 0;
const BACKWARD = 1;
const STEP = 2;

export class Program implements Executable {
  learningRate = 0;
  #steps = 0;
  #entries = new Map<Kind, Entry>();
  readonly #store: Store;
  /** The parameters that are trained. */
  readonly #trained: readonly Node[];
  /** How far `forward`, `backward` and `step` have come; a change of parameters starts over. */
  #stage: 'none' | 'forward' | 'backward' = 'none';
  #rows = 0;
  #disposed = false;

  constructor(
    readonly model: Model,
    readonly derivation: Derivation,
    readonly runtime: Runtime,
    readonly maxThreads: number,
  ) {
    const { parameters, gradients, value } = derivation;
    const roots = [...(value ? [value] : []), ...model.outputs, ...gradients.values()];
    const kept = reachable(roots).filter((node) => sourceKind(node) === 'parameter' || sourceKind(node) === 'constant');
    this.#trained = model.update ? [...parameters.values()].filter((node) => gradients.has(node.name as string)) : [];
    this.#store = new Store(runtime, kept, this.#trained, model.update?.states ?? []);
  }

  /** Lists what will be run most, which takes its memory, and starts as many threads as that is worth. */
  async wake(): Promise<void> {
    const kind = this.model.update ? 'train' : this.derivation.value ? 'split' : 'predict';
    const worth = this.#entry(kind, 'compile').sequence.worthThreads(panels(this.model.batch));
    if (worth > 1) await this.runtime.pool.grow(worth);
  }

  get report(): RuntimeReport {
    const { tier, reason, pool } = this.runtime;
    const threads = Math.min(pool.threads, this.maxThreads);
    return { tier, threads, reason: [reason, pool.broken].filter(Boolean).join('; ') };
  }

  get steps(): number {
    return this.#steps;
  }

  /** Bytes that this program holds now: parameters, optimiser state, and the blocks of what has been run so far. */
  get bytes(): number {
    return [...this.#entries.values()].reduce((bytes, { sequence }) => bytes + sequence.bytes, this.#store.bytes);
  }

  forward(feeds: Feeds): number {
    const entry = this.#entry('split', 'forward');
    const rows = this.#feed(entry, 'forward', feeds);
    this.#stage = 'none';
    this.#run(entry, FORWARD, 'forward', feeds);
    this.#stage = 'forward';
    this.#rows = rows;
    return this.#number(entry);
  }

  backward(): Map<string, Tensor> {
    const entry = this.#entry('split', 'backward');
    if (this.#stage === 'none')
      throw new ValueError('backward: expected a forward that was not refused since the parameters changed');
    this.#run(entry, BACKWARD, 'backward', {});
    this.#stage = 'backward';
    const nodes = [...this.derivation.gradients];
    return new Map(nodes.map(([name, node], i) => [name, this.#tensor(entry, node, i + 1, this.#rows)]));
  }

  step(): void {
    const entry = this.#entry('split', 'step');
    if (!this.model.update) throw new UnsupportedError('step: expected a model with an optimizer');
    if (this.#stage !== 'backward') throw new ValueError('step: expected a call of backward since the last step');
    entry.sequence.setHyper(this.model.update.hyper(this.#steps + 1, this.learningRate));
    this.#run(entry, STEP, 'step', {});
    this.#steps++;
    this.#stage = 'none';
  }

  trainStep(feeds: Feeds): number {
    const { update } = this.model;
    if (!update) throw new UnsupportedError('trainStep: expected a model with an optimizer');
    const entry = this.#entry('train', 'trainStep');
    this.#feed(entry, 'trainStep', feeds);
    entry.sequence.setHyper(update.hyper(this.#steps + 1, this.learningRate));
    this.#run(entry, 0, 'trainStep', feeds);
    this.#steps++;
    this.#stage = 'none';
    return this.#number(entry);
  }

  predict(feeds: Feeds): Tensor[] {
    const entry = this.#entry('predict', 'predict');
    const rows = this.#feed(entry, 'predict', feeds);
    this.#run(entry, 0, 'predict', feeds);
    return this.model.outputs.map((node, i) => this.#tensor(entry, node, i, rows));
  }

  evaluate(feeds: Feeds): { loss: number; outputs: Tensor[] } {
    const entry = this.#entry('evaluate', 'evaluate');
    const rows = this.#feed(entry, 'evaluate', feeds);
    this.#run(entry, 0, 'evaluate', feeds);
    const outputs = this.model.outputs.map((node, i) => this.#tensor(entry, node, i + 1, rows));
    return { loss: this.#number(entry), outputs };
  }

  parameters(): Map<string, Tensor> {
    this.#alive('parameters');
    return new Map(
      [...this.derivation.parameters].map(([name, node]) => [
        name,
        { shape: node.shape, data: this.runtime.unpack(this.#store.address(node), node.shape) },
      ]),
    );
  }

  setParameters(values: ReadonlyMap<string, Tensor>): void {
    this.#alive('setParameters');
    const { parameters } = this.derivation;
    checkParameters(parameters, values);
    this.#stage = 'none';
    for (const [name, { shape, data }] of values)
      this.runtime.pack(this.#store.address(parameters.get(name) as Node), shape, data);
  }

  fillUniform(name: string, seed: number, stream: number, low: number, high: number): void {
    this.#alive('fillUniform');
    const node = this.derivation.parameters.get(name) as Node;
    this.runtime.fillUniform(this.#store.address(node), node.shape, seed, stream, low, high);
  }

  snapshot(): Snapshot {
    this.#alive('snapshot');
    return { steps: this.#steps, learningRate: this.learningRate, data: [this.#store.values().slice()] };
  }

  restore({ steps, learningRate, data }: Snapshot): void {
    this.#alive('restore');
    this.#store.values().set(data[0]);
    this.#steps = steps;
    this.learningRate = learningRate;
    this.#stage = 'none';
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const { sequence } of this.#entries.values()) sequence.dispose();
    this.#entries.clear();
    this.#store.dispose();
  }

  #alive(operation: string): void {
    if (this.#disposed) throw new DisposedError(`${operation}: expected a network in use, got one that was disposed`);
  }

  /** The sequence of this kind, made at first use. */
  #entry(kind: Kind, operation: string): Entry {
    this.#alive(operation);
    let entry = this.#entries.get(kind);
    if (!entry) {
      entry = this.#create(kind, operation);
      this.#entries.set(kind, entry);
    }
    return entry;
  }

  #create(kind: Kind, operation: string): Entry {
    const { value, gradients } = this.derivation;
    const { outputs, batch } = this.model;
    if (kind !== 'predict' && !value) throw new UnsupportedError(`${operation}: expected a model with a loss`);
    const forward = kind === 'predict' ? outputs : kind === 'evaluate' ? [value as Node, ...outputs] : [value as Node];
    const trains = kind === 'train' || kind === 'split';
    const backward = trains ? [...gradients.values()] : [];
    const roots = [...forward, ...backward];
    const emitter = new Emitter(batch, (node) => this.#store.buffer(node));
    const listing = this.#list(kind, emitter, forward, backward, roots);
    const address = (buffer: Buffer) => this.#store.addressOf(buffer);
    const sequence = new Sequence(this.runtime, listing, this.maxThreads, address, operation);
    return { sequence, rules: feedRules(roots), results: listing.results };
  }

  /** The instructions of a sequence; its results are the forward roots, then the gradients where they are returned. */
  #list(
    kind: Kind,
    emitter: Emitter,
    forward: readonly Node[],
    backward: readonly Node[],
    roots: readonly Node[],
  ): Listing {
    const phases = [emitter.instructions];
    const nextPhase = () => {
      if (kind !== 'split') return;
      emitter.instructions = [];
      phases.push(emitter.instructions);
    };
    emitter.feed(roots);
    emitter.compute(forward);
    const results = forward.map((node) => emitter.result(node));
    nextPhase();
    emitter.compute(backward);
    if (kind === 'split') results.push(...backward.map((node) => emitter.result(node)));
    nextPhase();
    if (kind === 'train' || kind === 'split') this.#emitUpdates(emitter);
    return { phases, feeds: emitter.feeds, results };
  }

  #gradient(parameter: Node): Node {
    return this.derivation.gradients.get(parameter.name as string) as Node;
  }

  #emitUpdates(emitter: Emitter): void {
    const { update } = this.model;
    if (!update) return;
    for (const node of this.#trained) {
      const [s0 = null, s1 = null] = this.#store.states(node);
      const g = emitter.buffer(this.#gradient(node));
      emitter.emit('update', {
        p: this.#store.buffer(node),
        g,
        s0,
        s1,
        lines: lineCount(node),
        rule: Rule[update.rule],
      });
    }
  }

  #feed({ sequence, rules }: Entry, operation: string, feeds: Feeds): number {
    const rows = checkFeeds(operation, rules, feeds, this.model.batch);
    sequence.feed(feeds, rows);
    return rows;
  }

  #run({ sequence, rules }: Entry, phase: number, operation: string, feeds: Feeds): void {
    if (sequence.run(phase)) return;
    checkFinite(operation, rules, feeds);
    throw new ValueError(`${operation}: expected finite numbers, got one that is not`);
  }

  /** The loss, which is the first result. */
  #number({ sequence, results }: Entry): number {
    return this.runtime.heap.f32[sequence.address(results[0]) / 4];
  }

  #tensor({ sequence, results }: Entry, node: Node, index: number, rows: number): Tensor {
    const shape = node.batched ? [rows, ...node.shape] : node.shape;
    const start = sequence.address(results[index]) / 4;
    return { shape, data: this.runtime.heap.f32.slice(start, start + size(shape)) };
  }
}
