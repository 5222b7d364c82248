import { describe, expect, it } from 'vitest';
import type { Buffer, Instruction } from '../../src/graph/lowering.js';
import { accesses } from '../../src/program/dependence.js';
import { createBuffer } from '../../src/program/emitter.js';
import { type Plan, plan } from '../../src/program/plan.js';
import { Generator } from '../../src/random.js';
import { addition, randomProgram } from './programs.js';

/** Memory that knows which buffer wrote each byte last. */
class Memory {
  readonly #owner: (Buffer | undefined)[] = [];

  constructor(readonly plan: Plan) {}

  #start(buffer: Buffer): number {
    const start = this.plan.offsets.get(buffer);
    if (start === undefined) throw new Error(`expected a place for ${buffer.label}`);
    return start;
  }

  write(buffer: Buffer): void {
    for (let i = 0; i < buffer.bytes; i++) this.#owner[this.#start(buffer) + i] = buffer;
  }

  /** Whether all of the buffer's bytes are still there. */
  holds(buffer: Buffer): boolean {
    for (let i = 0; i < buffer.bytes; i++) if (this.#owner[this.#start(buffer) + i] !== buffer) return false;
    return true;
  }

  /** Runs a phase; the reads that found something else. */
  run(phase: readonly Instruction[]): string[] {
    const lost: string[] = [];
    phase.forEach((instruction, i) => {
      const all = accesses(instruction);
      for (const { buffer, written } of all)
        if (!written && !this.holds(buffer)) lost.push(`read ${i}: ${buffer.label}`);
      for (const { buffer, written } of all) if (written) this.write(buffer);
      // What is written must not lie over what is read by the same instruction.
      for (const { buffer } of all) if (!this.holds(buffer)) lost.push(`write ${i}: ${buffer.label}`);
    });
    return lost;
  }
}

const buffer = (label: string, bytes = 640): Buffer => createBuffer(label, bytes, 'scratch');

describe('the memory plan', () => {
  it('keeps everything until it has been read for the last time, in any program', () => {
    const generator = new Generator(1);
    for (let trial = 0; trial < 300; trial++) {
      const { phases, inputs, results } = randomProgram(generator);
      const memory = new Memory(plan(phases, [...inputs, ...results]));
      for (const input of inputs) memory.write(input);
      expect(phases.flatMap((phase) => memory.run(phase))).toEqual([]);
      expect([...inputs, ...results].every((pinned) => memory.holds(pinned))).toBe(true);
    }
  });

  it('lets each phase run again', () => {
    const generator = new Generator(2);
    for (let trial = 0; trial < 300; trial++) {
      const { phases, inputs, results } = randomProgram(generator);
      const memory = new Memory(plan(phases, [...inputs, ...results]));
      for (const input of inputs) memory.write(input);
      const twice = phases.flatMap((phase) => [phase, phase]);
      expect(twice.flatMap((phase) => memory.run(phase))).toEqual([]);
    }
  });

  it('starts every buffer on a cache line and stays within its bytes', () => {
    const generator = new Generator(3);
    for (let trial = 0; trial < 100; trial++) {
      const { phases, inputs, results } = randomProgram(generator);
      const { offsets, bytes } = plan(phases, [...inputs, ...results]);
      for (const [{ bytes: length }, start] of offsets) {
        expect(start % 64).toBe(0);
        expect(start + length).toBeLessThanOrEqual(bytes);
      }
    }
  });

  it('needs room for two values of a chain, however long it is', () => {
    const values = Array.from({ length: 100 }, (_, i) => buffer(`value ${i}`));
    const chain = values.slice(1).map((y, i) => addition(values[i], null, y));
    expect(plan([chain], []).bytes).toBe(2 * 640);
  });

  it('gives no place to buffers that outlive the program', () => {
    const weight = createBuffer('weight', 640, 'persistent');
    const y = buffer('y');
    expect([...plan([[addition(weight, null, y)]], []).offsets.keys()]).toEqual([y]);
  });

  it('gives a place to what is pinned even if nothing touches it', () => {
    const input = createBuffer('input', 64, 'pinned');
    expect(plan([[]], [input]).offsets.get(input)).toBe(0);
  });
});
