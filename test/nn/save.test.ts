/** What `save` writes, `load` gives back; and a file is written whole or not at all. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CheckpointError } from '../../src/errors.js';
import { adam, dense, load, type Network, network, sgd } from '../../src/index.js';
import { Generator } from '../../src/random.js';
import type { TierName } from '../../src/tier.js';
import { difference, integers, uniform } from '../numbers.js';
import { availableTiers } from '../tiers.js';

const BATCH = 16;
const x = uniform(new Generator(1), BATCH * 6);
const labels = integers(new Generator(2), BATCH, 4);
const tiers = await availableTiers();

/** A network that has been trained a little. */
async function trained(tier: TierName = tiers[0]): Promise<Network> {
  const layers = [dense(20, 'relu'), dense(4)];
  const net = await network({ input: 6, layers, loss: 'softmaxCrossEntropy', optimizer: adam(), batch: BATCH, tier });
  for (let step = 0; step < 5; step++) net.trainStep(x, labels);
  return net;
}

describe('save and load', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lanegrad-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each(tiers)('give equal predictions to the last bit on %s', async (tier) => {
    const net = await trained(tier);
    const again = await load(await net.save(), { tier });
    expect(again.config).toEqual(net.config);
    expect(again.parameters()).toEqual(net.parameters());
    expect(again.predict(x)).toEqual(net.predict(x));
    net.dispose();
    again.dispose();
  });

  it('carry a network from tier to tier', async () => {
    const net = await trained('js');
    const again = await load(await net.save(), { tier: tiers[0] });
    expect(again.runtime.tier).toBe(tiers[0]);
    expect(again.parameters()).toEqual(net.parameters());
    expect(difference(again.predict(x).data, net.predict(x).data)).toBeLessThan(1e-5);
    again.dispose();
  });

  it('go by a file, and leave nothing else beside it', async () => {
    const net = await trained();
    const path = join(folder, 'net.safetensors');
    await writeFile(path, 'what was there before');
    const bytes = await net.save(path);
    expect(new Uint8Array(await readFile(path))).toEqual(new Uint8Array(bytes));
    expect(await readdir(folder)).toEqual(['net.safetensors']);
    const again = await load(path);
    expect(again.predict(x)).toEqual(net.predict(x));
    net.dispose();
    again.dispose();
  });

  it('take a buffer, or a view of bytes, of whatever realm', async () => {
    const net = await trained();
    const bytes = await net.save();
    const foreign: Uint8Array = runInNewContext('Uint8Array.from(bytes)', { bytes });
    for (const source of [bytes.slice().buffer, foreign, Buffer.from(bytes)]) {
      const again = await load(source);
      expect(again.predict(x)).toEqual(net.predict(x));
      again.dispose();
    }
    net.dispose();
  });

  it('are found by file: URLs as by paths', async () => {
    const net = await trained();
    const path = join(folder, 'a name.safetensors');
    await net.save(pathToFileURL(path));
    for (const source of [path, pathToFileURL(path)]) {
      const again = await load(source);
      expect(again.predict(x)).toEqual(net.predict(x));
      again.dispose();
    }
    await rm(path);
    net.dispose();
  });

  it('refuse what could not be loaded, before the file is touched', async () => {
    const net = await network({ input: 1, layers: [dense(1)], loss: 'meanSquaredError', optimizer: sgd() });
    const path = join(folder, 'good.safetensors');
    const good = await net.save(path);
    net.learningRate = 1e30;
    for (let step = 0; step < 5; step++) net.trainStep([1], [2]);
    await expect(net.save(path)).rejects.toThrow("save: expected finite numbers in '0.weight', got NaN or infinity");
    expect(new Uint8Array(await readFile(path))).toEqual(new Uint8Array(good));
    await rm(path);
    for (const bad of ['', 5, null, new URL('https://host/net.safetensors')])
      await expect(net.save(bad as string)).rejects.toThrow('save: expected a path or a file: URL, got');
    net.dispose();
  });

  it('that cannot be written or read are told by the path that was given, and leave nothing behind', async () => {
    const net = await trained();
    const file = join(folder, 'file');
    await writeFile(file, '');
    const before = await readdir(folder);
    const refuses = async (path: string, call: () => Promise<unknown>, reason: RegExp) => {
      const error = (await call().catch((thrown) => thrown)) as Error & { cause: { code: string } };
      expect(error).toBeInstanceOf(CheckpointError);
      expect(error.message).toMatch(reason);
      expect(error.message).toContain(` at '${path}', got E`);
      expect(error.message).not.toContain('.tmp');
      expect(error.cause.code).toMatch(/^E[A-Z]+$/);
    };
    const nowhere = join(folder, 'nowhere', 'net.safetensors');
    await refuses(nowhere, () => net.save(nowhere), /^save: expected a file to write at .* ENOENT: [a-z ]+$/);
    // A folder cannot be replaced by a file: this fails at the last moment.
    await refuses(folder, () => net.save(folder), /^save: expected a file to write at /);
    // Nor can a file be a folder, where even removing is refused.
    await refuses(
      join(file, 'net'),
      () => net.save(join(file, 'net')),
      /^save: expected a file to write at .* ENOTDIR: /,
    );
    await refuses(nowhere, () => load(nowhere), /^load: expected a file to read at .* ENOENT: [a-z ]+$/);
    await refuses(folder, () => load(folder), /^load: expected a file to read at /);
    expect(await readdir(folder)).toEqual(before);
    expect((await readdir(tmpdir())).filter((name) => name.startsWith(`${folder.split(/[\\/]/).at(-1)}.`))).toEqual([]);
    net.dispose();
  });
});
