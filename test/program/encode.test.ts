import { describe, expect, it } from 'vitest';
import type { Buffer, Instruction } from '../../src/graph/lowering.js';
import { accesses } from '../../src/program/dependence.js';
import { createBuffer } from '../../src/program/emitter.js';
import { barriers, encode } from '../../src/program/encode.js';
import { BARRIER, RECORD_BYTES, Rule, instructions as table } from '../../src/program/generated/instructions.js';
import { plan } from '../../src/program/plan.js';
import { Generator } from '../../src/random.js';
import { addition, randomProgram } from './programs.js';

const check: Instruction = { name: 'check', fields: {} };
const buffer = (label: string): Buffer => createBuffer(label, 64, 'scratch');

/** Whether one instruction writes what another one touches, by addresses. */
function dependent(a: Instruction, b: Instruction, address: (buffer: Buffer) => number): boolean {
  return accesses(a).some((x) =>
    accesses(b).some(
      (y) =>
        (x.written || y.written) &&
        address(x.buffer) < address(y.buffer) + y.buffer.bytes &&
        address(y.buffer) < address(x.buffer) + x.buffer.bytes,
    ),
  );
}

describe('barriers', () => {
  /** Random programs with their addresses, where buffers share memory. */
  const programs = Array.from({ length: 200 }, (_, seed) => {
    const { phases, inputs, results } = randomProgram(new Generator(seed));
    const { offsets } = plan(phases, [...inputs, ...results]);
    return { instructions: phases.flat(), address: (b: Buffer) => offsets.get(b) as number };
  });

  it('lie between any two dependent instructions', () => {
    for (const { instructions, address } of programs) {
      const meets = barriers(instructions, address);
      for (let j = 1; j < instructions.length; j++)
        for (let i = 0; i < j; i++)
          if (dependent(instructions[i], instructions[j], address)) expect(meets.slice(i + 1, j + 1)).toContain(true);
    }
  });

  it('are only where an instruction depends on one since the last barrier', () => {
    for (const { instructions, address } of programs) {
      const meets = barriers(instructions, address);
      meets.forEach((meet, j) => {
        if (!meet) return;
        const last = Math.max(0, meets.lastIndexOf(true, j - 1));
        const since = instructions.slice(last, j);
        expect(since.some((instruction) => dependent(instruction, instructions[j], address))).toBe(true);
      });
    }
  });

  it('precede every check, which must see what all threads found', () => {
    expect(barriers([check, check], () => 0)).toEqual([true, true]);
  });

  it('follow an update before its weight is read', () => {
    const [x, dyT, w, s0, s1, y] = ['x', 'dyT', 'w', 's0', 's1', 'y'].map(buffer);
    const places = [x, dyT, w, s0, s1, y];
    const address = (b: Buffer) => 64 * places.indexOf(b);
    const update: Instruction = {
      name: 'denseBackwardWeight',
      fields: { x, dyT, dw: null, K: 1, N: 1, rule: Rule.adam, w, s0, s1 },
    };
    for (const changed of [w, s0, s1])
      expect(barriers([update, addition(changed, null, y)], address)).toEqual([false, true]);
    expect(barriers([update, addition(x, null, y)], address)).toEqual([false, false]);
  });

  it('are not needed by instructions that only read the same', () => {
    const [a, y, z] = ['a', 'y', 'z'].map(buffer);
    const places = new Map([a, y, z].map((b, i) => [b, 64 * i]));
    const both = [addition(a, null, y), addition(a, null, z)];
    expect(barriers(both, (b) => places.get(b) as number)).toEqual([false, false]);
  });
});

describe('a record', () => {
  const memory = () => {
    const bytes = new ArrayBuffer(2 * RECORD_BYTES);
    return { i32: new Int32Array(bytes), f32: new Float32Array(bytes) };
  };
  const [x, y] = ['x', 'y'].map(buffer);
  const address = (b: Buffer) => (b === x ? 3 * 2 ** 30 : 4096);
  const sumFeatures: Instruction = { name: 'sumFeatures', fields: { x, y, features: 17, scale: 0.25 } };

  it('holds opcode, addresses and numbers in the order of the table', () => {
    const { i32, f32 } = memory();
    encode(sumFeatures, false, RECORD_BYTES, { i32, f32 }, address);
    const record = RECORD_BYTES / 4;
    expect(i32[record]).toBe(table.sumFeatures.opcode);
    expect(i32[record + 1] >>> 0).toBe(3 * 2 ** 30);
    expect(i32[record + 2]).toBe(4096);
    expect(i32[record + 3]).toBe(17);
    expect(f32[record + 4]).toBe(0.25);
    expect(i32.slice(0, record).every((word) => word === 0)).toBe(true);
  });

  it('says whether the threads meet before it', () => {
    const { i32, f32 } = memory();
    encode(sumFeatures, true, 0, { i32, f32 }, address);
    expect(i32[0]).toBe(table.sumFeatures.opcode | BARRIER);
  });

  it('holds 0 for an operand that is not there', () => {
    const { i32, f32 } = memory();
    i32.fill(-1);
    encode(addition(x, null, y), false, 0, { i32, f32 }, address);
    expect(i32[2]).toBe(0);
  });

  it('has room for every instruction', () => {
    for (const { fields } of Object.values(table))
      expect(4 + 4 * Object.keys(fields).length).toBeLessThanOrEqual(RECORD_BYTES);
  });
});
