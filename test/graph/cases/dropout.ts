import { apply } from '../../../src/graph/node.js';
import { dropout, dropoutOperations } from '../../../src/graph/ops/dropout.js';
import { type Case, each, named } from './operands.js';

const [maskOperation] = dropoutOperations;

export const dropoutCases = (n: number): Case[] => [
  ...[[n], [2, n], []].map((shape) =>
    named('dropout', [each(shape)], (x) => dropout(x, 0.3, { seed: 2 ** 40 + 7, stream: 5 })),
  ),
  {
    name: 'the mask of dropout',
    operands: [],
    build: () => apply(maskOperation, [], { shape: [n], rate: 0.5, seed: 1, stream: 2 ** 31 }),
  },
];
