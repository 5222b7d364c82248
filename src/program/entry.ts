/** A sequence as it is called: what is fed is checked before it, and what has come out is read. */
import { ValueError } from '../errors.js';
import { checkFeeds, checkFinite, type FeedRule, type Feeds, feedRules, viewRule } from '../graph/feeds.js';
import type { Buffer } from '../graph/lowering.js';
import type { Derivation, Model, Tensor } from '../graph/model.js';
import { type Node, size } from '../graph/node.js';
import { withoutLoss } from '../graph/refusals.js';
import type { Blocks } from '../runtime/heap.js';
import type { Runtime } from '../runtime/runtime.js';
import { type Kind, list, rootsOf } from './listing.js';
import { Sequence } from './sequence.js';
import type { Store } from './store.js';

/** What the sequences of a program have in common. */
export interface Compilation {
  readonly model: Model;
  readonly derivation: Derivation;
  readonly store: Store;
  readonly runtime: Runtime;
  /** The most threads that a run may use. */
  readonly maxThreads: number;
}

export class Entry {
  readonly sequence: Sequence;
  /** Where each result of the listing lies. */
  readonly results: readonly Buffer[];
  readonly #rules: readonly FeedRule[];

  readonly #of: Compilation;

  /** Throws `UnsupportedError` for a loss that the model has not. */
  constructor(kind: Kind, operation: string, of: Compilation) {
    const { model, derivation, store, runtime, maxThreads } = of;
    if (kind !== 'predict' && !derivation.value) throw withoutLoss(operation);
    const listing = list(kind, model, derivation, store);
    this.#of = of;
    this.sequence = new Sequence(runtime, listing, maxThreads);
    this.results = listing.results;
    this.#rules = feedRules(Object.values(rootsOf(kind, model, derivation)).flat());
  }

  allocate(blocks: Blocks, operation: string): void {
    this.sequence.allocate(blocks, (buffer) => this.#of.store.addressOf(buffer), operation);
  }

  /** Copies samples in; how many they are. Throws for what does not fit. */
  feed(operation: string, feeds: Feeds): number {
    const rows = checkFeeds(operation, this.#rules, feeds, this.#of.model.batch);
    this.sequence.feed(feeds, rows);
    return rows;
  }

  /** Runs a phase, after so many steps of training. Throws `ValueError` if a number that was fed is not finite. */
  run(phase: number, step: number, operation: string, feeds: Feeds): void {
    if (this.sequence.run(phase, step)) return;
    checkFinite(operation, this.#rules, feeds);
    throw new ValueError(`${operation}: expected finite numbers, got one that is not`);
  }

  /** Room for a batch of an input. */
  view(name: string): Float32Array {
    return this.sequence.view(name, viewRule(this.#rules, name).size * this.#of.model.batch);
  }

  /** The loss, which is the first result. */
  loss(): number {
    return this.#of.runtime.heap.f32[this.sequence.address(this.results[0]) / 4];
  }

  /** A copy of a result, which is the value of this node. */
  tensor(node: Node, index: number, rows: number): Tensor {
    const shape = node.batched ? [rows, ...node.shape] : node.shape;
    const start = this.sequence.address(this.results[index]) / 4;
    return { shape, data: this.#of.runtime.heap.f32.slice(start, start + size(shape)) };
  }
}
