/** What an instruction reads and what it writes. */
import type { Buffer, Instruction } from '../graph/lowering.js';
import { instructions } from './generated/instructions.js';

interface Access {
  readonly field: string;
  readonly buffer: Buffer;
  readonly written: boolean;
}

/** Instructions are replaced and never changed, and every pass asks for what they touch. */
const known = new WeakMap<Instruction, readonly Access[]>();

/** The buffers of an instruction. What it writes may be read by it as well: updates and sums do so. */
export function accesses(instruction: Instruction): readonly Access[] {
  let found = known.get(instruction);
  if (!found) {
    const writes: readonly string[] = instructions[instruction.name].writes;
    found = Object.entries(instruction.fields)
      .filter((entry): entry is [string, Buffer] => entry[1] !== null && typeof entry[1] === 'object')
      .map(([field, buffer]) => ({ field, buffer, written: writes.includes(field) }));
    known.set(instruction, found);
  }
  return found;
}

export const writes = (instruction: Instruction, buffer: Buffer): boolean =>
  accesses(instruction).some((access) => access.buffer === buffer && access.written);
