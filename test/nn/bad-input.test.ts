/**
 * Every bad input gets an error of the right class, whose message names the operation, what was expected and what
 * came; and it changes nothing: the network goes on as one that never saw it.
 */
import { describe, expect, it } from 'vitest';
import { DisposedError, ShapeError, UnsupportedError, ValueError } from '../../src/errors.js';
import { show } from '../../src/fields.js';
import { type Network, type NetworkOptions, network } from '../../src/index.js';
import {
  any,
  BATCH,
  CLASSES,
  changed,
  config,
  type ErrorClass,
  expectRefused,
  INPUT,
  refusalsOf,
  rowsOf,
  targets,
  testedTiers,
  x,
  y,
} from './refusals.js';

function detached(): Float32Array {
  const numbers = Float32Array.from(x);
  structuredClone(numbers, { transfer: [numbers.buffer] });
  return numbers;
}

/** Numbers that are none for x; the words that the error must contain. */
const badX: [what: string, x: unknown, Class: ErrorClass, words: string][] = [
  ['undefined', undefined, ValueError, 'got undefined'],
  ['null', null, ValueError, 'got null'],
  ['a string', 'text!', ValueError, 'got "text!"'],
  ['an object without a length', {}, ValueError, 'got {}'],
  ['a buffer instead of an array', x.buffer, ValueError, 'got an ArrayBuffer'],
  ['nested arrays', [[1, 2, 3, 4, 5]], ValueError, ''],
  ['nested arrays of the right length', [[1], [2], [3], [4], [5]], ValueError, 'index 0'],
  ['null among the numbers', changed(x, 7, null), ValueError, 'got null at index 7'],
  ['a string among the numbers', changed(x, 19, '1'), ValueError, 'got "1" at index 19'],
  ['a hole', changed(x, 3, undefined), ValueError, 'got undefined at index 3'],
  ['big integers', BigInt64Array.from(y, BigInt), ValueError, 'got 0n at index 0'],
  ['a part of a row', x.subarray(1), ShapeError, 'got 19 numbers'],
  ['no rows', [], ValueError, 'at least one row'],
  ['a negative number of numbers', { length: -5 }, ValueError, 'at least one row'],
  ['an array that was transferred', detached(), ValueError, 'empty or detached'],
  ['NaN', changed(x, 7, Number.NaN), ValueError, 'got NaN in row 1, element 2'],
  ['infinity', changed(x, 19, -Infinity), ValueError, 'got -Infinity in row 3, element 4'],
  ['a number beyond f32', changed(x, 0, 1e39), ValueError, 'got 1e+39 in row 0, element 0'],
];

const badLabels: [what: string, y: unknown, Class: ErrorClass, words: string][] = [
  ['undefined', undefined, ValueError, 'got undefined'],
  ['null', null, ValueError, 'got null'],
  ['a string', '0212', ValueError, 'got "0212"'],
  ['one label too few', y.slice(1), ShapeError, 'got 3'],
  ['one label too many', [...y, 0], ShapeError, 'got 5'],
  ['a row for each sample instead of a label', targets, ShapeError, 'got 12'],
  ['no labels', [], ValueError, 'at least one row'],
  ['a negative label', [0, -1, 1, 2], ValueError, 'got -1 in row 1'],
  ['a label beyond the classes', [0, 1, 2, 3], ValueError, 'integers 0 to 2'],
  ['a label between classes', [0.5, 1, 2, 0], ValueError, 'got 0.5 in row 0'],
  ['NaN', [0, 1, Number.NaN, 0], ValueError, 'got NaN in row 2'],
  ['text for a label', ['0', '1', '2', '0'], ValueError, 'got "0" at index 0'],
];

