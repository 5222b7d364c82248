/** The vocabulary in which operations say what they become: buffers and instructions, before either has an address. */
import type { instructions } from '../program/generated/instructions.js';

/** A piece of memory that a program needs. Its address comes from the memory plan. */
export interface Buffer {
  readonly id: number;
  readonly bytes: number;
  /** What it holds, for reports. */
  readonly label: string;
  /**
   * `persistent` buffers (parameters, optimiser state, constants) outlive every run; `pinned` ones (inputs, results)
   * keep their place within a program; `scratch` ones share memory when their lives do not overlap.
   */
  readonly life: 'persistent' | 'pinned' | 'scratch';
}

type Table = typeof instructions;

export type InstructionName = keyof Table;

/** The operands of an instruction: buffers where the kernel takes a pointer (null is the null pointer), numbers elsewhere. */
export type Fields<N extends InstructionName> = {
  [F in keyof Table[N]['fields']]: Table[N]['fields'][F] extends 'pointer' ? Buffer | null : number;
};

export interface Instruction<N extends InstructionName = InstructionName> {
  readonly name: N;
  readonly fields: Fields<N>;
}
