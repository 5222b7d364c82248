/** `lanegrad/draw`: pictures of computation graphs as SVG. Needs the package @dagrejs/dagre, and no browser. */
import { ValueError } from '../errors.js';
import { type Optional, show } from '../fields.js';
import type { Node } from '../graph/node.js';
import { boxes, type Layer } from './boxes.js';
import { circles, type Labels } from './circles.js';
import { renderSvg } from './svg.js';

export type { Layer } from './boxes.js';
export type { Labels } from './circles.js';
export type { Drawable } from './numbers.js';

/** What has a graph of layers, such as a network of `lanegrad`. */
export interface Layered {
  readonly graph: {
    readonly outputs: readonly Node[];
    readonly loss: Node | null;
    readonly layers: readonly Layer[];
  };
}

/**
 * A graph as textbooks draw it: operations in circles, inputs and parameters at the left; on each wire the value above
 * and the gradient below, of arrays the shape and the Euclidean norm. The numbers are those of
 * `evaluate(f, feeds)` in `lanegrad/graph`, or any others by node; `names` are written above operations.
 *
 *     await draw(f, evaluate(f, { x: -2, y: 5, z: -4 }))
 *
 * Returns the text of an SVG. Throws `ValueError` for anything but nodes and maps, `UnsupportedError` if the optional
 * dependency @dagrejs/dagre is not installed.
 */
export async function draw(graph: Node | readonly Node[], labels: Optional<Labels> = {}): Promise<string> {
  const none = new Map();
  const { values = none, gradients = none, flows = none, names = none } = labels;
  for (const [name, map] of Object.entries({ values, gradients, flows, names }))
    if (!(map instanceof Map)) throw new ValueError(`draw: expected ${name} as a Map by node, got ${show(map)}`);
  return renderSvg(circles(rootsOf('draw', graph), { values, gradients, flows, names }), 'Computation graph');
}

/**
 * The structure of a network from top to bottom: a box for each input and layer, or of a graph that was written directly
 * for each input and operation, with the parameters that it uses and, behind an arrow, the shape of what comes out for one
 * sample. A network is drawn as it is trained, its loss included. Returns and throws as `draw` does.
 */
export async function drawStructure(network: Node | readonly Node[] | Layered): Promise<string> {
  const { outputs, loss = null, layers = [] } = (network as Partial<Layered> | null)?.graph ?? {};
  const roots = rootsOf(
    'drawStructure',
    outputs ? [...outputs, loss ?? []].flat() : (network as Node | readonly Node[]),
  );
  return renderSvg(boxes(roots, layers), 'Structure of a network');
}

function rootsOf(operation: string, graph: Node | readonly Node[]): readonly Node[] {
  const roots = [graph].flat();
  if (roots.length > 0 && roots.every((node) => typeof node?.operation === 'object')) return roots;
  throw new ValueError(`${operation}: expected a node or nodes of a graph, got ${show(graph)}`);
}
