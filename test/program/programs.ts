/** Random programs for tests: buffers of random sizes, each written before it is read. */
import type { Buffer, Instruction } from '../../src/graph/lowering.js';
import { createBuffer } from '../../src/program/emitter.js';
import { Elementwise } from '../../src/program/generated/instructions.js';
import type { Generator } from '../../src/random.js';

/** y = a + b: what it reads and what it writes is all that counts here. */
export function addition(a: Buffer, b: Buffer | null, y: Buffer): Instruction {
  const numbers = { features: 1, period: 1, batched: 1, kind: Elementwise.add, alpha: 1 };
  const steps = { aPanel: 0, aGroup: 0, aRow: 0, aSplat: 0, bPanel: 0, bGroup: 0, bRow: 0, bSplat: 0 };
  return { name: 'elementwise', fields: { a, b, y, ...numbers, ...steps } };
}

export interface RandomProgram {
  readonly phases: Instruction[][];
  /** Inputs that are there before the first phase, and results that are read after the last. */
  readonly inputs: Buffer[];
  readonly results: Buffer[];
}

const pick = <T>(generator: Generator, items: readonly T[]): T => items[generator.integer(items.length)];

export function randomProgram(generator: Generator): RandomProgram {
  const bytes = () => 64 * (1 + generator.integer(8)) - 4 * generator.integer(16);
  const inputs = [createBuffer('input', bytes(), 'pinned'), createBuffer('input', bytes(), 'pinned')];
  const written = [...inputs];
  const phases = Array.from({ length: 1 + generator.integer(3) }, () =>
    Array.from({ length: 1 + generator.integer(15) }, () => {
      const y = createBuffer('value', bytes(), 'scratch');
      // Recent values are read more often than old ones, as in a network.
      const recent = written.slice(-4);
      const b = generator.integer(3) === 0 ? null : pick(generator, written);
      const instruction = addition(pick(generator, recent), b, y);
      written.push(y);
      return instruction;
    }),
  );
  return { phases, inputs, results: [pick(generator, written), written.at(-1) as Buffer] };
}
