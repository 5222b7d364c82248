/** Checks the numbers that a model is given, before anything is changed. */
import { ShapeError, UnsupportedError, ValueError } from '../errors.js';
import { show } from '../fields.js';
import { type Node, reachable, showShape, size } from './node.js';
import type { Values } from './operation.js';

/** Row-major numbers for each input by its name, samples first; a bare number for an input of shape `[]` and one sample. */
export type Feeds = Readonly<Record<string, number | ArrayLike<number>>>;

/** What an input expects besides numbers that are finite. */
export interface Expected {
  readonly range?: Range | undefined;
  /** What errors say to rows of another length. */
  readonly note?: string | undefined;
}

/** What the numbers of an input must be: from `low` to `high`, or one of the two. */
export interface Range {
  readonly low: number;
  readonly high: number;
  /** Whether there is nothing between. */
  readonly ends?: boolean;
  /** How errors say it. */
  readonly text: string;
}

/** An input and what its numbers must be. */
export interface FeedRule extends Expected {
  readonly name: string;
  readonly node: Node;
  /** Numbers of one sample. */
  readonly size: number;
  /** The n of an input that holds integers 0 to n - 1, such as labels; 0 elsewhere. */
  readonly limit: number;
}

/** The rules of the inputs that the roots are made of. */
export function feedRules(roots: readonly Node[]): FeedRule[] {
  const nodes = reachable(roots);
  const limits = new Map<Node, number>();
  for (const { operation, inputs, attributes } of nodes)
    operation.indices?.(inputs, attributes).forEach((limit, i) => {
      if (limit !== undefined) limits.set(inputs[i], Math.min(limit, limits.get(inputs[i]) ?? Infinity));
    });
  return nodes
    .filter((node) => node.name !== undefined && node.batched && node.inputs.length === 0)
    .map((node) => ({
      name: node.name as string,
      node,
      size: size(node.shape),
      limit: limits.get(node) ?? 0,
      ...(node.attributes as { readonly expected?: Expected }).expected,
    }));
}

/** The rule of an input that a step is to read in place. Throws `UnsupportedError` where it reads no such input. */
export function viewRule(rules: readonly FeedRule[], name: string): FeedRule {
  const rule = rules.find((rule) => rule.name === name);
  if (!rule) throw new UnsupportedError(`input: expected a loss that depends on '${name}'`);
  return rule;
}

/**
 * The number of samples in the feeds. Throws `ValueError` for a missing input, an unknown name, no rows or more than
 * `batch`, an index or a number out of range; `ShapeError` for lengths that do not fit.
 */
export function checkFeeds(operation: string, rules: readonly FeedRule[], feeds: Feeds, batch: number): number {
  if (typeof feeds !== 'object' || feeds === null)
    throw new ValueError(`${operation}: expected numbers by the names of inputs, got ${show(feeds)}`);
  let rows = -1;
  for (const rule of rules) {
    const values = feeds[rule.name];
    const count = rowsOf(operation, rule, values);
    if (rows >= 0 && count !== rows)
      throw new ShapeError(
        `${operation}: expected ${rows} rows of '${rule.name}' like '${rules[0].name}', got ${count}${rule.note ?? ''}`,
      );
    rows = count;
    if (rule.limit) checkIndices(operation, rule, values);
    if (rule.range) checkRange(operation, rule, rule.range, values);
  }
  for (const name in feeds)
    if (!rules.some((rule) => rule.name === name))
      throw new ValueError(
        `${operation}: expected the inputs ${rules.map((rule) => rule.name).join(', ')}, got one called '${name}'`,
      );
  if (rows === -1) return 1;
  if (rows > batch)
    throw new ValueError(`${operation}: expected at most ${batch} rows, the batch that was compiled, got ${rows}`);
  return rows;
}

function rowsOf(
  operation: string,
  { name, node, size: features, note = '' }: FeedRule,
  values: number | ArrayLike<number>,
): number {
  if (typeof values === 'number') {
    if (node.shape.length === 0) return 1;
    throw new ShapeError(`${operation}: expected '${name}' of shape [rows, ${node.shape.join(', ')}], got one number`);
  }
  checkNumbers(operation, 'numbers for', name, values);
  if (!(values.length > 0))
    throw new ValueError(`${operation}: expected at least one row of '${name}', got none (an empty or detached array)`);
  if (values.length % features !== 0)
    throw new ShapeError(
      `${operation}: expected '${name}' to have rows of ${features} numbers (shape ${showShape(node.shape)}), got ${values.length} numbers${note}`,
    );
  return values.length / features;
}

