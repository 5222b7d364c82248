import type { Node } from '../../../src/graph/node.js';
import * as elementwise from '../../../src/graph/ops/elementwise.js';
import { apart, type Case, type Draw, layouts, named, over, pairs, positive, signed } from './operands.js';

export function elementwiseCases(n: number): Case[] {
  const { exp, log, neg, pow, reciprocal, sqrt, square } = elementwise;
  const unary: [string, (x: Node) => Node, Draw][] = [
    ['neg', neg, signed],
    ['exp', exp, signed],
    ['log', log, positive],
    ['sqrt', sqrt, positive],
    ['square', square, signed],
    ['reciprocal', reciprocal, apart],
    ...[-1, 0, 2, 3].map((e): [string, (x: Node) => Node, Draw] => [`pow ${e}`, (x) => pow(x, e), apart]),
    ...[-0.5, 0.5, 2.5, 1.7].map((e): [string, (x: Node) => Node, Draw] => [`pow ${e}`, (x) => pow(x, e), positive]),
  ];
  const { add, sub, mul, div, maximum, minimum, heaviside } = elementwise;
  const binary: [string, (a: Node, b: Node) => Node, Draw, Draw][] = [
    ['add', add, signed, signed],
    ['sub', sub, signed, signed],
    ['mul', mul, signed, signed],
    ['div', div, signed, apart],
    ['maximum', maximum, positive, apart],
    ['minimum', minimum, positive, apart],
    ['heaviside', heaviside, positive, apart],
  ];
  return [
    ...unary.flatMap(([name, f, draw]) => layouts(n).map((layout) => named(name, [layout(draw)], f))),
    ...binary.flatMap(([name, f, da, db]) => pairs(n).map(([a, b]) => named(name, [over(a, da), over(b, db)], f))),
  ];
}
