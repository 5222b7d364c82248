/** What every operation means, in plain JavaScript: the values of a graph's nodes, in f32 or f64. */
import { type Node, reachable, size } from '../graph/node.js';
import type { Evaluation, Values } from '../graph/operation.js';

export type Precision = 'f32' | 'f64';

/** The values of all nodes that the roots are made of. `source` gives those of inputs, parameters and constants. */
export function evaluateGraph(
  roots: readonly Node[],
  rows: number,
  source: (node: Node) => Values,
  precision: Precision,
  step = 0,
): Map<Node, Values> {
  const ArrayType = precision === 'f64' ? Float64Array : Float32Array;
  const evaluation: Evaluation = {
    rows,
    step,
    source,
    allocate: (node) => new ArrayType(size(node.shape) * (node.batched ? rows : 1)),
  };
  const values = new Map<Node, Values>();
  for (const node of reachable(roots)) {
    const inputs = node.inputs.map((x) => values.get(x) as Values);
    values.set(node, node.operation.evaluate(node, inputs, evaluation, node.attributes));
  }
  return values;
}