const badTargets: [what: string, y: unknown, Class: ErrorClass, words: string][] = [
  ['labels instead of targets', y, ShapeError, 'got 4 numbers'],
  ['one row too few', targets.subarray(3), ShapeError, 'got 3'],
  ['NaN', changed(targets, 4, Number.NaN), ValueError, 'got NaN in row 1, element 1'],
  ['infinity', changed(targets, 0, Infinity), ValueError, 'got Infinity in row 0, element 0'],
  ['a number beyond f32', changed(targets, 11, -3.5e38), ValueError, 'got -3.5e+38 in row 3, element 2'],
  [
    'nested arrays',
    [
      [1, 2, 3],
      [1, 2, 3],
      [1, 2, 3],
    ],
    ValueError,
    'index 0',
  ],
];

type Call = (net: Network, x: unknown, y: unknown) => unknown;

const withLabels: [string, Call][] = [
  ['forward', (net, x, y) => net.forward(any(x), any(y))],
  ['trainStep', (net, x, y) => net.trainStep(any(x), any(y))],
  ['evaluate', (net, x, y) => net.evaluate({ x: any(x), y: any(y) })],
  ['fit', (net, x, y) => net.fit({ x: any(x), y: any(y) }, { epochs: 2 })],
];
const calls: [string, Call][] = [...withLabels, ['predict', (net, x) => net.predict(any(x))]];

