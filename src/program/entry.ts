/** A sequence as it is called: what is fed is checked before it, and what has come out is read. */
import { UnsupportedError, ValueError } from '../errors.js';
import { checkFeeds, checkFinite, type FeedRule, feedRules, viewRule } from '../graph/feeds.js';
import type { Buffer } from '../graph/lowering.js';
import type { Derivation, Feeds, Model, Tensor } from '../graph/model.js';
import { type Node, size } from '../graph/node.js';
import type { Blocks } from '../runtime/heap.js';
import type { Runtime } from '../runtime/runtime.js';
import { type Kind, list, rootsOf } from './listing.js';
import { Sequence } from './sequence.js';
import type { Store } from './store.js';

export class Entry {
  readonly sequence: Sequence;
  /** Where each result of the listing lies. */
  readonly results: readonly Buffer[];
  readonly #rules: readonly FeedRule[];

  /** Throws `UnsupportedError` for a loss that the model has not. */
  constructor(
    kind: Kind,
    operation: string,
    readonly model: Model,
    derivation: Derivation,
    readonly store: Store,
    readonly runtime: Runtime,
    maxThreads: number,
  ) {
    if (kind !== 'predict' && !derivation.value)
      throw new UnsupportedError(`${operation}: expected a model with a loss`);
    const listing = list(kind, model, derivation, store);
    this.sequence = new Sequence(runtime, listing, maxThreads);
    this.results = listing.results;
    this.#rules = feedRules(Object.values(rootsOf(kind, model, derivation)).flat());
  }

  allocate(blocks: Blocks, operation: string): void {
    this.sequence.allocate(blocks, (buffer) => this.store.addressOf(buffer), operation);
  }

  /** Copies samples in; how many they are. Throws for what does not fit. */
  feed(operation: string, feeds: Feeds): number {
    const rows = checkFeeds(operation, this.#rules, feeds, this.model.batch);
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
    return this.sequence.view(name, viewRule(this.#rules, name).size * this.model.batch);
  }

  /** The loss, which is the first result. */
  loss(): number {
    return this.runtime.heap.f32[this.sequence.address(this.results[0]) / 4];
  }

  /** A copy of a result, which is the value of this node. */
  tensor(node: Node, index: number, rows: number): Tensor {
    const shape = node.batched ? [rows, ...node.shape] : node.shape;
    const start = this.sequence.address(this.results[index]) / 4;
    return { shape, data: this.runtime.heap.f32.slice(start, start + size(shape)) };
  }
}
