/** Instructions as records in memory, with a barrier before each that depends on what other threads may still do. */
import type { Buffer, Instruction } from '../graph/lowering.js';
import { accesses } from './dependence.js';
import { BARRIER, HEADER, RECORD_BYTES, instructions as table } from './generated/instructions.js';

/** Where the record of `packRows` says which samples it takes: behind the opcode, all fields are words. */
const packField = (field: keyof typeof table.packRows.fields): number =>
  4 * (1 + Object.keys(table.packRows.fields).indexOf(field));
export const SAMPLES = { source: packField('source'), index: packField('index') } as const;

export const recordsBytes = (count: number): number => HEADER.records + RECORD_BYTES * count;

interface Range {
  readonly start: number;
  readonly end: number;
  readonly written: boolean;
}

/**
 * For each instruction whether the threads must meet before it: if, since they last met, another instruction wrote
 * what it touches, or touched what it writes. Decided by addresses, since buffers share them.
 */
export function barriers(instructions: readonly Instruction[], address: (buffer: Buffer) => number): boolean[] {
  let pending: Range[] = [];
  return instructions.map((instruction) => {
    const ranges = accesses(instruction).map(({ buffer, written }) => {
      const start = address(buffer);
      return { start, end: start + buffer.bytes, written };
    });
    const conflict = ranges.some((a) =>
      pending.some((b) => (a.written || b.written) && a.start < b.end && b.start < a.end),
    );
    const barrier = conflict || instruction.name === 'check';
    if (barrier) pending = [];
    pending.push(...ranges);
    return barrier;
  });
}

/** Writes one record. */
export function encode(
  instruction: Instruction,
  barrier: boolean,
  record: number,
  memory: { readonly i32: Int32Array; readonly f32: Float32Array },
  address: (buffer: Buffer) => number,
): void {
  const { opcode, fields } = table[instruction.name];
  let at = record / 4;
  memory.i32[at++] = opcode | (barrier ? BARRIER : 0);
  for (const [field, type] of Object.entries(fields)) {
    const value = (instruction.fields as Record<string, Buffer | number | null>)[field];
    if (type === 'f32') memory.f32[at++] = value as number;
    else if (type === 'i32') memory.i32[at++] = value as number;
    // Addresses beyond 2 GiB wrap to negative numbers here and back in the kernels.
    else memory.i32[at++] = value === null ? 0 : address(value as Buffer);
  }
}
