/** The inputs and targets of a network: data as callers give them become the columns that its graph takes. */
import { ValueError } from '../errors.js';
import { byName } from '../fields.js';
import { checkFeeds, checkFinite, type FeedRule, feedRules } from '../graph/feeds.js';
import type { Node } from '../graph/node.js';
import { withoutLoss } from '../graph/refusals.js';
import { columnName, type NetworkGraph } from '../nn/build.js';
import { type Arrays, type Checked, type Columns, checkData, type Dataset, rowsOf } from './data.js';

export class Ports {
  /** Numbers of a sample in each column. */
  readonly sizes: Readonly<Record<string, number>>;
  /** The columns that a step takes; an evaluation may take more. */
  readonly taken: readonly string[];
  /** What the inputs are called, and the outputs that have a loss. */
  readonly #x: readonly string[];
  readonly #y: readonly string[];
  /** What an evaluation takes, and what a prediction does. */
  readonly #rules: readonly FeedRule[];
  readonly #predictRules: readonly FeedRule[];
  readonly #hasLoss: boolean;
  /** Columns that belong to inputs or outputs, but that no step reads, or neither a step nor an evaluation. */
  readonly #unread: { readonly step: readonly string[]; readonly whole: readonly string[] };

  /** `assigns` tells whether a step assigns to the statistics. A run takes at most `batch` samples. */
  constructor(
    { inputs, outputs, training, inference, assignments }: NetworkGraph,
    assigns: boolean,
    readonly batch: number,
  ) {
    const trained = outputs.filter(({ targets }) => targets);
    this.#x = inputs.map(({ name }) => name);
    this.#y = trained.map(({ name }) => name);
    this.#hasLoss = training.loss !== null;
    this.#rules = feedRules([training.loss, inference.loss, ...inference.outputs].filter((node) => node !== null));
    this.#predictRules = feedRules(inference.outputs);
    this.sizes = Object.fromEntries(this.#rules.map(({ name, size }) => [name, size]));
    const assigned = assigns ? assignments.map(({ value }) => value) : [];
    this.taken = training.loss ? feedRules([training.loss, ...assigned]).map(({ name }) => name) : [];
    const fed = [...inputs.map(({ node }) => node), ...trained.map(({ targets }) => targets as Node)];
    const columns = fed.map(({ name }) => name as string);
    this.#unread = {
      step: columns.filter((name) => !this.taken.includes(name)),
      whole: columns.filter((name) => !Object.hasOwn(this.sizes, name)),
    };
  }

  /** The columns of a step, which checks them itself. */
  step(operation: string, x: Arrays, y: Arrays, weights?: ArrayLike<number>): Columns {
    return this.#columns(operation, x, y, weights, this.#unread.step);
  }

  /** The columns of a prediction, and how many samples. Throws unless there are as many whole ones in each. */
  predict(operation: string, x: Arrays): Checked {
    const columns = columnsOf(operation, 'x', this.#x, x);
    return { rows: checkFeeds(operation, this.#predictRules, columns, Infinity), columns };
  }

  /**
   * The columns of an evaluation, and how many samples. Throws unless x and y hold as many whole ones, with labels that
   * are labels; numbers may not be finite.
   */
  check(operation: string, data: Dataset): Checked {
    if (!this.#hasLoss) throw withoutLoss(operation);
    checkData(operation, data);
    const columns = this.#columns(operation, data.x, data.y, data.weights, this.#unread.whole);
    return { rows: checkFeeds(operation, this.#rules, columns, Infinity), columns };
  }

  /** Throws if a number is not finite. */
  checkFinite(operation: string, columns: Columns): void {
    const given = this.#rules.filter(({ name }) => Object.hasOwn(columns, name));
    checkFinite(operation, given, columns);
  }

  /** Calls `run` with pieces of at most a batch, and the rows where each begins and ends. */
  inPieces(
    operation: string,
    { rows, columns }: Checked,
    run: (piece: Columns, from: number, to: number) => void,
  ): void {
    try {
      for (let from = 0; from < rows; from += this.batch) {
        const to = Math.min(rows, from + this.batch);
        run(rowsOf(columns, this.sizes, from, to), from, to);
      }
    } catch (error) {
      // A number that is not finite was found in a piece; the error shall tell its row among all.
      if (error instanceof ValueError) this.checkFinite(operation, columns);
      throw error;
    }
  }

  /** All columns but those that are not read. */
  #columns(
    operation: string,
    x: Arrays,
    y: Arrays,
    weights: ArrayLike<number> | undefined,
    unread: readonly string[],
  ): Columns {
    const columns: Record<string, ArrayLike<number>> = this.#x.length === 1 && this.#y.length <= 1
      ? { x: x as ArrayLike<number>, y: y as ArrayLike<number> }
      : { ...columnsOf(operation, 'x', this.#x, x), ...columnsOf(operation, 'y', this.#y, y) };
    if (weights !== undefined) columns.weights = weights;
    return unread.length > 0 ? without(columns, unread) : columns;
  }
}

/** The numbers of inputs, or of targets, by their names in the graph. Throws `ValueError` if they are not by name. */
function columnsOf(operation: string, letter: 'x' | 'y', names: readonly string[], values: Arrays): Columns {
  if (names.length <= 1) return { [letter]: values as ArrayLike<number> };
  const arrays = byName(operation, values, `${letter} to be arrays by name (${names.join(', ')})`);
  return Object.fromEntries(Object.entries(arrays).map(([name, array]) => [columnName(letter, name, names), array]));
}

const without = (columns: Columns, names: readonly string[]): Columns =>
  Object.fromEntries(Object.entries(columns).filter(([name]) => !names.includes(name)));
