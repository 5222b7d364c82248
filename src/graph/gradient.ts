/** Reverse-mode differentiation. The backward pass is graph too: each operation's rule adds nodes, nothing is computed. */
import { ShapeError } from '../errors.js';
import { type Node, reachable, sameShape, showShape, size } from './node.js';
import { add } from './ops/elementwise.js';
import { repeat } from './ops/reduce.js';
import { constant } from './ops/source.js';

/**
 * The gradient of `root` with respect to each of `wrt`, where `seed` is the gradient of what is asked for with respect
 * to `root` and has its shape. Gradients of a value that is used more than once are added. A value that the root does
 * not depend on has gradient 0.
 */
export function gradients(root: Node, wrt: readonly Node[], seed: Node): Node[] {
  const nodes = reachable([root]);
  const needed = new Set<Node>(wrt);
  for (const node of nodes) if (node.inputs.some((x) => needed.has(x))) needed.add(node);

  const gradient = new Map<Node, Node>([[root, seed]]);
  for (const node of nodes.reverse()) {
    const dy = gradient.get(node);
    if (!dy || !needed.has(node)) continue;
    const needs = node.inputs.map((x) => needed.has(x));
    const rule = node.operation.vjp(node, dy, needs, node.attributes);
    node.inputs.forEach((x, i) => {
      const dx = rule[i];
      if (!dx || !needs[i]) return;
      check(node, x, dx);
      const sum = gradient.get(x);
      gradient.set(x, sum ? add(sum, dx) : dx);
    });
  }
  return wrt.map((node) => gradient.get(node) ?? zerosLike(node));
}

function check(node: Node, x: Node, dx: Node): void {
  if (sameShape(x.shape, dx.shape) && x.batched === dx.batched) return;
  throw new ShapeError(
    `gradient of ${node.operation.name}: expected shape ${showShape(x.shape)}, got ${showShape(dx.shape)}`,
  );
}

function zerosLike(node: Node): Node {
  const zeros = constant(new Float32Array(size(node.shape)), node.shape);
  return node.batched ? repeat(zeros) : zeros;
}
