import { lineMap } from '../../../src/graph/line-map.js';
import { apply } from '../../../src/graph/node.js';
import { combineOperations } from '../../../src/graph/ops/combine.js';
import { broadcast, concat, pad, permute, slice, tile, transpose } from '../../../src/graph/ops/move.js';
import { flatten, reshape } from '../../../src/graph/ops/reshape.js';
import { all, type Case, each, named } from './operands.js';

const [adjoint] = combineOperations;

export const moveCases = (n: number): Case[] => [
  named('concat', [each([2, n]), all([1, n])], (a, b) => concat([a, b], 0)),
  ...[each, all].flatMap((operand) => [
    named('reshape', [operand([2, n, 3])], (x) => reshape(x, [n, -1])),
    named('reshape, the last axis as before', [operand([2, 3, n])], (x) => reshape(x, [-1, n])),
    named('flatten', [operand([3, n])], flatten),
    named('reshape of a vector', [operand([2 * n])], (x) => reshape(x, [n, 2])),
    named('slice of rows', [operand([5, n])], (x) => slice(x, [1, 0], [-1, n])),
    named('slice of columns', [operand([3, n + 2])], (x) => slice(x, [0, 1], [3, -1])),
    named('slice on every axis', [operand([3, n + 1, 4])], (x) => slice(x, [1, 0, 1], [2, -1, 3])),
    named('slice of a vector', [operand([n + 3])], (x) => slice(x, [2])),
    named('pad', [operand([2, n])], (x) => pad(x, [[1, 2], [0, 3]])), // biome-ignore format: widths by axis
    named('pad of rows', [operand([2, 3, n])], (x) => pad(x, [[0, 1], [2, 0], [0, 0]])), // biome-ignore format: same
    named('permute', [operand([2, n, 3])], (x) => permute(x, [-1, 0, 1])),
    named('permute, the last axis as before', [operand([2, 3, n])], (x) => permute(x, [1, 0, 2])),
    named('transpose', [operand([3, n])], transpose),
    named('transpose of one row', [operand([1, n])], transpose),
    named('tile', [operand([2, n])], (x) => tile(x, [2, 3])),
    named('tile of rows', [operand([2, n])], (x) => tile(x, [3, 1])),
    named('broadcast along new axes', [operand([n])], (x) => broadcast(x, [2, 3, n])),
    named('broadcast along old axes', [operand([2, 1, n, 1])], (x) => broadcast(x, [2, 3, n, 2])),
    named('broadcast of a number', [operand([])], (x) => broadcast(x, [n])),
    named('concat of vectors', [operand([n]), operand([3]), operand([n])], (a, b, c) => concat([a, b, c])),
    named('concat of rows', [operand([2, n]), operand([1, n])], (a, b) => concat([a, b])),
    named('concat along the last axis', [operand([2, 2, n]), operand([2, 2, 3])], (a, b) => concat([a, b], -1)),
    named('concat with itself', [operand([3, n])], (x) => concat([x, x], 1)),
    // Overlapping sets of two, one of none.
    named('a combination', [operand([n, 2])], (x) => {
      const sets = [[0], [0, n - 1], [], [n - 1, 0]];
      const map = lineMap(2 * n, [
        { extent: n, stride: 2, sets },
        { extent: 2, stride: 1, sets: [[0], [1]] },
      ]);
      return apply(adjoint, [x], { shape: [4, 2], map, scale: -0.5 });
    }),
  ]),
];
