/** `wide` runs where the engine joins vectors, and nowhere else. */
import { arch, platform as system } from 'node:process';
import { describe, expect, it } from 'vitest';
import { platform } from '#platform';
import { kernelBytes } from '../../src/runtime/kernels.js';
import { warmWide } from '../../src/runtime/self-test.js';
import { availableTiers } from '../tiers.js';

const joins = platform.v8 !== null && platform.v8 >= 13 && arch === 'x64' && system === 'linux';
const [wide, relaxed] = await Promise.all([kernelBytes('wide'), kernelBytes('relaxed')]);
/** Where relaxed multiply-adds are known at all. */
const known = WebAssembly.validate(relaxed);

it.runIf(joins)('wide is available on Linux and x64 from version 13 of V8 on', async () => {
  expect(await availableTiers()).toContain('wide');
});

describe('the self-test refuses', () => {
  it.runIf(known)('an engine that does not join vectors, as one that does not know the flag', () => {
    // An empty section more, or the engine gives back what it has optimised before.
    const anew = Uint8Array.of(...wide, 0, 2, 1, 'x'.charCodeAt(0));
    expect(warmWide(anew, relaxed, () => {})).toBe('wide was not faster than relaxed');
  });

  it.runIf(joins)('kernels of which a single multiply-add differs', () => {
    // f32x4.relaxed_madd is 0xfd 0x85 0x02, f32x4.relaxed_nmadd 0xfd 0x86 0x02.
    const madd = wide.findIndex((byte, i) => byte === 0xfd && wide[i + 1] === 0x85 && wide[i + 2] === 0x02);
    const wrong = wide.slice();
    wrong[madd + 1] = 0x86;
    expect(warmWide(wrong, relaxed, platform.setEngineFlag as (flag: string) => void)).toMatch(
      /^wide differed from relaxed in \w+$/,
    );
  });
});
