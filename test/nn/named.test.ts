/** Networks of named layers: several inputs and outputs, and shared parameters. */
import { describe, expect, it } from 'vitest';
import {
  add,
  batchNorm,
  dense,
  from,
  load,
  multiply,
  type NetworkOptions,
  network,
  residual,
  sgd,
  type Tensor,
} from '../../src/index.js';
import { Generator } from '../../src/random.js';
import { difference, integers, uniform } from '../numbers.js';
import { availableTiers } from '../tiers.js';
import { create, disposedLater } from './create.js';
import { any } from './refusals.js';

const ROWS = 19;
const BATCH = 8;
const left = uniform(new Generator(1), ROWS * 5);
const right = uniform(new Generator(2), ROWS * 3);
const digit = integers(new Generator(3), ROWS, 4);
const size = uniform(new Generator(4), ROWS * 2);

/** Two inputs, a layer used twice, two outputs. */
const two = {
  inputs: { left: 5, right: [3] },
  layers: {
    l: from('left', dense(6, 'tanh')),
    r: from('right', dense(6, 'tanh')),
    sum: from(['l', 'r'], add()),
    product: from(['l', 'r', 'sum'], multiply()),
    digit: from('product', dense(4)),
    size: from('sum', dense(2)),
  },
  outputs: { digit: { loss: 'softmaxCrossEntropy' }, size: { loss: 'meanSquaredError', weight: 0.3 } },
  optimizer: sgd({ learningRate: 0.1 }),
  batch: BATCH,
  seed: 3,
} as const satisfies NetworkOptions;

const x = { left: left.subarray(0, 5 * BATCH), right: right.subarray(0, 3 * BATCH) };
const y = { digit: digit.subarray(0, BATCH), size: size.subarray(0, 2 * BATCH) };

const turnedAround = <T>(values: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(values).reverse());

