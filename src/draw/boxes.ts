/** A network's structure: a box for each input and operation, with the parameters that it uses and what comes out. */
import { type Node, reachable, showShape } from '../graph/node.js';
import { sourceKind } from '../graph/ops/source.js';
import type { Diagram, Item, Wire } from './diagram.js';
import { titleOf } from './signs.js';

const isInput = (node: Node): boolean => sourceKind(node) === 'input';
const isParameter = (node: Node): boolean => sourceKind(node) === 'parameter';
const hasBox = (node: Node): boolean => sourceKind(node) === undefined || isInput(node);

/** What one box stands for: an operation, and behind it the activations that alone take its result. */
type Group = readonly Node[];

function groupsOf(roots: readonly Node[]): Group[] {
  const nodes = reachable(roots).filter(hasBox);
  const uses = new Map<Node, Node[]>(nodes.map((node) => [node, []]));
  for (const user of nodes) for (const x of user.inputs) uses.get(x)?.push(user);
  /** The activation that goes into the box of x. */
  const joined = (x: Node): Node | undefined => {
    const users = uses.get(x) ?? [];
    const joins = users.length === 1 && users[0].operation.name === 'activation' && !isInput(x) && !roots.includes(x);
    return joins ? users[0] : undefined;
  };
  const groups: Group[] = [];
  for (const node of nodes) {
    if (node.inputs.length > 0 && joined(node.inputs[0]) === node) continue;
    const group = [node];
    for (let next = joined(node); next; next = joined(next)) group.push(next);
    groups.push(group);
  }
  return groups;
}

function boxOf(group: Group): Item {
  const [node] = group;
  const { shape } = group[group.length - 1];
  return {
    kind: 'box',
    text: isInput(node) ? (node.name as string) : group.map(titleOf).join(', '),
    notes: [
      ...node.inputs.filter(isParameter).map((x) => `${x.name} ${showShape(x.shape)}`),
      `→ ${shape.length > 0 ? showShape(shape) : 'number'}`,
    ],
    first: false,
  };
}

export function boxes(roots: readonly Node[]): Diagram {
  const groups = groupsOf(roots).map((group) => ({ group, item: boxOf(group) }));
  const itemOf = new Map<Node, Item>(groups.flatMap(({ group, item }) => group.map((node) => [node, item] as const)));
  const wires: Wire[] = groups.flatMap(({ group: [node], item: to }) =>
    node.inputs.filter(hasBox).map((x) => ({ from: itemOf.get(x) as Item, to, above: '', below: '' })),
  );
  return { items: groups.map(({ item }) => item), wires, key: [], direction: 'down' };
}
