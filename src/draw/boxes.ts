/** A network's structure: a box for each input, layer and operation, with the parameters that it uses and what comes out. */
import { type Node, reachable, showShape } from '../graph/node.js';
import { sourceKind } from '../graph/ops/source.js';
import type { Diagram, Item, Wire } from './diagram.js';
import { titleOf } from './signs.js';

/** What is drawn as one box: everything between the inputs and the output. */
export interface Layer {
  readonly name: string;
  readonly kind: string;
  readonly inputs: readonly Node[];
  readonly output: Node;
}

/** What one box stands for: nodes in topological order, of which the last gives what comes out. */
interface Group {
  readonly title: string;
  readonly nodes: readonly Node[];
}

const isInput = (node: Node): boolean => sourceKind(node) === 'input';
const isParameter = (node: Node): boolean => sourceKind(node) === 'parameter';
const isActivation = (node: Node): boolean => node.operation.name === 'activation';
const hasBox = (node: Node): boolean => sourceKind(node) === undefined || isInput(node);

/** A box for each layer that has nodes of its own: those of a layer within another are not the other's. */
function layerGroups(layers: readonly Layer[]): Group[] {
  const taken = new Set<Node>();
  // Layers within others come after these.
  return layers.toReversed().flatMap(({ name, kind, inputs, output }) => {
    const before = new Set([...reachable(inputs), ...taken]);
    const nodes = reachable([output]).filter((node) => hasBox(node) && !before.has(node));
    for (const node of nodes) taken.add(node);
    const activations = nodes.filter(isActivation).map(titleOf);
    const titles = kind === 'activation' ? activations : [kind, ...activations];
    return nodes.length > 0 ? [{ title: `${name}: ${titles.join(', ')}`, nodes }] : [];
  });
}

/** A box for each operation, and behind it the activations that alone take its result. */
function operationGroups(nodes: readonly Node[], roots: readonly Node[]): Group[] {
  const uses = new Map<Node, Node[]>(nodes.map((node) => [node, []]));
  for (const user of nodes) for (const x of user.inputs) uses.get(x)?.push(user);
  /** The activation that goes into the box of x. */
  const joined = (x: Node): Node | undefined => {
    const users = uses.get(x) ?? [];
    const joins = users.length === 1 && isActivation(users[0]) && !isInput(x) && !roots.includes(x);
    return joins ? users[0] : undefined;
  };
  const groups: Group[] = [];
  for (const node of nodes) {
    if (node.inputs.length > 0 && joined(node.inputs[0]) === node) continue;
    const group = [node];
    for (let next = joined(node); next; next = joined(next)) group.push(next);
    groups.push({ title: node.name ?? group.map(titleOf).join(', '), nodes: group });
  }
  return groups;
}

const inputsOf = ({ nodes }: Group): Node[] => [...new Set(nodes.flatMap(({ inputs }) => inputs))];

function boxOf(group: Group): Item {
  const { shape } = group.nodes[group.nodes.length - 1];
  const parameters = inputsOf(group).filter(isParameter);
  return {
    kind: 'box',
    text: group.title,
    notes: [
      ...parameters.map((x) => `${x.name} ${showShape(x.shape)}`),
      `→ ${shape.length > 0 ? showShape(shape) : 'number'}`,
    ],
    first: false,
  };
}

export function boxes(roots: readonly Node[], layers: readonly Layer[]): Diagram {
  const ofLayers = layerGroups(layers);
  const taken = new Set(ofLayers.flatMap(({ nodes }) => nodes));
  // What is drawn has a box, be it a parameter.
  const others = reachable(roots).filter((node) => (hasBox(node) || roots.includes(node)) && !taken.has(node));
  const groups = [...ofLayers, ...operationGroups(others, roots)].sort((a, b) => a.nodes[0].id - b.nodes[0].id);
  const items = groups.map(boxOf);
  const itemOf = new Map<Node, Item>(groups.flatMap(({ nodes }, i) => nodes.map((node) => [node, items[i]] as const)));
  const wires: Wire[] = groups.flatMap((group, i) => {
    const from = new Set(inputsOf(group).flatMap((x) => itemOf.get(x) ?? []));
    from.delete(items[i]);
    return [...from].map((item) => ({ from: item, to: items[i], above: '', below: '' }));
  });
  return { items, wires, key: [], direction: 'down' };
}