describe.each(await availableTiers())('several inputs and outputs on %s', (tier) => {
  it('train on the weighted sum of the losses', async () => {
    const net = await create({ ...two, tier });
    const { outputs } = net.evaluate({ x, y });
    const [first, second] = [outputs?.digit.loss as number, outputs?.size.loss as number];
    expect(net.forward(x, y)).toBeCloseTo(first + 0.3 * second, 5);
    const before = net.trainStep(x, y);
    for (let step = 0; step < 20; step++) net.trainStep(x, y);
    expect(net.forward(x, y)).toBeLessThan(before);
  });

  it('predict each output by its name, any number of rows', async () => {
    const net = await create({ ...two, tier });
    const { digit, size } = net.predict({ left, right });
    expect([digit.shape, size.shape]).toEqual([
      [ROWS, 4],
      [ROWS, 2],
    ]);
    for (let row = 0; row < ROWS; row++)
      expect(digit.data.subarray(4 * row, 4 * row + 4).reduce((a, b) => a + b)).toBeCloseTo(1, 5);
  });

  it('are evaluated in sum and each by itself', async () => {
    const net = await create({ ...two, tier });
    const { loss, accuracy, outputs } = net.evaluate({ x: { left, right }, y: { digit, size } });
    expect(accuracy).toBeNull();
    expect(loss).toBeCloseTo((outputs?.digit.loss as number) + 0.3 * (outputs?.size.loss as number), 5);
    const { data } = net.predict({ left, right }).digit;
    const right_ = digit.filter((label, row) => {
      const p = [...data.subarray(4 * row, 4 * row + 4)];
      return p.indexOf(Math.max(...p)) === label;
    });
    expect(outputs?.digit.accuracy).toBe(right_.length / ROWS);
    expect(outputs?.size.accuracy).toBeNull();
  });

  it('are fitted, with validation', async () => {
    const [net, twin] = [await create({ ...two, tier }), await create({ ...two, tier })];
    const data = { x: { left, right }, y: { digit, size } };
    const history = await net.fit(data, { epochs: 3, validation: 0.2, shuffle: false });
    expect(history[2].validation?.outputs?.digit.loss).toBeGreaterThan(0);
    const part = (from: number, to: number) => ({
      x: { left: left.subarray(5 * from, 5 * to), right: right.subarray(3 * from, 3 * to) },
      y: { digit: digit.subarray(from, to), size: size.subarray(2 * from, 2 * to) },
    });
    for (let epoch = 0; epoch < 3; epoch++) for (const { x, y } of [part(0, 8), part(8, 15)]) twin.trainStep(x, y);
    expect(twin.parameters()).toEqual(net.parameters());
  });

  it('take to a step what they take to evaluate, whatever the step reads of it', async () => {
    const net = await network({
      inputs: { a: 2, b: 3 },
      layers: { trained: { ...dense(2), from: 'a' }, other: { ...dense(1), from: 'b' } },
      outputs: { trained: { loss: 'meanSquaredError' }, other: {} },
      optimizer: sgd(),
      batch: 2,
      tier,
    });
    const [x, y] = [{ a: [1, 2], b: [1, 2, 3] }, [3, 4]];
    const loss = net.forward({ a: [1, 2] }, y);
    expect(net.forward(x, y)).toBe(loss);
    expect(net.evaluate({ x, y }).loss).toBe(loss);
    expect(net.trainStep(x, y)).toBe(loss);
    expect(() => net.trainStep({ ...x, c: [1] }, y)).toThrow("got one called 'x.c'");
    net.dispose();
  });

  it('are normalised by running statistics where only an output without a loss needs one of the inputs', async () => {
    const [net, twin] = [0, 1].map(() =>
      create({
        inputs: { left: 5, right: 3 },
        layers: { trained: from('left', dense(2)), other: from('right', batchNorm()) },
        outputs: { trained: { loss: 'meanSquaredError' }, other: {} },
        optimizer: sgd(),
        batch: ROWS,
        tier,
      }),
    );
    await (await net).fit({ x: { left, right }, y: size }, { shuffle: false });
    (await twin).trainStep({ left, right }, size);
    const mean = (await net).statistics().get('other.runningMean') as Tensor;
    expect(mean).toEqual((await twin).statistics().get('other.runningMean'));
    const column = right.filter((_, i) => i % 3 === 0);
    expect(mean.data[0]).toBeCloseTo((0.1 * column.reduce((a, b) => a + b)) / ROWS, 6);
    const predicted = (await net).predict({ left, right }) as Record<string, Tensor>;
    expect(predicted.other.data[0]).not.toBe(right[0]);
  });

  it('are fitted where only an output without a loss needs one of the inputs', async () => {
    const net = await network({
      inputs: { a: 2, b: 3 },
      layers: { trained: { ...dense(2), from: 'a' }, other: { ...dense(1), from: 'b' } },
      outputs: { trained: { loss: 'meanSquaredError' }, other: {} },
      optimizer: sgd({ learningRate: 0.1 }),
      batch: 4,
      tier,
    });
    const rows = (size: number) => Float32Array.from({ length: 10 * size }, (_, i) => Math.sin(i));
    const other = net.parameters().get('other.weight');
    const history = await net.fit({ x: { a: rows(2), b: rows(3) }, y: rows(2) }, { epochs: 20 });
    expect(history[19].loss).toBeLessThan(history[0].loss);
    expect(net.parameters().get('other.weight')).toEqual(other);
    net.dispose();
  });
});

describe('named layers', () => {
  it('make the same network in whatever order they and their inputs and outputs are written', async () => {
    const net = await create(two);
    const again = await create({
      ...two,
      inputs: turnedAround<number | readonly number[]>(two.inputs),
      layers: turnedAround(two.layers),
      outputs: turnedAround(two.outputs) as typeof two.outputs,
    });
    expect(again.parameters()).toEqual(net.parameters());
    expect(again.forward(x, y)).toBe(net.forward(x, y));
  });

  it('are plain data, and are saved and loaded', async () => {
    const net = await create(two);
    net.trainStep(x, y);
    expect(JSON.parse(JSON.stringify(net.config))).toEqual(net.config);
    const again = disposedLater(await load<{ digit: Tensor }>(await net.save()));
    expect(again.predict({ left, right })).toEqual(net.predict({ left, right }));
    expect([...net.parameters().keys()].sort()).toEqual(
      ['digit', 'l', 'r', 'size'].flatMap((name) => [`${name}.bias`, `${name}.weight`]),
    );
  });

  it('of one input and one output take and give single arrays', async () => {
    const named = await create({
      inputs: { left: 5 },
      layers: { hidden: from('left', dense(6, 'tanh')), digit: from('hidden', dense(4)) },
      outputs: { digit: { loss: 'softmaxCrossEntropy' } },
      batch: BATCH,
    });
    const chain = await create({
      input: 5,
      layers: [dense(6, 'tanh'), dense(4)],
      loss: 'softmaxCrossEntropy',
      batch: 8,
    });
    expect([...named.parameters().values()]).toEqual([...chain.parameters().values()]);
    expect(named.predict(left)).toEqual(chain.predict(left));
    expect(named.forward(x.left, y.digit)).toBe(chain.forward(x.left, y.digit));
    expect(named.evaluate({ x: left, y: digit })).toEqual(chain.evaluate({ x: left, y: digit }));
  });
});

