import { dot, matmul } from '../../../src/graph/ops/matmul.js';
import { all, type Case, each, named } from './operands.js';

const transposed = [false, true].flatMap((transposeA) =>
  [false, true].map((transposeB) => ({ transposeA, transposeB })),
);

/** Extents M, K and N, and the axes in front. */
const extents = (n: number): [number, number, number, number[]][] => [
  [n, 3, 2, []],
  [3, n, 4, []],
  [2, 5, n, [3]],
  [1, n, 1, [2, 2]],
];

const flipped = (rows: number, columns: number, flip: boolean) => (flip ? [columns, rows] : [rows, columns]);

export const matmulCases = (n: number): Case[] => [
  ...transposed.flatMap((options) =>
    extents(n).map(([M, K, N, heads]) => {
      const a = each([...heads, ...flipped(M, K, options.transposeA)]);
      const b = each([...heads, ...flipped(K, N, options.transposeB)]);
      const name = `matmul${options.transposeA ? ', a transposed' : ''}${options.transposeB ? ', b transposed' : ''}`;
      return named(name, [a, b], (x, y) => matmul(x, y, options));
    }),
  ),
  named('dot', [each([n]), each([n])], dot),
  named('dot', [each([2, n]), all([2, n])], dot),
];