/**
 * Throws `ValueError` unless these are numbers, and finite in f32 where they have to be: an array may hold anything, and a
 * null would count as 0. `expected` and `name`, or '', make the sentence, which no step has to put together.
 */
export function checkNumbers(
  operation: string,
  expected: string,
  name: string,
  values: unknown,
  finite = false,
): asserts values is ArrayLike<number> & object {
  const refuse = (got: string): never => {
    throw new ValueError(`${operation}: expected ${expected}${name && ` '${name}'`}, got ${got}`);
  };
  const length = typeof values === 'object' && values !== null && (values as Partial<ArrayLike<number>>).length;
  if (typeof length !== 'number') return refuse(show(values));
  const numbers = values as ArrayLike<unknown>;
  if (finite && numbers instanceof Float32Array && allFinite(numbers)) return;
  // The elements of a typed array are all of one kind.
  const count = !finite && ArrayBuffer.isView(numbers) ? Math.min(1, length) : length;
  for (let i = 0; i < count; i++) {
    const x = numbers[i];
    if (typeof x !== 'number' || (finite && !Number.isFinite(Math.fround(x)))) {
      const hint = typeof x === 'object' && x ? ': rows stand one after the other, as flat() puts them' : '';
      refuse(`${show(x)} at index ${i}${hint}`);
    }
  }
}

function checkIndices(
  operation: string,
  { name, limit, size: features }: FeedRule,
  values: number | ArrayLike<number>,
): void {
  const indices = typeof values === 'number' ? [values] : values;
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i];
    if (!(Number.isInteger(index) && index >= 0 && index < limit))
      throw new ValueError(
        `${operation}: expected integers 0 to ${limit - 1} in '${name}', got ${show(index)} in row ${Math.floor(i / features)}`,
      );
  }
}

/** Looks at the numbers as kernels see them, rounded to f32. */
function checkRange(
  operation: string,
  { name, size: features }: FeedRule,
  { low, high, ends = false, text }: Range,
  values: number | ArrayLike<number>,
): void {
  if (!ends && values instanceof Float32Array && allWithin(values, low, high)) return;
  const numbers = typeof values === 'number' ? [values] : values;
  for (let i = 0; i < numbers.length; i++) {
    const x = Math.fround(numbers[i]);
    if (x === low || x === high || (!ends && x > low && x < high)) continue;
    throw new ValueError(
      `${operation}: expected numbers ${text} in '${name}', got ${numbers[i]} in row ${Math.floor(i / features)}, element ${i % features}`,
    );
  }
}

/** Throws `ValueError` if a number is not finite in f32. */
export function checkFinite(operation: string, rules: readonly FeedRule[], feeds: Feeds): void {
  for (const { name, size: features } of rules) {
    const values = feeds[name];
    if (values instanceof Float32Array && allFinite(values)) continue;
    const numbers = typeof values === 'number' ? [values] : values;
    for (let i = 0; i < numbers.length; i++)
      if (!Number.isFinite(Math.fround(numbers[i])))
        throw new ValueError(
          `${operation}: expected finite numbers in '${name}', got ${numbers[i]} in row ${Math.floor(i / features)}, element ${i % features}`,
        );
  }
}

/** Whether all are from `low` to `high`: four a turn, since a branch for each is half of the time. */
function allWithin(values: Float32Array, low: number, high: number): boolean {
  const end = values.length & ~3;
  for (let i = 0; i < end; i += 4) {
    const a = values[i];
    const b = values[i + 1];
    const c = values[i + 2];
    const d = values[i + 3];
    if (!(a >= low && a <= high && b >= low && b <= high && c >= low && c <= high && d >= low && d <= high))
      return false;
  }
  for (let i = end; i < values.length; i++) if (!(values[i] >= low && values[i] <= high)) return false;
  return true;
}

/** Whether there is neither NaN nor infinity, either of which makes 0 x NaN. Four sums overlap. */
export function allFinite(values: Values): boolean {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  const end = values.length & ~3;
  for (let i = 0; i < end; i += 4) {
    s0 += 0 * values[i];
    s1 += 0 * values[i + 1];
    s2 += 0 * values[i + 2];
    s3 += 0 * values[i + 3];
  }
  for (let i = end; i < values.length; i++) s0 += 0 * values[i];
  return s0 + s1 + s2 + s3 === 0;
}