describe('shared parameters', () => {
  const shared = {
    ...two,
    inputs: { left: 5, right: 5 },
    layers: { ...two.layers, r: { ...from('right', dense(6, 'tanh')), share: 'l' } },
  } as const;
  const inputs = { left: x.left, right: x.left.map((value) => -value) };

  it('are those of one layer, and have the sum of the gradients', async () => {
    const [net, apart] = [
      await create(shared),
      await create({ ...shared, layers: { ...shared.layers, r: two.layers.r } }),
    ];
    expect([...net.parameters().keys()]).not.toContain('r.weight');
    const parameters = net.parameters();
    const [weight, bias] = ['l.weight', 'l.bias'].map((name) => parameters.get(name) as Tensor);
    apart.setParameters(new Map([...parameters, ['r.weight', weight], ['r.bias', bias]]));
    expect(net.forward(inputs, y)).toBe(apart.forward(inputs, y));
    const [sum, parts] = [net.backward(), apart.backward()];
    const of = (name: string) => parts.get(name)?.data as Float32Array;
    expect(
      difference(
        sum.get('l.weight')?.data ?? [],
        of('l.weight').map((g, i) => g + of('r.weight')[i]),
      ),
    ).toBeLessThan(1e-6);
  });

  it.each<[string, NetworkOptions['layers'], string[]]>([
    [
      'named before it as a source',
      { b: { ...from('left', dense(5)), share: 'z' }, z: from('right', dense(5)), y: from(['b', 'z'], add()) },
      ['y'],
    ],
    ['an output before it', { b: { ...from('left', dense(5)), share: 'z' }, z: from('right', dense(5)) }, ['b', 'z']],
    [
      'within a residual before it',
      { b: from('left', residual([{ ...dense(5), share: 'z' }])), z: from('right', dense(5)) },
      ['b', 'z'],
    ],
    [
      'shared from within a residual after it',
      { b: { ...from('left', dense(5)), share: 'z.0' }, z: from('right', residual([dense(5)])) },
      ['b', 'z'],
    ],
  ])('belong to the layer that is named, even by one that is %s', async (_, layers, outputs) => {
    const net = await create({
      inputs: { left: 5, right: 5 },
      layers,
      outputs: Object.fromEntries(outputs.map((name) => [name, {}])),
    });
    expect([...net.parameters().keys()].map((name) => name.replace('.0', ''))).toEqual(['z.weight', 'z.bias']);
  });

  it('are of no use to an output by themselves', async () => {
    const layers = { b: { ...from('left', dense(5)), share: 'z' }, z: from('right', dense(5)) };
    const net = create({ inputs: { left: 5, right: 5 }, layers, outputs: { b: {} } });
    await expect(net).rejects.toThrow("used by an output, got 'right', which no output needs");
  });

  it('are shared in a list by index', async () => {
    const net = await create({ input: 5, layers: [dense(5, 'tanh'), { ...dense(5, 'tanh'), share: '0' }, dense(2)] });
    expect([...net.parameters().keys()]).toEqual(['0.weight', '0.bias', '2.weight', '2.bias']);
  });
});

describe('several inputs refuse', () => {
  it.each<[string, unknown, unknown, string]>([
    ['one array', left, y, 'forward: expected x to be arrays by name (left, right), got a Float32Array of 95'],
    ['nothing', undefined, y, 'forward: expected x to be arrays by name (left, right), got undefined'],
    ['one too few', { left: x.left }, y, "forward: expected numbers for 'x.right', got undefined"],
    [
      'one too many',
      { ...x, top: x.left },
      y,
      "forward: expected the inputs x.left, x.right, y.digit, y.size, got one called 'x.top'",
    ],
    ['rows that differ', { ...x, right }, y, "forward: expected 8 rows of 'x.right' like 'x.left', got 19"],
    [
      'labels that are none',
      x,
      { ...y, digit: [9, 1, 1, 1, 1, 1, 1, 1] },
      "forward: expected integers 0 to 3 in 'y.digit'",
    ],
    [
      'one array of targets',
      x,
      digit,
      'forward: expected y to be arrays by name (digit, size), got a Float32Array of 19',
    ],
  ])('%s', async (_, badX, badY, words) => {
    const net = await create(two);
    expect(() => net.forward(any(badX), any(badY))).toThrow(words);
  });
});
