/** The examples of README.md and docs/, run as printed on the built package: each prints what its comments say. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const texts = ['README.md', 'docs/graph.md', 'docs/networks.md'].map((path) => ({
  path,
  text: readFileSync(`${root}/${path}`, 'utf8'),
}));
const examples = texts.flatMap(({ path, text }) =>
  [...text.matchAll(/^```js\n(.*?)^```$/gms)].map(([, code], i) => [`${path}, example ${i + 1}`, code]),
);

/** What an example prints, in the folder of the package, where its own name leads to dist. */
async function output(code: string, tier: string): Promise<string[]> {
  const environment = { ...process.env, LANEGRAD_TIER: tier };
  const args = ['--input-type=module', '--eval', code];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root, env: environment });
  return stdout.trimEnd().split('\n');
}

it('has examples', () => expect(examples).toHaveLength(11));

const functionsOf = (module: object): string[] =>
  Object.entries(module)
    .filter(([name, value]) => typeof value === 'function' && /^[a-z]/.test(name))
    .map(([name]) => name);

it.each([
  ['docs/graph.md', 'the graph', import('../src/lanegrad-graph.js')],
  ['docs/networks.md', 'layers', import('../src/nn/layers/public.js')],
])('%s names every function of %s', async (page, _, module) => {
  const { text } = texts.find(({ path }) => path === page) as { text: string };
  const names = functionsOf(await module);
  expect(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(text))).toEqual([]);
});

describe.each(examples)('%s', (_, code) => {
  const promised = [...code.matchAll(/^console\.log\(.*\); \/\/ (.*)$/gm)].map(([, text]) => text);

  it.each(['', 'simd', 'js'])('prints what it promises, LANEGRAD_TIER=%s', async (tier) => {
    expect(promised).not.toHaveLength(0);
    expect(await output(code, tier)).toEqual(promised);
  });
});
