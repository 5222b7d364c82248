/**
 * Ways to use every operation, for tests that hold for all of them. The operations come from the tables of
 * `src/graph/ops`, so that one without a case is found.
 */
import { readdirSync } from 'node:fs';
import { type Node, size } from '../../src/graph/node.js';
import type { Operation } from '../../src/graph/operation.js';
import { input, parameter } from '../../src/graph/ops/source.js';
import { activationCases } from './cases/activation.js';
import { chooseCases } from './cases/choose.js';
import { dropoutCases } from './cases/dropout.js';
import { elementwiseCases } from './cases/elementwise.js';
import { embeddingCases } from './cases/embedding.js';
import { lossCases } from './cases/loss.js';
import { matmulCases } from './cases/matmul.js';
import { moveCases } from './cases/move.js';
import { normCases } from './cases/norm.js';
import type { Case, Operand } from './cases/operands.js';
import { sumsOf } from './cases/reduce.js';
import { softmaxCases } from './cases/softmax.js';
import { stopCases } from './cases/stop.js';

/** Every operation in the tables of `src/graph/ops`: the exports called `...Operations`. */
export async function allOperations(): Promise<Operation<never>[]> {
  const folder = new URL('../../src/graph/ops/', import.meta.url);
  const modules = await Promise.all(readdirSync(folder).map((file) => import(new URL(file, folder).href)));
  return modules.flatMap((module) =>
    Object.keys(module)
      .filter((name) => name.endsWith('Operations'))
      .flatMap((name) => module[name]),
  );
}

/** Cases of every operation that stand for themselves, with n elements along the last axis. */
export const casesOf = (n: number): Case[] => [
  ...elementwiseCases(n),
  ...activationCases(n),
  ...sumsOf(n),
  ...moveCases(n),
  ...chooseCases(n),
  ...normCases(n),
  ...softmaxCases(n),
  ...matmulCases(n),
  ...stopCases(n),
  ...embeddingCases(n),
  ...dropoutCases(n),
  ...lossCases(n),
];

/** Numbers for one operand of a case. */
export const countOf = ({ shape, batched }: Operand, rows: number): number => size(shape) * (batched ? rows : 1);

/** A case's operands as sources, called 'a', 'b', ..., and what it makes of them. */
export function instance({ operands, build }: Case): { sources: Node[]; node: Node } {
  const sources = operands.map(({ shape, batched }, i) => {
    const name = 'abcdefgh'[i];
    return batched ? input(name, shape) : parameter(name, shape);
  });
  return { sources, node: build(...sources) };
}
