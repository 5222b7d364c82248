/** Gives everything in a diagram its place, by dagre, which is loaded here and nowhere else. */
import { UnsupportedError } from '../errors.js';
import type { Diagram, Item, Wire } from './diagram.js';

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** An item and the rectangle around its middle (x, y). */
export interface PlacedItem extends Point, Size {
  readonly item: Item;
}

/** A wire, the points between its ends, and the middle of its labels. */
export interface PlacedWire {
  readonly wire: Wire;
  readonly from: PlacedItem;
  readonly to: PlacedItem;
  readonly points: readonly Point[];
  readonly label: (Point & Size) | null;
}

export interface Layout {
  readonly items: readonly PlacedItem[];
  readonly wires: readonly PlacedWire[];
}

/** Pixels between neighbours across the wires (nodes, wires) and along them. */
const SEPARATION = { nodesep: 28, edgesep: 24, ranksep: 36 };

/** Heavier than all wires together could be, so that what is `first` stands in the first column. */
const FIRST = 1e4;

async function loadDagre(): Promise<typeof import('@dagrejs/dagre')> {
  try {
    return await import('@dagrejs/dagre');
  } catch (cause) {
    throw new UnsupportedError(
      `draw: expected the package @dagrejs/dagre, which lays out the picture (npm install @dagrejs/dagre), got ${(cause as Error).message}`,
      { cause },
    );
  }
}

/** Throws `UnsupportedError` if dagre is not installed. */
export async function layOut(
  { items, wires, direction }: Diagram,
  sizeOf: (item: Item) => Size,
  labelSize: (wire: Wire) => Size,
): Promise<Layout> {
  const dagre = await loadDagre();
  const graph = new dagre.Graph({ multigraph: true });
  graph.setGraph({ rankdir: direction === 'right' ? 'LR' : 'TB', ...SEPARATION });
  const ids = new Map(items.map((item, i) => [item, String(i)]));
  const idOf = (item: Item): string => ids.get(item) as string;
  graph.setNode('left', { width: 0, height: 0 });
  for (const item of items) {
    graph.setNode(idOf(item), { ...sizeOf(item) });
    if (item.first) graph.setEdge('left', idOf(item), { weight: FIRST, minlen: 1, width: 0, height: 0 });
  }
  wires.forEach((wire, i) => {
    graph.setEdge(idOf(wire.from), idOf(wire.to), { ...labelSize(wire), labelpos: 'c', minlen: 1 }, String(i));
  });
  dagre.layout(graph);

  // What dagre orders from bottom to top, or from right to left, is as good mirrored, and then as people read.
  const across = direction === 'right' ? 'y' : 'x';
  const order = items.filter(({ first }) => first).map((item) => graph.node(idOf(item))[across] as number);
  const mirrored = order[0] > order[order.length - 1];
  const turn = ({ x = 0, y = 0 }: Partial<Point>): Point =>
    mirrored ? { x: across === 'x' ? -x : x, y: across === 'y' ? -y : y } : { x, y };

  const placed = new Map(
    items.map((item) => {
      const node = graph.node(idOf(item));
      return [item, { item, width: node.width, height: node.height, ...turn(node) }];
    }),
  );
  return {
    items: [...placed.values()],
    wires: wires.map((wire, i) => {
      const edge = graph.edge(idOf(wire.from), idOf(wire.to), String(i));
      const { width = 0, height = 0, points = [] } = edge;
      return {
        wire,
        from: placed.get(wire.from) as PlacedItem,
        to: placed.get(wire.to) as PlacedItem,
        points: points.slice(1, -1).map(turn),
        label: width > 0 ? { width, height, ...turn(edge) } : null,
      };
    }),
  };
}
