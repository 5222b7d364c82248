/** The examples of README.md, run as printed on the built package: each prints what the comments beside it say. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const readme = readFileSync(`${root}/README.md`, 'utf8');
const examples = [...readme.matchAll(/^```js\n(.*?)^```$/gms)].map(([, code]) => code);

/** What an example prints, in the folder of the package, where its own name leads to dist. */
async function output(code: string, tier: string): Promise<string[]> {
  const environment = { ...process.env, LANEGRAD_TIER: tier };
  const args = ['--input-type=module', '--eval', code];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root, env: environment });
  return stdout.trimEnd().split('\n');
}

it('has examples', () => expect(examples).toHaveLength(2));

describe.each(examples.map((code) => [code.split('\n')[0], code]))('%s', (_, code) => {
  const promised = [...code.matchAll(/^console\.log\(.*\); \/\/ (.*)$/gm)].map(([, text]) => text);

  it.each(['', 'simd', 'js'])('prints what it promises, LANEGRAD_TIER=%s', async (tier) => {
    expect(promised).not.toHaveLength(0);
    expect(await output(code, tier)).toEqual(promised);
  });
});
