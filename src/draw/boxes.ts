/** A network's structure: a box for each input and operation, with the parameters that it uses and what comes out. */
import { type Node, reachable, showShape } from '../graph/node.js';
import { sourceKind } from '../graph/ops/source.js';
import type { Diagram, Item, Wire } from './diagram.js';
import { titleOf } from './signs.js';

const isInput = (node: Node): boolean => sourceKind(node) === 'input';
const hasBox = (node: Node): boolean => sourceKind(node) === undefined || isInput(node);

function boxOf(node: Node): Item {
  const parameters = node.inputs.filter((x) => sourceKind(x) === 'parameter');
  return {
    kind: 'box',
    text: isInput(node) ? (node.name as string) : titleOf(node),
    notes: [
      ...parameters.map((x) => `${x.name} ${showShape(x.shape)}`),
      `→ ${node.shape.length > 0 ? showShape(node.shape) : 'number'}`,
    ],
    first: isInput(node),
  };
}

export function boxes(roots: readonly Node[]): Diagram {
  const items = new Map<Node, Item>();
  for (const node of reachable(roots)) if (hasBox(node)) items.set(node, boxOf(node));
  const wires: Wire[] = [...items].flatMap(([node, to]) =>
    node.inputs.filter(hasBox).map((x) => ({ from: items.get(x) as Item, to, above: '', below: '' })),
  );
  return { items: [...items.values()], wires, key: [], direction: 'down' };
}
