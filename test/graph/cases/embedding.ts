import { apply, type Shape } from '../../../src/graph/node.js';
import { square } from '../../../src/graph/ops/elementwise.js';
import { embedding, embeddingOperations } from '../../../src/graph/ops/embedding.js';
import { all, type Case, each, index, named } from './operands.js';

const [, gradientOperation] = embeddingOperations;

/** Tables [V, D] and integers of different shapes. */
const tables = (n: number): [Shape, number[]][] => [
  [[7, n], [3]],
  [[n, 3], []],
  [
    [n, 17],
    [2, 2],
  ],
  [[300, 2], [n]],
];

export const embeddingCases = (n: number): Case[] => [
  ...tables(n).flatMap(([table, positions]) => {
    const at = index(positions, table[0]);
    return [
      named('embedding', [all(table), at], embedding),
      named(`the gradient of embedding by [${table}]`, [at, each([...positions, table[1]])], (i, dy) =>
        apply(gradientOperation, [i, dy], { shape: table } as never),
      ),
    ];
  }),
  named('embedding by a computed table', [all([4, n]), index([2], 4)], (table, i) => embedding(square(table), i)),
];
