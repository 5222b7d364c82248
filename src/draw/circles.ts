/** A computation graph as textbooks draw it: operations in circles, values and gradients along the wires. */
import { type Node, reachable, showShape } from '../graph/node.js';
import { sourceData, sourceKind } from '../graph/ops/source.js';
import type { Diagram, Item, KeyEntry, Wire } from './diagram.js';
import { type Drawable, showMagnitude, showNumber, showValue } from './numbers.js';
import { foldedOperand, signOf } from './signs.js';

/** What is written beside nodes. */
export interface Labels {
  readonly values: ReadonlyMap<Node, Drawable>;
  readonly gradients: ReadonlyMap<Node, Drawable>;
  /** What of the gradient flows back from a node into each of its inputs, for wires behind a fork. */
  readonly flows: ReadonlyMap<Node, readonly (Drawable | null)[]>;
  /** Names of operations; sources have theirs. */
  readonly names: ReadonlyMap<Node, string>;
}

/** The operands that are drawn: all but a number within the sign. */
const operands = (node: Node): { x: Node; index: number }[] => {
  const folded = foldedOperand(node)?.index;
  return node.inputs.map((x, index) => ({ x, index })).filter(({ index }) => index !== folded);
};

function sourceText(node: Node): string {
  if (node.name !== undefined) return node.name;
  return node.shape.length === 0 ? showNumber(sourceData(node)?.[0] as number) : 'constant';
}

function itemOf(node: Node, names: ReadonlyMap<Node, string>): Item {
  const name = names.get(node);
  if (sourceKind(node)) return { kind: 'name', text: name ?? sourceText(node), notes: [], first: true };
  const notes = name === undefined ? [] : [name];
  return { kind: 'circle', text: signOf(node), notes, first: operands(node).length === 0 };
}

function keyOf({ values, gradients }: Labels, drawn: readonly Node[]): KeyEntry[] {
  const shown = drawn.filter((node) => values.has(node) || gradients.has(node));
  const key: KeyEntry[] = [];
  if (values.size > 0) key.push({ text: 'above: value', style: 'value' });
  if (gradients.size > 0) key.push({ text: 'below: gradient', style: 'gradient' });
  if (shown.some(({ shape }) => shape.length > 0)) key.push({ text: '[ ] shape, ‖ ‖ norm', style: 'note' });
  return key;
}

/** A place where a node is used: as which of the user's inputs. */
interface Use {
  readonly user: Node;
  readonly index: number;
}

/** The uses of each node that are drawn: a number within a sign has none there. */
function usesOf(nodes: readonly Node[]): ReadonlyMap<Node, readonly Use[]> {
  const uses = new Map<Node, Use[]>(nodes.map((node) => [node, []]));
  for (const user of nodes) for (const { x, index } of operands(user)) uses.get(x)?.push({ user, index });
  return uses;
}

/**
 * A value leaves its node by one wire, which holds the value and its gradient. Where several nodes use it, that wire
 * leads to a fork, and each wire beyond holds the part of the gradient that flows back through it.
 */
export function circles(roots: readonly Node[], labels: Labels): Diagram {
  const { values, gradients, flows, names } = labels;
  const nodes = reachable(roots);
  const uses = usesOf(nodes);
  const drawn = nodes.filter((node) => roots.includes(node) || uses.get(node)?.length);
  const itemsOf = new Map(drawn.map((node) => [node, itemOf(node, names)]));
  const points: Item[] = [];
  const wires: Wire[] = [];
  const point = (kind: 'fork' | 'end'): Item => {
    const item: Item = { kind, text: '', notes: [], first: false };
    points.push(item);
    return item;
  };
  const flowTo = ({ user, index }: Use): string => {
    const flow = flows.get(user)?.[index] ?? null;
    return flow === null ? '' : showMagnitude(flow);
  };
  for (const node of drawn) {
    const value = values.get(node);
    const gradient = gradients.get(node);
    const shape = node.shape.length > 0 ? showShape(node.shape) : '';
    const above = value === undefined ? shape : showValue(value, node.shape);
    const below = gradient === undefined ? '' : showMagnitude(gradient);
    const ends = (uses.get(node) ?? []).map((use) => ({ to: itemsOf.get(use.user) as Item, below: flowTo(use) }));
    if (roots.includes(node)) ends.push({ to: point('end'), below: '' });
    const from = itemsOf.get(node) as Item;
    const to = ends.length === 1 ? ends[0].to : point('fork');
    wires.push({ from, to, above, below });
    if (ends.length > 1) wires.push(...ends.map((end) => ({ from: to, above: '', ...end })));
  }
  return { items: [...itemsOf.values(), ...points], wires, key: keyOf(labels, drawn), direction: 'right' };
}
