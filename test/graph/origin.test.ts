/** Messages say which node is meant, and where in the user's code it was made. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { ShapeError, ValueError } from '../../src/errors.js';
import { placeOf } from '../../src/graph/origin.js';
import { add, compile, dense, input, meanSquaredError, mul, parameter, relu } from '../../src/lanegrad-graph.js';

/** This file's path and the line of the call, by the same means as any test would tell it. */
const line = (): string => /[^(\s]*origin\.test\.ts:\d+/.exec((new Error().stack ?? '').split('\n')[2])?.[0] as string;
const src = fileURLToPath(new URL('../../src', import.meta.url));
const escaped = (text: string): RegExp => new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));

describe('a node', () => {
  it('knows the line that made it, through functions of lanegrad', () => {
    const [node, here] = [relu(input('x')), line()];
    expect(placeOf(node.origin)).toBe(here.replace('file://', ''));
    expect(placeOf(node.inputs[0].origin)).toBe(placeOf(node.origin));
  });

  it('knows it in the built package too, whose modules lie elsewhere', async () => {
    const built = await import(new URL('../../dist/lanegrad-graph.js', import.meta.url).href);
    const [node, here] = [built.relu(built.input('x', [2])), line()];
    expect(() => built.add(node, built.input('y', [3]))).toThrow(
      escaped(`relu made at ${here.replace('file://', '')}`),
    );
  });

  it('does not keep a bundle from being a module without a folder', async () => {
    const [{ text }] = (
      await build({
        stdin: { contents: `export { add, input } from './lanegrad-graph.ts'`, resolveDir: src },
        alias: { '#platform': `${src}/runtime/platform/browser.ts` },
        bundle: true,
        format: 'esm',
        write: false,
      })
    ).outputFiles;
    const { add, input } = await import(`data:text/javascript;base64,${Buffer.from(text).toString('base64')}`);
    expect(() => add(input('x', [2]), input('y', [3]))).toThrow(/^add: expected shapes/);
  });

  it('does not change how many frames an error shows', () => {
    const { stackTraceLimit } = Error;
    input('x');
    expect(Error.stackTraceLimit).toBe(stackTraceLimit);
  });

  it.each<[string, () => unknown]>([
    ['frames', () => []],
    ['an error', () => expect.fail('no stacks here')],
  ])('is made where the application makes %s of stacks', (_, prepare) => {
    const { prepareStackTrace, stackTraceLimit } = Error;
    try {
      Error.prepareStackTrace = prepare;
      expect(placeOf(input('x').origin)).toBe('');
      expect(Error.stackTraceLimit).toBe(stackTraceLimit);
    } finally {
      Error.prepareStackTrace = prepareStackTrace;
    }
  });

  // In a process of its own, which does not get its Error back.
  const run = async (script: string): Promise<string> => {
    const imports = "import { input, relu } from 'lanegrad/graph';";
    const args = ['--input-type=module', '--eval', imports + script];
    const cwd = fileURLToPath(new URL('../..', import.meta.url));
    return (await promisify(execFile)(process.execPath, args, { cwd })).stdout.trim();
  };

  it('is made where Error is frozen', async () => {
    expect(await run("Object.freeze(Error); console.log(relu(input('x')).inputs[0].name);")).toBe('x');
  });
});

describe('a message names the nodes and their lines', () => {
  it('of operands that do not fit', () => {
    const x = input('x', [4]);
    const [w, here] = [parameter('w', [5, 3]), line()];
    const call = () => dense(relu(x), w);
    expect(call).toThrow(ShapeError);
    expect(call).toThrow(/dense: expected a weight of shape \[4, outputs\], got \[5, 3\] \(of relu made at .*, 'w'/);
    expect(call).toThrow(escaped(`'w' made at ${here.replace('file://', '')}`));
  });

  it('of two with one name', async () => {
    const promise = compile(mul(input('x'), add(input('x'), 1)));
    await expect(promise).rejects.toThrow(ValueError);
    await expect(promise).rejects.toThrow(/got 'x' made at \S+origin\.test\.ts:\d+ and 'x' made at \S+\.test\.ts:\d+$/);
  });

  it('of a loss that is no number', async () => {
    const promise = compile(relu(input('x', [3])));
    await expect(promise).rejects.toThrow(/got shape \[3\] of relu made at \S+origin\.test\.ts:\d+$/);
  });

  it('of gradients found at the time of compiling', async () => {
    const loss = meanSquaredError(input('x', [3]), input('x', [3]));
    await expect(compile(loss)).rejects.toThrow(/made at \S+origin\.test\.ts:\d+/);
  });
});

describe('stacks of other engines', () => {
  it.each([
    ['Firefox', 'apply@http://host:80/a/app.js:3:4\n', 'http://host:80/a/app.js:3'],
    ['Safari', 'global code@http://host/app.js:12:1', 'http://host/app.js:12'],
    [
      'V8 without a name',
      'Error\n    at node:internal/x:1:2\n    at file:///tmp/a%20b/@c/d.mjs:7:9',
      '/tmp/a b/@c/d.mjs:7',
    ],
    [
      'V8 in eval',
      'Error\n    at eval (eval at f (/tmp/a.js:1:2), <anonymous>:1:1)\n    at g (/tmp/a.js:5:2)',
      '/tmp/a.js:5',
    ],
    ['V8 awaiting', 'Error\n    at async Promise.all (index 0)\n    at async f (/tmp/b.js:2:1)', '/tmp/b.js:2'],
    ['none', '', ''],
    ['something else', 'anything', ''],
  ])('%s', (_, stack, place) => expect(placeOf({ stack })).toBe(place));

  it('that have no stack are silent', () => expect(placeOf({})).toBe(''));
});
