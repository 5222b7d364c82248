/**
 * The memory plan: the address of every buffer within one block, known before anything is allocated. Pinned buffers
 * keep their place; scratch buffers whose lives do not overlap share theirs.
 */
import type { Buffer, Instruction } from '../graph/lowering.js';
import { LINE_BYTES } from '../graph/storage.js';
import { accesses } from './dependence.js';

interface Life {
  readonly buffer: Buffer;
  /** The first and the last instruction that touch it. */
  readonly first: number;
  last: number;
}

export interface Plan {
  /** Bytes from the block's start, by buffer. Persistent buffers are not in it. */
  readonly offsets: ReadonlyMap<Buffer, number>;
  readonly bytes: number;
}

/** Buffers start on a line. */
const align = (bytes: number): number => Math.ceil(bytes / LINE_BYTES) * LINE_BYTES;

/** Plans the phases' buffers. A phase may run again, so what it takes from an earlier one is kept until its end. */
export function plan(phases: readonly (readonly Instruction[])[], pinned: Iterable<Buffer>): Plan {
  const lives = new Map<Buffer, Life>();
  const count = phases.reduce((total, phase) => total + phase.length, 0);
  for (const buffer of pinned) lives.set(buffer, { buffer, first: 0, last: count });
  let start = 0;
  for (const phase of phases) {
    const end = start + phase.length - 1;
    phase.forEach((instruction, i) => {
      for (const { buffer } of accesses(instruction)) {
        if (buffer.life === 'persistent') continue;
        const life = lives.get(buffer);
        if (life) life.last = Math.max(life.last, life.first < start ? end : start + i);
        else lives.set(buffer, { buffer, first: start + i, last: start + i });
      }
    });
    start = end + 1;
  }
  return place([...lives.values()]);
}

/** Largest first, each at the lowest offset where it overlaps nothing that lives at the same time. */
function place(lives: Life[]): Plan {
  lives.sort((a, b) => b.buffer.bytes - a.buffer.bytes || a.buffer.id - b.buffer.id);
  const placed: { life: Life; start: number; end: number }[] = [];
  const offsets = new Map<Buffer, number>();
  let bytes = 0;
  for (const life of lives) {
    const length = align(life.buffer.bytes);
    const neighbours = placed
      .filter((other) => other.life.first <= life.last && life.first <= other.life.last)
      .sort((a, b) => a.start - b.start);
    let start = 0;
    for (const other of neighbours) {
      if (other.start - start >= length) break;
      start = Math.max(start, other.end);
    }
    placed.push({ life, start, end: start + length });
    offsets.set(life.buffer, start);
    bytes = Math.max(bytes, start + length);
  }
  return { offsets, bytes };
}