describe.each(testedTiers)('on %s', (tier) => {
  const refuses = refusalsOf({ ...config, tier }, y);
  const refusesTargets = refusalsOf({ ...config, loss: 'meanSquaredError', tier }, targets);
  const create = (options: NetworkOptions = config): Promise<Network> => network({ ...options, tier });

  describe.each(calls)('%s refuses as x', (operation, call) => {
    it.each(badX)('%s', async (_, bad, Class, words) => {
      await refuses((net) => call(net, bad, y), Class, operation, words);
    });
  });

  describe.each(withLabels)('%s refuses as labels', (operation, call) => {
    it.each(badLabels)('%s', async (_, bad, Class, words) => {
      await refuses((net) => call(net, x, bad), Class, operation, words);
    });
  });

  describe.each(withLabels)('%s refuses as targets', (operation, call) => {
    it.each(badTargets)('%s', async (_, bad, Class, words) => {
      await refusesTargets((net) => call(net, x, bad), Class, operation, words);
    });
  });

  it.each(calls.filter(([name]) => name === 'forward' || name === 'trainStep'))(
    '%s refuses more rows than the batch',
    async (operation, call) => {
      const more = rowsOf(BATCH + 1, INPUT);
      await refuses((net) => call(net, more, [...y, 0]), ValueError, operation, 'at most 4 rows');
    },
  );

  describe('data of several batches', () => {
    const rows = 3 * BATCH;
    const many = rowsOf(rows, INPUT);
    const labels = Array.from({ length: rows }, (_, i) => i % CLASSES);

    it.each([
      ['a NaN', changed(many, 51, Number.NaN), labels, 'got NaN in row 10, element 1'],
      ['a label that is none', many, changed(labels, 11, 3), 'got 3 in row 11'],
    ])('are refused before the first step for %s in the last one', async (_, x, y, words) => {
      for (const [operation, call] of calls.filter(([name]) => name === 'fit' || name === 'evaluate'))
        await refuses((net) => call(net, x, y), ValueError, operation, words);
    });

    it('predict an option that there is not', async () => {
      await refuses((net) => net.predict(x, any({ logit: true })), ValueError, 'predict', "got 'logit'");
    });

    it('predict names the row of all of the data', async () => {
      await refuses((net) => net.predict(changed(many, 51, Number.NaN)), ValueError, 'predict', 'row 10, element 1');
    });

    it('fit looks at the validation data before the first step', async () => {
      const validation = { x: many, y: changed(labels, 2, -1) };
      await refuses(
        (net) => net.fit({ x: many, y: labels }, { validation }),
        ValueError,
        'fit (validation)',
        'got -1 in row 2',
      );
      const withNaN = { x: changed(many, 51, Number.NaN), y: labels };
      await refuses(
        (net) => net.fit({ x: many, y: labels }, { validation: withNaN }),
        ValueError,
        'fit (validation)',
        'got NaN in row 10, element 1',
      );
    });

    it.each([
      ['in what is trained on', 3, 'row 0, element 3'],
      ['in what is held out', 51, 'row 10, element 1'],
    ])('fit tells the row of a number %s among all', async (_, at, words) => {
      const data = { x: changed(many, at, Number.POSITIVE_INFINITY), y: labels };
      await refuses((net) => net.fit(data, { validation: 0.25 }), ValueError, 'fit', words);
    });

    it('fit refuses what is finite in f64 alone', async () => {
      const data = { x: Float64Array.from(changed(many, 51, 1e300)), y: labels };
      await refuses((net) => net.fit(data), ValueError, 'fit', 'got 1e+300 in row 10, element 1');
    });
  });

  describe('fit refuses', () => {
    const data = { x, y };
    it.each([
      ['no epochs', { epochs: 0 }, 'got 0'],
      ['a part of an epoch', { epochs: 1.5 }, 'got 1.5'],
      ['a validation share of all', { validation: 1 }, 'got 1'],
      ['a negative validation share', { validation: -0.1 }, 'got -0.1'],
      ['a validation share of no rows', { validation: 0.01 }, 'got 0.01'],
      ['a validation share that is NaN', { validation: Number.NaN }, 'got NaN'],
    ])('%s', async (_, options, words) => {
      await refuses((net) => net.fit(data, options), ValueError, 'fit', words);
    });

    it.each([
      ['weights by another name', { x, y, sampleWeight: y }, "x, y, weights, got 'sampleWeight'"],
      ['labels by another name', { x, labels: y }, "x, y, weights, got 'labels'"],
    ])('data with %s', async (_, bad, words) => {
      await refuses((net) => net.fit(any(bad)), ValueError, 'fit', words);
      await refuses((net) => net.fit(data, { validation: any(bad) }), ValueError, 'fit (validation)', words);
      await refuses((net) => net.evaluate(any(bad)), ValueError, 'evaluate', words);
    });

    it.each([undefined, null, 5, 'data'])('data that is %s', async (bad) => {
      await refuses((net) => net.fit(any(bad)), ValueError, 'fit', `got ${show(bad)}`);
      await refuses((net) => net.evaluate(any(bad)), ValueError, 'evaluate', `got ${show(bad)}`);
    });
  });

  describe('calls out of order are refused', () => {
    it('backward before forward, step before backward', async () => {
      await refuses((net) => net.backward(), ValueError, 'backward', 'forward');
      await refuses((net) => net.step(), ValueError, 'step', 'backward');
      await refuses(
        (net) => {
          net.forward(x, y);
          net.step();
        },
        ValueError,
        'step',
        'backward',
      );
    });

    it.each<[string, (net: Network) => unknown]>([
      ['trainStep', (net) => net.trainStep(x, y)],
      ['step', (net) => [net.backward(), net.step()]],
      ['setParameters', (net) => [net.backward(), net.setParameters(net.parameters())]],
      ['fit', (net) => net.fit({ x, y })],
    ])('backward and step after %s has changed the parameters', async (_, change) => {
      const net = await create();
      net.forward(x, y);
      await change(net);
      await expectRefused(() => net.step(), ValueError, 'step', 'backward');
      await expectRefused(() => net.backward(), ValueError, 'backward', 'forward');
      net.dispose();
    });

    it('training without an optimizer, a loss without one', async () => {
      const { optimizer: _, ...untrained } = config;
      const net = await create(untrained);
      await expectRefused(() => net.trainStep(x, y), UnsupportedError, 'trainStep', 'optimizer');
      net.forward(x, y);
      net.backward();
      await expectRefused(() => net.step(), UnsupportedError, 'step', 'optimizer');
      const { loss: __, ...silent } = untrained;
      const predictor = await create(silent);
      await expectRefused(() => predictor.forward(x, y), UnsupportedError, 'forward', 'loss');
      await expectRefused(() => predictor.evaluate({ x, y }), UnsupportedError, 'evaluate', 'loss');
      expect(predictor.predict(x).shape).toEqual([BATCH, CLASSES]);
    });
  });

  describe('setParameters refuses', () => {
    const tensor = (
      shape: number[],
      data = rowsOf(
        1,
        shape.reduce((a, b) => a * b, 1),
      ),
    ) => ({ shape, data });
    const good = { '0.weight': tensor([5, 8]) };

    it.each<[string, unknown, ErrorClass, string]>([
      ['a name that is none', { ...good, '9.weight': tensor([8]) }, ValueError, "got '9.weight'"],
      ['another shape', { ...good, '1.weight': tensor([3, 8]) }, ShapeError, 'got [3, 8]'],
      ['a shape of another rank', { ...good, '1.bias': tensor([3, 1]) }, ShapeError, 'got [3, 1]'],
      ['too few numbers', { ...good, '1.bias': tensor([3], rowsOf(1, 2)) }, ShapeError, '2 numbers'],
      ['NaN', { ...good, '1.bias': tensor([3], Float32Array.of(0, Number.NaN, 0)) }, ValueError, 'got NaN at index 1'],
      [
        'infinity',
        { ...good, '1.bias': tensor([3], Float32Array.of(0, 0, Infinity)) },
        ValueError,
        'got Infinity at index 2',
      ],
      [
        'a number beyond f32',
        { ...good, '1.bias': { shape: [3], data: [1, 1e39, 1] } },
        ValueError,
        'got 1e+39 at index 1',
      ],
      [
        'null among the numbers',
        { ...good, '1.bias': { shape: [3], data: [1, 1, null] } },
        ValueError,
        'got null at index 2',
      ],
      ['no tensor', { ...good, '1.bias': null }, ValueError, 'got null'],
      ['numbers without a shape', { ...good, '1.bias': [1, 2, 3] }, ValueError, "'1.bias'"],
      ['a shape without numbers', { ...good, '1.bias': { shape: [3] } }, ValueError, "'1.bias'"],
      ['bare numbers, many', { '1.bias': new Float32Array(2e6) }, ValueError, 'got a Float32Array of 2000000'],
      ['undefined', undefined, ValueError, 'got undefined'],
      ['null', null, ValueError, 'got null'],
    ])('%s', async (_, values, Class, words) => {
      await refuses((net) => net.setParameters(any(values)), Class, 'setParameters', words);
      const asMap = typeof values === 'object' && values ? new Map(Object.entries(values)) : values;
      await refuses((net) => net.setParameters(any(asMap)), Class, 'setParameters', words);
    });
  });

  it.each([-1, Number.NaN, Infinity, '0.1', undefined])('learningRate refuses %s', async (rate) => {
    await refuses(
      (net) => {
        net.learningRate = any(rate);
      },
      ValueError,
      'learningRate',
      `got ${show(rate)}`,
    );
  });

  describe('a disposed network', () => {
    const methods: [string, (net: Network) => unknown][] = [
      ['forward', (net) => net.forward(x, y)],
      ['backward', (net) => net.backward()],
      ['step', (net) => net.step()],
      ['trainStep', (net) => net.trainStep(x, y)],
      ['predict', (net) => net.predict(x)],
      ['evaluate', (net) => net.evaluate({ x, y })],
      ['fit', (net) => net.fit({ x, y })],
      ['parameters', (net) => net.parameters()],
      ['setParameters', (net) => net.setParameters({})],
      ['save', (net) => net.save()],
    ];

    it.each(methods)('refuses %s', async (_, call) => {
      const net = await create();
      net.forward(x, y);
      net.backward();
      net.dispose();
      await expect((async () => call(net))()).rejects.toThrow(DisposedError);
    });

    it('may be disposed again, and leaves others alone', async () => {
      const [net, other] = [await create(), await create()];
      net.dispose();
      const replacement = await create();
      net.dispose();
      expect(other.trainStep(x, y)).toBe(replacement.trainStep(x, y));
    });
  });
});
