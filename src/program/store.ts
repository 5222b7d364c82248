/** What outlives a run: parameters, constants, and the optimiser's state, in one block each. */
import type { Buffer } from '../graph/lowering.js';
import type { Node } from '../graph/node.js';
import { sourceData } from '../graph/ops/source.js';
import type { Runtime } from '../runtime/runtime.js';
import { createBuffer, nodeBytes } from './emitter.js';

export class Store {
  readonly #offsets = new Map<Buffer, number>();
  readonly #buffers = new Map<Node, Buffer>();
  readonly #states = new Map<Node, Buffer[]>();
  readonly #block: number;
  /** Bytes of the block. */
  readonly bytes: number;

  constructor(
    readonly runtime: Runtime,
    kept: readonly Node[],
    trained: readonly Node[],
    stateNames: readonly string[],
  ) {
    let bytes = 0;
    const reserve = (node: Node, label: string): Buffer => {
      const buffer = createBuffer(label, nodeBytes(node, 1), 'persistent');
      this.#offsets.set(buffer, bytes);
      bytes += buffer.bytes;
      return buffer;
    };
    for (const node of kept) this.#buffers.set(node, reserve(node, node.name ?? 'constant'));
    for (const node of trained)
      this.#states.set(
        node,
        stateNames.map((state) => reserve(node, `${node.name}.${state}`)),
      );
    this.bytes = bytes;
    this.#block = runtime.heap.allocate(bytes, 'parameters and optimizer state');
    for (const node of kept) {
      const data = sourceData(node);
      if (data) runtime.pack(this.address(node), node.shape, data);
    }
  }

  buffer(node: Node): Buffer {
    return this.#buffers.get(node) as Buffer;
  }

  /** The optimiser's tensors of a parameter. */
  states(node: Node): readonly Buffer[] {
    return this.#states.get(node) as Buffer[];
  }

  addressOf(buffer: Buffer): number {
    return this.#block + (this.#offsets.get(buffer) as number);
  }

  address(node: Node): number {
    return this.addressOf(this.buffer(node));
  }

  /** All of it, as it lies in memory. */
  values(): Float32Array {
    return this.runtime.heap.f32.subarray(this.#block / 4, (this.#block + this.bytes) / 4);
  }

  dispose(): void {
    this.runtime.heap.free(this.#block, this.bytes);
  }
}
