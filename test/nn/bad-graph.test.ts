/** Named layers that are no network are refused in a sentence that names them. */
import { describe, expect, it } from 'vitest';
import { ShapeError, ValueError } from '../../src/errors.js';
import { activation, add, batchNorm, concat, dense, from, network, residual, sgd } from '../../src/index.js';
import { any, type ErrorClass, expectRefused } from './refusals.js';

const good = {
  inputs: { a: 4, b: 4 },
  layers: { h: from('a', dense(3)), k: from('b', dense(3)), y: from(['h', 'k'], add()) },
  outputs: { y: { loss: 'meanSquaredError' } },
  tier: 'js',
} as const;

const layers = (changes: object) => ({ layers: { ...good.layers, ...changes } });

it.each<[string, object, ErrorClass, string, string]>([
  [
    'a cycle',
    layers({ h: from('y', dense(3)), a2: from('a', dense(3)) }),
    ValueError,
    'network',
    'cycle, got y from h from y',
  ],
  ['a layer of itself', layers({ h: from(['a', 'h'], add()) }), ValueError, 'network', 'cycle, got h from h'],
  [
    'a source that is none',
    layers({ h: from('c', dense(3)) }),
    ValueError,
    "layer 'h' (dense)",
    "(a, b, h, k, y), got 'c'",
  ],
  ['no source', layers({ h: dense(3) }), ValueError, "layer 'h' (dense)", 'got none'],
  ['a source that is a number', layers({ h: { ...dense(3), from: 1 } }), ValueError, "layer 'h' (dense)", 'got 1'],
  ['no sources', layers({ h: { ...dense(3), from: [] } }), ValueError, "layer 'h' (dense)", 'got []'],
  ['two sources for one', layers({ h: from(['a', 'b'], dense(3)) }), ValueError, "layer 'h' (dense)", 'got 2'],
  [
    'one source for two',
    { inputs: { a: 4 }, layers: { h: good.layers.h, y: from('h', add()) } },
    ValueError,
    "layer 'y' (add)",
    'got 1',
  ],
  ['an unused layer', layers({ z: from('h', dense(3)) }), ValueError, 'network', "got 'z', which no output needs"],
  ['an unused input', { inputs: { ...good.inputs, c: 2 } }, ValueError, 'network', "got 'c', which no output needs"],
  ['an input and a layer of one name', { inputs: { ...good.inputs, h: 2 } }, ValueError, 'network', "two of 'h'"],
  ['a name with a dot', layers({ 'h.0': from('a', dense(3)) }), ValueError, 'layers', "got 'h.0'"],
  ['an empty name', { inputs: { ...good.inputs, '': 2 } }, ValueError, 'inputs', "got ''"],
  ['an input of no shape', { inputs: { a: [], b: 4 } }, ValueError, 'network', 'inputs.a of positive integers, got []'],
  ['no inputs', { inputs: undefined }, ValueError, 'network', 'got undefined'],
  ['inputs in a list', { inputs: [4, 4] }, ValueError, 'network', 'got [4, 4]'],
  ['no outputs', { outputs: {} }, ValueError, 'network', 'got {}'],
  ['an output that is no layer', { outputs: { z: {} } }, ValueError, 'outputs', "got 'z'"],
  ['an output that is an input', { outputs: { a: {} } }, ValueError, 'outputs', "got 'a'"],
  ['a weight of 0', { outputs: { y: { loss: 'huber', weight: 0 } } }, ValueError, 'outputs.y', 'got 0'],
  ['an unknown loss', { outputs: { y: { loss: 'mse' } } }, ValueError, 'outputs.y', 'got "mse"'],
  ['an unknown field of an output', { outputs: { y: { losses: 'huber' } } }, ValueError, 'outputs.y', "got 'losses'"],
  [
    'an option of another loss',
    { outputs: { y: { loss: 'huber', labelSmoothing: 0.1 } } },
    ValueError,
    'loss',
    'huber',
  ],
  ['an output that is null', { outputs: { y: null } }, ValueError, 'outputs.y', 'got null'],
  ['an output that is the name of its loss', { outputs: { y: 'huber' } }, ValueError, 'outputs.y', 'got "huber"'],
  ['a weight without a loss', { outputs: { y: { weight: 2 } } }, ValueError, 'outputs.y', 'got 2'],
  ['a loss of the whole', { loss: 'huber' }, ValueError, 'network', 'got loss'],
  ['shapes that do not go together', layers({ k: from('b', dense(2)) }), ShapeError, "layer 'y' (add)", '[2]'],
  [
    'parts that do not go together',
    { inputs: { a: [2, 3], b: [3, 3] }, ...layers({ y: from(['h', 'k'], concat()) }) },
    ShapeError,
    "layer 'y' (concat)",
    '[3, 3]',
  ],
  ['a layer that is none', layers({ h: null }), ValueError, "layer 'h'", 'got null'],
  ['parameters of nobody', layers({ h: { ...good.layers.h, share: 'z' } }), ValueError, "layer 'h' (dense)", "got 'z'"],
  [
    'parameters of its own',
    layers({ h: { ...good.layers.h, share: 'h' } }),
    ValueError,
    "layer 'h' (dense)",
    "got layer 'h'",
  ],
  [
    'parameters of another kind',
    layers({ h: { ...good.layers.h, share: 'y' } }),
    ValueError,
    "layer 'h' (dense)",
    "got layer 'y' (add)",
  ],
  [
    'parameters that are shared',
    layers({ h: { ...good.layers.h, share: 'k' }, k: { ...good.layers.k, share: 'h' } }),
    ValueError,
    "layer 'h' (dense)",
    'which shares itself',
  ],
  [
    'parameters of a layer that takes from it',
    {
      inputs: { a: 4 },
      ...layers({ h: { ...good.layers.h, share: 'k' }, k: from('h', dense(3)), y: from(['h', 'k'], add()) }),
    },
    ValueError,
    "layer 'h' (dense)",
    "a layer that does not depend on it, got layer 'k'",
  ],
  [
    'a bias that the other layer has not',
    layers({ h: from('a', dense(3, 'linear', { bias: false })), k: { ...good.layers.k, share: 'h' } }),
    ValueError,
    "layer 'k' (dense)",
    "has its 'bias', got layer 'h'",
  ],
  [
    'a layer whose parameters go by the name of an input',
    {
      inputs: { weight: 4, b: 4 },
      layers: { x: from('weight', dense(3)), k: from('b', dense(3)), y: from(['x', 'k'], add()) },
    },
    ValueError,
    "layer 'x' (dense)",
    "'x.weight'",
  ],
  [
    'parameters of another shape',
    { inputs: { a: 4, b: 5 }, ...layers({ k: { ...good.layers.k, share: 'h' } }) },
    ShapeError,
    "layer 'k' (dense)",
    'got [4, 3]',
  ],
  [
    'statistics of two layers',
    layers({ h: from('a', batchNorm()), k: { ...from('b', batchNorm()), share: 'h' } }),
    ValueError,
    "layer 'k' (batchNorm)",
    "layer 'h'",
  ],
])('%s', async (_, changes, Class, operation, words) => {
  await expectRefused(() => network(any({ ...good, ...changes })), Class, operation, words);
});

