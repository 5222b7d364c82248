/** The table that `summary` prints. */
import { expect, it } from 'vitest';
import { add, conv2d, dense, flatten, from, maxPool2d, network, residual } from '../../src/index.js';

it('has a line for each layer, those within others after these, and the sums', async () => {
  const net = await network({
    input: [8, 8, 1],
    layers: [
      conv2d(4, 3, 'relu'),
      residual([conv2d(4, 3, 'linear', { padding: 'same', groups: 2, bias: false })]),
      maxPool2d(2),
      flatten(),
      dense(10),
    ],
    loss: 'softmaxCrossEntropy',
    batch: 20,
    tier: 'js',
  });
  const lines = net.summary().split('\n');
  expect(lines.slice(0, -1)).toEqual([
    'layer  kind       output     parameters  outputs of 20  multiply-adds',
    '---------------------------------------------------------------------',
    'x      input      [8, 8, 1]           0        8.0 KiB              0',
    '0      conv2d     [6, 6, 4]          40       18.0 KiB          1,296',
    '1      residual   [6, 6, 4]           0       18.0 KiB              0',
    '1.0    conv2d     [6, 6, 4]          72       18.0 KiB          2,592',
    '2      maxPool2d  [3, 3, 4]           0        4.5 KiB              0',
    '3      flatten    [36]                0        4.5 KiB              0',
    '4      dense      [10]              370        1.3 KiB            360',
    '---------------------------------------------------------------------',
    'total                               482       72.3 KiB          4,248',
  ]);
  expect(lines.at(-1)).toMatch(/^memory: [\d.]+ KiB, of it [\d.]+ KiB of parameters, 0 bytes of optimizer state, /);
  net.dispose();
});

it('counts shared parameters once, in an order that suits the layers', async () => {
  const net = await network({
    inputs: { a: 5, b: 5 },
    layers: {
      sum: from(['left', 'right'], add()),
      left: from('a', dense(3)),
      right: { ...from('b', dense(3)), share: 'left' },
    },
    outputs: { sum: {} },
    tier: 'js',
  });
  const columns = net
    .summary()
    .split('\n')
    .map((line) => line.split(/ {2,}/));
  expect(columns.slice(2, 7).map(([name, kind, , parameters]) => [name, kind, parameters])).toEqual([
    ['a', 'input', '0'],
    ['b', 'input', '0'],
    ['left', 'dense', '18'],
    ['right', 'dense', '0'],
    ['sum', 'add', '0'],
  ]);
  net.dispose();
});
