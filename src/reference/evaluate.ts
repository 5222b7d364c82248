/** Every value and every gradient of a graph, in plain JavaScript: what a textbook writes beside each node. */
import { ShapeError } from '../errors.js';
import { checkFeeds, checkFinite, type Feeds, feedRules } from '../graph/feeds.js';
import { backpropagate } from '../graph/gradient.js';
import { checkTensors, type NamedTensors, namedTensors, sourcesOf, type Tensor } from '../graph/model.js';
import { checkNodes, type Node, reachable, showNode, showShape, size } from '../graph/node.js';
import type { Values } from '../graph/operation.js';
import { batchMean } from '../graph/ops/reduce.js';
import { constant, sourceData } from '../graph/ops/source.js';
import { evaluateGraph } from './values.js';

/** A number where a node is a single one, else row-major numbers with their shape. */
export type NodeValue = number | Tensor;

/** A graph with its numbers. */
export interface WorkedExample {
  /** The value of each node. */
  readonly values: ReadonlyMap<Node, NodeValue>;
  /** The gradient of f, or of its mean over several samples, for each node that any reaches. */
  readonly gradients: ReadonlyMap<Node, NodeValue>;
  /** The part of these gradients that flows back from each node into each of its inputs; null where none does. */
  readonly flows: ReadonlyMap<Node, readonly (NodeValue | null)[]>;
}

/**
 * All values and gradients of the graph of a number f, to be looked at: nothing is compiled. Feeds are those of
 * `GraphProgram.forward`; parameters have their initial values unless others are given by name. Of one sample, a tensor
 * has its node's shape; of several, it is [rows, ...shape].
 *
 * Throws `ShapeError` if f is not a single number; `ShapeError` or `ValueError` for feeds or parameters that do not fit.
 */
export function evaluate(f: Node, feeds: Feeds = {}, given: NamedTensors = {}): WorkedExample {
  const parameters = namedTensors('evaluate', given);
  checkNodes('evaluate', [f]);
  if (f.shape.length > 0)
    throw new ShapeError(`evaluate: expected a single number, got shape ${showShape(f.shape)} of ${showNode(f)}`);
  const rules = feedRules([f]);
  const rows = checkFeeds('evaluate', rules, feeds, Infinity);
  checkFinite('evaluate', rules, feeds);
  const nodes = reachable([f]);
  checkTensors('evaluate', sourcesOf([f]).parameters, parameters);

  const root = f.batched ? batchMean(f) : f;
  const { gradients, flows } = backpropagate(root, nodes, constant(1));
  const flowing = [...flows.values()].flat().filter((dx) => dx !== null);
  const source = (node: Node): Values => {
    const name = node.name as string;
    const numbers = node.batched ? feeds[name] : (parameters.get(name)?.data ?? sourceData(node));
    if (typeof numbers === 'number') return Float32Array.of(numbers);
    return numbers ? Float32Array.from(numbers) : new Float32Array(size(node.shape));
  };
  const computed = evaluateGraph([root, ...gradients.values(), ...flowing], rows, source, 'f32');
  const read = (node: Node): NodeValue => {
    const data = Float32Array.from(computed.get(node) as Values);
    if (data.length === 1 && node.shape.length === 0) return data[0];
    return { shape: node.batched && rows > 1 ? [rows, ...node.shape] : node.shape, data };
  };
  const reached = nodes.filter((node) => gradients.has(node));
  return {
    values: new Map(nodes.map((node) => [node, read(node)])),
    gradients: new Map(reached.map((node) => [node, read(gradients.get(node) as Node)])),
    flows: new Map(reached.map((node) => [node, (flows.get(node) ?? []).map((dx) => dx && read(dx))])),
  };
}
