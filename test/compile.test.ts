/** What `compile` and a compiled graph refuse before anything runs. */
import { describe, expect, it } from 'vitest';
import { ShapeError, ValueError } from '../src/errors.js';
import { add, compile, input, mul, type Node, parameter, sgd, sum } from '../src/lanegrad-graph.js';
import { any, expectRefused, testedTiers } from './nn/refusals.js';

const x = input('x', [3]);
const w = parameter('w', [3], [1, 2, 3]);
const f = sum(mul(x, w));

describe('compile refuses', () => {
  it.each<[string, object, string]>([
    ['an unknown option', { gradient: ['x'] }, "got 'gradient'"],
    ['gradients that are no list', { gradients: 'x' }, 'got "x"'],
    ['gradients by a node', { gradients: [x] }, 'a list of names'],
    ['gradients of nobody', { gradients: ['z'] }, "got 'z'"],
    ['outputs that are no list', { outputs: x }, 'a list of nodes'],
    ['outputs by name', { outputs: ['x'] }, 'got ["x"]'],
    ['a fractional batch', { batch: 1.5 }, 'got 1.5'],
    ['options that are none', any('js'), 'got "js"'],
  ])('%s', async (_, options, words) => {
    await expectRefused(() => compile(f, any(options)), ValueError, 'compile', words);
  });

  it.each([null, '', 'sgd', { kind: 'sdg' }])('the optimizer %j', async (optimizer) => {
    await expectRefused(() => compile(f, { optimizer: any(optimizer) }), ValueError, 'optimizer', 'got ');
  });

  it.each([undefined, null, 3, [f]])('%j instead of a graph', async (bad) => {
    await expectRefused(() => compile(any(bad)), ValueError, 'compile', 'got ');
  });

  it('a loss of several numbers, and two parameters of one name', async () => {
    await expectRefused(() => compile(mul(x, w)), ShapeError, 'compile', 'of mul made at ');
    const twins: Node = sum(add(mul(x, w), parameter('w', [3])));
    await expectRefused(() => compile(twins), ValueError, 'compile', "got 'w' made at ");
  });
});

describe.each(testedTiers)('on %s a compiled graph refuses', (tier) => {
  it.each<[string, unknown, string]>([
    ['no inputs', null, 'got null'],
    ['an input that it does not have', { x: [1, 2, 3], z: 1 }, "got one called 'z'"],
    ['numbers in lists', { x: [[1, 2, 3]] }, 'at index 0'],
  ])('%s', async (_, feeds, words) => {
    const program = await compile(f, { tier, optimizer: sgd({ learningRate: 0.1 }) });
    await expectRefused(() => program.trainStep(any(feeds)), ValueError, 'trainStep', words);
    expect(program.parameters().get('w')?.data).toEqual(new Float32Array([1, 2, 3]));
    program.dispose();
  });
});
