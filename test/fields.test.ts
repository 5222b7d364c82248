/** A value in an error is one short line, whatever it is. */
import { expect, it } from 'vitest';
import { show } from '../src/fields.js';
import { add, compile, constant, input, meanSquaredError, type Node } from '../src/lanegrad-graph.js';

const circular: unknown[] = [1];
circular.push(circular);
const round: Record<string, unknown> = { size: 2 };
round.self = round;

const values: [value: unknown, shown: string][] = [
  [undefined, 'undefined'],
  [null, 'null'],
  [-0.5, '-0.5'],
  [Number.NaN, 'NaN'],
  [12n, '12n'],
  [true, 'true'],
  [Symbol('s'), 'Symbol(s)'],
  ['12', '"12"'],
  ['two\nlines', '"two\\nlines"'],
  ['a'.repeat(1e6), `"${'a'.repeat(60)}…"`],
  [10n ** 99n, `1${'0'.repeat(59)}…n`],
  [show, 'the function show'],
  [() => 0, 'a function'],
  [new Float32Array(2e6), 'a Float32Array of 2000000'],
  [new Int8Array(3), 'an Int8Array of 3'],
  [new DataView(new ArrayBuffer(8)), 'a DataView of 8 bytes'],
  [new ArrayBuffer(8), 'an ArrayBuffer'],
  [new Map([[1, 2]]), 'a Map'],
  [Promise.resolve(), 'a Promise'],
  [[], '[]'],
  [[1, '2', null, Array(1)], '[1, "2", null, [undefined]]'],
  [
    [
      [1, 0],
      [0, 1],
    ],
    '[[1, 0], [0, 1]]',
  ],
  [[[[1]]], '[[an array of 1]]'],
  [Array(999).fill(0), 'an array of 999'],
  [['a'.repeat(40), 'b'.repeat(40)], 'an array of 2'],
  [circular, '[1, [1, an array of 2]]'],
  [{}, '{}'],
  [{ low: 0, high: 1e39 }, '{ low: 0, high: 1e+39 }'],
  [{ x: [0, 1], y: [1] }, 'an object of x, y'],
  [Object.fromEntries('abcdefghij'.split('').map((key) => [key, key])), 'an object of a, b, c, d, e, f, g, h, …'],
  [Object.create(null), '{}'],
  [round, 'an object of size, self'],
  [
    {
      get broken() {
        throw new Error();
      },
    },
    'something of type object',
  ],
  [Proxy.revocable({}, {}), 'an object of proxy, revoke'],
  [input('a', [3]), "the node 'a'"],
  [add(input('a'), 1), 'the node add'],
  [constant(1), 'the node constant'],
  [meanSquaredError(input('a'), input('b')), 'the node meanSquaredError'],
];

it.each(values.map(([value, shown]) => ({ shown, of: () => value })))('$shown', ({ shown, of }) => {
  expect(show(of())).toBe(shown);
});

it('a proxy that was revoked is shown too', () => {
  const proxies = [Proxy.revocable({}, {}), Proxy.revocable(() => 0, {})];
  for (const { revoke } of proxies) revoke();
  expect(proxies.map(({ proxy }) => show(proxy))).toEqual(['something of type object', 'something of type function']);
});

it('a graph among options takes no time to refuse, however many ways lead through it', async () => {
  let f: Node = input('x');
  for (let depth = 0; depth < 60; depth++) f = add(f, f);
  await expect(compile(f, { gradients: [f as never] })).rejects.toThrow(
    'compile: expected gradients to be a list of names, got [the node add]',
  );
});
