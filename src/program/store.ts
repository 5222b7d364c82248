/** What outlives a run: parameters, statistics, constants, and the optimiser's state, in one block each. */
import type { Buffer } from '../graph/lowering.js';
import type { OptimizerState, Tensor } from '../graph/model.js';
import type { Node } from '../graph/node.js';
import { sourceData } from '../graph/ops/source.js';
import type { Blocks } from '../runtime/heap.js';
import type { Runtime } from '../runtime/runtime.js';
import { createBuffer, nodeBytes } from './emitter.js';

export class Store {
  readonly #offsets = new Map<Buffer, number>();
  readonly #buffers = new Map<Node, Buffer>();
  readonly #states = new Map<Node, Buffer[]>();
  readonly #kept: readonly Node[];
  /** 0 until `allocate`. */
  #block = 0;
  /** Bytes of the optimiser's state, and of the whole block. */
  readonly stateBytes: number;
  readonly bytes: number;

  constructor(
    readonly runtime: Runtime,
    kept: readonly Node[],
    /** The parameters that have a state. */
    readonly trained: readonly Node[],
    stateNames: readonly string[],
  ) {
    this.#kept = kept;
    let bytes = 0;
    const reserve = (node: Node, label: string): Buffer => {
      const buffer = createBuffer(label, nodeBytes(node, 1), 'persistent');
      this.#offsets.set(buffer, bytes);
      bytes += buffer.bytes;
      return buffer;
    };
    for (const node of kept) this.#buffers.set(node, reserve(node, node.name ?? 'constant'));
    const keptBytes = bytes;
    for (const node of trained)
      this.#states.set(
        node,
        stateNames.map((state) => reserve(node, `${node.name}.${state}`)),
      );
    this.stateBytes = bytes - keptBytes;
    this.bytes = bytes;
  }

  /** Takes the block, and writes the values that the graph gives. */
  allocate(blocks: Blocks): void {
    this.#block = blocks.allocate(this.bytes, 'parameters and optimizer state');
    for (const node of this.#kept) {
      const data = sourceData(node);
      if (data) this.write(node, data);
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

  #stateAddress({ parameter, index }: OptimizerState): number {
    return this.addressOf(this.states(parameter)[index]);
  }

  /** A row-major copy of a value. */
  read(node: Node): Tensor {
    return { shape: node.shape, data: this.runtime.unpack(this.address(node), node.shape) };
  }

  readState(state: OptimizerState): Tensor {
    const { shape } = state.parameter;
    return { shape, data: this.runtime.unpack(this.#stateAddress(state), shape) };
  }

  /** Overwrites a value with row-major numbers of its shape. */
  write(node: Node, data: ArrayLike<number>): void {
    this.runtime.pack(this.address(node), node.shape, data);
  }

  writeState(state: OptimizerState, data: ArrayLike<number>): void {
    this.runtime.pack(this.#stateAddress(state), state.parameter.shape, data);
  }

  /** All of it, as it lies in memory. */
  values(): Float32Array {
    return this.runtime.heap.f32.subarray(this.#block / 4, (this.#block + this.bytes) / 4);
  }
}
