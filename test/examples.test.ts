/** The examples that take seconds, run on the built package in a folder of their own. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';

const examples = fileURLToPath(new URL('../examples', import.meta.url));
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lanegrad-examples-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** The lines that an example prints. */
async function output(name: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(examples, name)], { cwd: folder });
  return stdout.trimEnd().split('\n');
}

it('the transformer learns to copy every letter', async () => {
  const lines = await output('transformer.js');
  expect(lines.at(-1)).toMatch(/^step 300 {2}loss 0\.00\d\d {2}letters right 100\.0 % {2}([a-j]{8}) -> \1$/);
}, 60_000);

it('the pictures are written where it says', async () => {
  const paths = await output('draw.js');
  expect(paths).toHaveLength(4);
  for (const path of paths) expect(readFileSync(join(folder, path), 'utf8')).toMatch(/^<svg/);
});
