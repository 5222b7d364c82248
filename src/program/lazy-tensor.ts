/** Tensors whose numbers are copied out of the kernels' memory when they are first read. */
import type { Floats } from '../arrays.js';
import type { Tensor } from '../graph/model.js';
import type { Shape } from '../graph/node.js';

/** What `console.log` of Node.js calls: it would show a getter, not its numbers. */
const INSPECT = Symbol.for('nodejs.util.inspect.custom');

export function lazyTensor(shape: Shape, read: () => Floats): Tensor {
  let data: Floats | undefined;
  const tensor = {
    shape,
    get data() {
      data ??= read();
      return data;
    },
  };
  return Object.defineProperty(tensor, INSPECT, { value: () => ({ ...tensor }) });
}
