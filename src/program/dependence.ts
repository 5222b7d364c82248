/** What an instruction reads and what it writes. */
import type { Buffer, Instruction } from '../graph/lowering.js';
import { instructions } from './generated/instructions.js';

interface Access {
  readonly field: string;
  readonly buffer: Buffer;
  readonly written: boolean;
}

/** The buffers of an instruction. What it writes may be read by it as well: updates and sums do so. */
export function accesses({ name, fields }: Instruction): Access[] {
  const writes: readonly string[] = instructions[name].writes;
  return Object.entries(fields)
    .filter((entry): entry is [string, Buffer] => entry[1] !== null && typeof entry[1] === 'object')
    .map(([field, buffer]) => ({ field, buffer, written: writes.includes(field) }));
}

export const reads = (instruction: Instruction, buffer: Buffer): boolean =>
  accesses(instruction).some((access) => access.buffer === buffer && !access.written);

export const writes = (instruction: Instruction, buffer: Buffer): boolean =>
  accesses(instruction).some((access) => access.buffer === buffer && access.written);
