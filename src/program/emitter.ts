/** Walks the graph and collects the instructions that its operations emit. */
import type { Buffer, Fields, Instruction, InstructionName } from '../graph/lowering.js';
import { type Node, reachable, size } from '../graph/node.js';
import type { Lowering } from '../graph/operation.js';
import { isKept, sourceKind } from '../graph/ops/source.js';
import { LINE, LINE_BYTES, lineCount, matrix, panels } from '../graph/storage.js';

let created = 0;

export function createBuffer(label: string, bytes: number, life: Buffer['life']): Buffer {
  return { id: created++, label, bytes, life };
}

/** Bytes of a node's values for a batch of this many panels. */
export const nodeBytes = (node: Node, samplePanels: number): number =>
  LINE_BYTES * lineCount(node) * (node.batched ? samplePanels : 1);

/** An input of a program, and where its rows are copied to. */
export interface Feed {
  readonly name: string;
  readonly staging: Buffer;
}

/** Integers that a program's kernels read. */
export interface Table {
  readonly buffer: Buffer;
  readonly values: Int32Array;
}

export class Emitter implements Lowering {
  readonly #buffers = new Map<Node, Buffer>();
  readonly #flat = new Map<Node, Buffer>();
  readonly #transposed = new Map<Node, Buffer>();
  readonly #lowered = new Set<Node>();
  readonly feeds: Feed[] = [];
  readonly tables: Table[] = [];
  /** The phase that instructions go to now. */
  instructions: Instruction[] = [];

  constructor(
    readonly batch: number,
    /** The buffers of parameters, statistics and constants, which outlive the program. */
    readonly persistent: (node: Node) => Buffer,
  ) {}

  get #samplePanels(): number {
    return panels(this.batch);
  }

  buffer(node: Node): Buffer {
    if (isKept(node)) return this.persistent(node);
    let buffer = this.#buffers.get(node);
    if (!buffer) {
      buffer = this.temporary(node);
      this.#buffers.set(node, buffer);
    }
    return buffer;
  }

  temporary(node: Node): Buffer {
    const label = node.name ?? node.operation.name;
    return createBuffer(label, nodeBytes(node, this.#samplePanels), 'scratch');
  }

  lines(count: number, perSample: boolean): Buffer {
    return createBuffer('temporary', LINE_BYTES * count * (perSample ? this.#samplePanels : 1), 'scratch');
  }

  flat(node: Node): Buffer {
    const { K, N, block } = matrix(node.shape);
    const panelled = this.buffer(node);
    if (K === 1) return panelled;
    let flat = this.#flat.get(node);
    if (!flat) {
      flat = this.lines(panels(K * N), false);
      this.#flat.set(node, flat);
      this.emit('unpackPanels', { source: panelled, target: flat, K, N, block });
    }
    return flat;
  }

  transposed(node: Node): Buffer {
    let transposed = this.#transposed.get(node);
    if (!transposed) {
      const { K: positions, N } = matrix(node.shape);
      transposed = this.lines(LINE * panels(N) * positions, true);
      this.#transposed.set(node, transposed);
      this.emit('transpose', { dy: this.buffer(node), dyT: transposed, N, positions });
    }
    return transposed;
  }

  table(values: Int32Array): Buffer {
    const same = (table: Table) =>
      values.length === table.values.length && values.every((x, i) => x === table.values[i]);
    let table = this.tables.find(same);
    if (!table) {
      table = { buffer: createBuffer('table', LINE_BYTES * panels(values.length), 'persistent'), values };
      this.tables.push(table);
    }
    return table.buffer;
  }

  alias(node: Node, other: Node): void {
    this.#buffers.set(node, this.buffer(other));
  }

  emit<N extends InstructionName>(name: N, fields: Fields<N>): void {
    this.instructions.push({ name, fields } as Instruction);
  }

  /** Emits the packing of the inputs that the roots need, and a check that stops the program if one is not finite. */
  feed(roots: readonly Node[]): void {
    for (const node of reachable(roots)) {
      if (sourceKind(node) !== 'input') continue;
      const features = size(node.shape);
      const bytes = Math.ceil((4 * this.batch * features) / LINE_BYTES) * LINE_BYTES;
      const staging = createBuffer(`${node.name} (rows)`, bytes, 'pinned');
      this.feeds.push({ name: node.name as string, staging });
      this.emit('packRows', { source: staging, index: null, target: this.buffer(node), features });
    }
    this.emit('check', {});
  }

  /** Emits what computes the roots and has not been emitted yet, in order of creation. */
  compute(roots: readonly Node[]): void {
    for (const node of reachable(roots)) {
      if (this.#lowered.has(node)) continue;
      this.#lowered.add(node);
      node.operation.lower(node, this, node.attributes);
    }
  }

  /** Where the caller reads a node's values when it asks for them: where they lie, if they do not change there. */
  kept(node: Node): Buffer {
    return !node.batched && this.buffer(node).life === 'scratch' ? this.buffer(node) : this.result(node);
  }

  /** Emits the copying of a node's values to where the caller reads them: rows if batched, else row-major. */
  result(node: Node): Buffer {
    const count = (node.batched ? this.batch : 1) * size(node.shape);
    const target = createBuffer(`${node.operation.name} (result)`, LINE_BYTES * panels(count), 'pinned');
    if (node.batched) this.emit('unpackRows', { source: this.buffer(node), target, features: size(node.shape) });
    else this.emit('unpackPanels', { source: this.buffer(node), target, ...matrix(node.shape) });
    return target;
  }
}
