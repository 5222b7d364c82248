/** What the types of a configuration promise, and what they refuse. `tsc` checks them. */
import { expectTypeOf, it } from 'vitest';
import { readIdx } from '../../src/data/index.js';
import { adam, conv2d, dense, from, maxPool2d, type NetworkConfig, network, type Tensor } from '../../src/index.js';
import { compile, gradients, input, type Node } from '../../src/lanegrad-graph.js';

/** Never called: nothing but its types is meant. */
const configurations = async () => {
  const list = await network({ input: 3, layers: [dense(3)], loss: 'softmaxCrossEntropy' });
  expectTypeOf(list.predict([])).toEqualTypeOf<Tensor>();

  const layers = { p: from('a', dense(2)), q: from('a', dense(2)) };
  const two = await network({ inputs: { a: 3 }, layers, outputs: { p: { loss: 'huber' }, q: {} } });
  expectTypeOf(two.predict([])).toEqualTypeOf<{ readonly p: Tensor; readonly q: Tensor }>();

  // Arrays of their own memory, which alone may go into a Blob.
  new Blob([await list.save(), list.predict([]).data, readIdx(new Uint8Array()).data]);
  // Parameters may be of any.
  list.setParameters({ '0.bias': { shape: [3], data: new Float32Array(new SharedArrayBuffer(12)) } });
  list.setParameters(list.parameters());
  list.setParameters({ '0.bias': { shape: [3], data: [1, 2, 3] } });

  const parsed: NetworkConfig = JSON.parse('');
  expectTypeOf((await network(parsed)).predict([])).toEqualTypeOf<Tensor>();

  // What may be left out may also be undefined.
  const left = undefined as number | undefined;
  const losses: number[] = [];
  await network({ input: 3, layers: [dense(3)], loss: undefined, seed: left, batch: left, optimizer: undefined });
  await list.fit({ x: [], y: [], weights: undefined }, { epochs: left, signal: undefined, onEpoch: undefined });
  await compile(input('x'), { batch: left, outputs: undefined, gradients: undefined });
  conv2d(3, 3, 'relu', { stride: left, bias: undefined });
  maxPool2d(2, { stride: left });
  await network({
    input: 3,
    layers: [{ kind: 'dense', units: 3, activation: undefined }],
    optimizer: adam({ learningRate: left }),
  });

  // What a callback returns is its own affair.
  await list.fit({ x: [], y: [] }, { onEpoch: ({ loss }) => losses.push(loss), onBatch: async () => list.save() });

  // As many gradients as nodes, also under noUncheckedIndexedAccess.
  const [x, y] = [input('x'), input('y')];
  expectTypeOf(gradients(x, [x, y])).toEqualTypeOf<[Node, Node]>();
  expectTypeOf(gradients(x, [x, y] as readonly Node[])).toEqualTypeOf<Node[]>();

  // @ts-expect-error: a misspelt option
  await network({ input: 3, layers: [dense(3)], optimiser: { kind: 'adam' } });
  // @ts-expect-error: a misspelt field of a layer that is written out
  await network({ input: 3, layers: [{ kind: 'conv2d', filters: 3, kernel: 3, strid: 2 }] });
  // @ts-expect-error: a misspelt option of a layer
  conv2d(3, 3, 'relu', { strid: 2 });
  // @ts-expect-error: an unknown kind
  await network({ input: 3, layers: [{ kind: 'dence', units: 3 }] });
  // @ts-expect-error: an unknown loss
  await network({ input: 3, layers: [dense(3)], loss: 'mse' });
  // @ts-expect-error: an unknown activation
  dense(3, 'rely');
};

it('types hold', () => {
  expectTypeOf(configurations).returns.resolves.toBeVoid();
});
