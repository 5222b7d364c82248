import type { Node } from '../../../src/graph/node.js';
import * as elementwise from '../../../src/graph/ops/elementwise.js';
import { uniform } from '../../numbers.js';
import { apart, type Case, type Draw, layouts, named, over, pairs, positive, signed } from './operands.js';

/** Halves from -2 to 2: often equal, and never near a bound that is none of them. */
const halves: Draw = (generator, count) => uniform(generator, count, -4, 4).map((x) => Math.round(x) / 2);

export function elementwiseCases(n: number): Case[] {
  const { abs, clip, exp, log, neg, pow, reciprocal, sqrt, square } = elementwise;
  const unary: [string, (x: Node) => Node, Draw][] = [
    ['neg', neg, signed],
    ['exp', exp, signed],
    ['log', log, positive],
    ['sqrt', sqrt, positive],
    ['square', square, signed],
    ['reciprocal', reciprocal, apart],
    ['abs', abs, apart],
    ['clip', (x) => clip(x, -1.3, 0.9), halves],
    ['clip from below', (x) => clip(x, 0, Infinity), apart],
    ['clip from above', (x) => clip(x, -Infinity, 0), apart],
    ...[-1, 0, 2, 3].map((e): [string, (x: Node) => Node, Draw] => [`pow ${e}`, (x) => pow(x, e), apart]),
    ...[-0.5, 0.5, 2.5, 1.7].map((e): [string, (x: Node) => Node, Draw] => [`pow ${e}`, (x) => pow(x, e), positive]),
  ];
  const { add, sub, mul, div, maximum, minimum, heaviside, greater, less, equal, keep, where } = elementwise;
  const binary: [string, (a: Node, b: Node) => Node, Draw, Draw][] = [
    ['add', add, signed, signed],
    ['sub', sub, signed, signed],
    ['mul', mul, signed, signed],
    ['div', div, signed, apart],
    ['maximum', maximum, positive, apart],
    ['minimum', minimum, positive, apart],
    ['heaviside', heaviside, positive, apart],
    ['greater', greater, positive, apart],
    ['less', less, positive, apart],
    ['equal', equal, halves, halves],
    ['keep', keep, halves, signed],
    ['where, the mask', (a, b) => where(greater(a, 0), b, 2), apart, signed],
    ['where, both sides', (a, b) => where(less(a, b), a, mul(b, b)), positive, apart],
  ];
  return [
    ...unary.flatMap(([name, f, draw]) => layouts(n).map((layout) => named(name, [layout(draw)], f))),
    ...binary.flatMap(([name, f, da, db]) => pairs(n).map(([a, b]) => named(name, [over(a, da), over(b, db)], f))),
  ];
}
