/** Reverse-mode differentiation. The backward pass is graph too: each operation's rule adds nodes, nothing is computed. */
import { ShapeError, ValueError } from '../errors.js';
import { show } from '../fields.js';
import { checkNodes, type Node, reachable, sameShape, showNode, showShape, size } from './node.js';
import { add } from './ops/elementwise.js';
import { repeat } from './ops/reduce.js';
import { constant } from './ops/source.js';

/** A backward pass. */
export interface Backward {
  /** The gradient with respect to each node that any reaches: the sum over the node's uses. */
  readonly gradients: ReadonlyMap<Node, Node>;
  /** What flows back from each node into each of its inputs; null where nothing does. */
  readonly flows: ReadonlyMap<Node, readonly (Node | null)[]>;
}

/**
 * Walks back from `root` to each of `wrt`, where `seed` is the gradient of what is asked for with respect to `root` and
 * has its shape. Gradients of a value that is used more than once are added.
 */
export function backpropagate(root: Node, wrt: readonly Node[], seed: Node): Backward {
  const nodes = reachable([root]);
  const needed = new Set<Node>(wrt);
  for (const node of nodes) if (node.inputs.some((x) => needed.has(x))) needed.add(node);

  const gradients = new Map<Node, Node>([[root, seed]]);
  const flows = new Map<Node, (Node | null)[]>();
  for (const node of nodes.reverse()) {
    const dy = gradients.get(node);
    if (!dy || !needed.has(node)) continue;
    const needs = node.inputs.map((x) => needed.has(x));
    const rule = node.operation.vjp(node, dy, needs, node.attributes);
    const flow = node.inputs.map((x, i) => (needs[i] && rule[i] ? checked(node, x, rule[i]) : null));
    flows.set(node, flow);
    node.inputs.forEach((x, i) => {
      const dx = flow[i];
      if (!dx) return;
      const sum = gradients.get(x);
      gradients.set(x, sum ? add(sum, dx) : dx);
    });
  }
  return { gradients, flows };
}

/**
 * The gradient of `root` with respect to each of `wrt`, as graph: it can be computed with, and differentiated again.
 * Without a seed, root is a single number and its own gradient is 1. Where root has one number a sample, this is the
 * gradient of their sum over the batch: with respect to a value of each sample, that of the sample's own number.
 * A value that root does not depend on has gradient 0. A function that has nothing to change, such as
 * `reshape(x, x.shape)`, returns x itself, whose gradient is that of all its uses; `mul(x, 1)` is a node of its own.
 *
 *     const f = sum(tanh(dense(x, w)))
 *     const [dx] = gradients(f, [x])                     // of x's shape, for each sample
 *     const loss = add(task, mul(0.1, sum(square(dx))))  // a gradient penalty
 *
 * Throws `ShapeError` if root is no single number and has no seed, or the seed does not fit.
 */
export function gradients<const Wrt extends readonly Node[]>(
  root: Node,
  wrt: Wrt,
  seed: Node = one(root),
): { -readonly [Index in keyof Wrt]: Node } {
  if (!Array.isArray(wrt)) throw new ValueError(`gradients: expected a list of nodes, got ${show(wrt)}`);
  checkNodes('gradients', [root, ...wrt, seed]);
  if (!sameShape(seed.shape, root.shape) || seed.batched !== root.batched)
    throw new ShapeError(
      `gradients: expected a seed like ${showNode(root)}, of shape ${showShape(root.shape)}${
        root.batched ? ' for each sample' : ''
      }, got ${showShape(seed.shape)} of ${showNode(seed)}`,
    );
  const { gradients } = backpropagate(root, wrt, seed);
  return wrt.map((node) => gradients.get(node) ?? zerosLike(node)) as { -readonly [Index in keyof Wrt]: Node };
}

function one(root: Node): Node {
  checkNodes('gradients', [root]);
  if (root.shape.length > 0)
    throw new ShapeError(
      `gradients: expected a single number or a seed, got shape ${showShape(root.shape)} of ${showNode(root)}`,
    );
  return root.batched ? repeat(constant(1)) : constant(1);
}

function checked(node: Node, x: Node, dx: Node): Node {
  if (sameShape(x.shape, dx.shape) && x.batched === dx.batched) return dx;
  throw new ShapeError(
    `gradient of ${showNode(node)}: expected shape ${showShape(x.shape)}, got ${showShape(dx.shape)}`,
  );
}

function zerosLike(node: Node): Node {
  const zeros = constant(new Float32Array(size(node.shape)), node.shape);
  return node.batched ? repeat(zeros) : zeros;
}
