/** What both platforms have to do alike. */
import { runInNewContext } from 'node:vm';
import { deflateSync } from 'node:zlib';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { UnsupportedError } from '../../src/errors.js';
import { platform as browser } from '../../src/runtime/platform/browser.js';
import { platform as node } from '../../src/runtime/platform/node.js';

vi.mock('node:vm', async (original) => ({ ...(await original<object>()), runInNewContext: vi.fn() }));

/** More than a chunk of a stream, and as compressible as kernels. */
const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => Math.imul(i >> 2, i >> 7));
const packed = deflateSync(bytes);

describe.each([
  ['node', node],
  ['browser', browser],
])('inflate on %s', (_, { inflate }) => {
  it('unpacks', async () => {
    expect(await inflate(packed.toString('base64'))).toEqual(bytes);
  });

  it('gives bytes whose slice is a copy', async () => {
    const unpacked = await inflate(packed.toString('base64'));
    unpacked.slice().fill(0);
    expect(unpacked).toEqual(bytes);
  });

  it('refuses what was damaged on its way', async () => {
    const damaged = Buffer.from(packed);
    damaged[damaged.length - 1] ^= 1;
    await expect(inflate(damaged.toString('base64'))).rejects.toThrow();
  });
});

describe('inflate in a browser without streams', () => {
  afterEach(() => void vi.unstubAllGlobals());

  it.each(['DecompressionStream', 'Blob'])('says what to do: %s', async (name) => {
    vi.stubGlobal(name, name === 'Blob' ? class {} : undefined);
    await expect(browser.inflate('')).rejects.toThrow(UnsupportedError);
    await expect(browser.inflate('')).rejects.toThrow(/^kernels: expected .*customExportConditions/);
  });
});

describe('collect on node', () => {
  it('looks again for what another thread has hidden in between', () => {
    const gc = vi.fn();
    vi.mocked(runInNewContext).mockReturnValueOnce(undefined).mockReturnValueOnce(gc);
    node.collect();
    expect(gc).toHaveBeenCalledTimes(1);
    expect(runInNewContext).toHaveBeenCalledTimes(2);
  });
});