describe('a list of layers refuses', () => {
  const list = { input: 4, layers: [dense(4)] };
  it.each<[string, object, string, string]>([
    ['inputs by name', { inputs: { a: 4 } }, 'network', 'inputs'],
    ['outputs by name', { outputs: { y: {} } }, 'network', 'outputs'],
    ['a source', { layers: [from('0', dense(4))] }, 'layer 0 (dense)', 'got "0"'],
    ['a sum', { layers: [dense(4), add()] }, 'layer 1 (add)', 'got 1'],
    ['weights that are none', { sampleWeights: 1 }, 'network', 'got 1'],
    ['weights without a loss', { sampleWeights: true }, 'network', 'without a loss'],
    ['a smoothing without a loss', { labelSmoothing: 0.1 }, 'loss', 'with no loss'],
    ['a delta of a loss without one', { loss: 'hinge', huberDelta: 2 }, 'loss', 'with hinge'],
    ['an optimizer that is null', { optimizer: null }, 'optimizer', 'got null'],
    ['an optimizer that is empty text', { optimizer: '' }, 'optimizer', 'got ""'],
    ['an alpha of relu', { layers: [activation('relu', 0.1)] }, 'layer 0 (activation)', 'got 0.1'],
    ['an alpha without an activation', { layers: [dense(4, 'linear', { alpha: 1 })] }, 'layer 0 (dense)', 'got 1'],
    ['a source within a residual', { layers: [residual([from('x', dense(4))])] }, 'layer 0.0 (dense)', 'got "x"'],
    [
      'a residual that shares another kind',
      { layers: [residual([dense(4)]), { ...residual([batchNorm()]), share: '0' }] },
      'layer 1.0 (batchNorm)',
      'layer 0.0 (dense)',
    ],
    ['an optimizer without a loss', { optimizer: sgd() }, 'network', 'got sgd'],
    ['a negative norm', { clipGlobalNorm: -1 }, 'network', 'got -1'],
  ])('%s', async (_, changes, operation, words) => {
    await expectRefused(() => network(any({ ...list, tier: 'js', ...changes })), ValueError, operation, words);
  });
});

it('a shared layer within a residual is found by its place', async () => {
  const net = await network({
    input: 4,
    layers: [residual([dense(4), { ...dense(4), share: '0.0' }]), { ...dense(4), share: '0.0' }],
    loss: 'meanSquaredError',
    optimizer: sgd(),
    tier: 'js',
  });
  expect([...net.parameters().keys()]).toEqual(['0.0.weight', '0.0.bias']);
  net.dispose();
});
