/** Which kernels run here: the fastest that the engine can be trusted with, or the ones that were asked for. */
import { platform } from '#platform';
import { UnsupportedError, ValueError } from '../errors.js';
import { show } from '../fields.js';
import { type KernelTier, type TierName, tierNames } from '../tier.js';
import { kernelBytes, unshared } from './kernels.js';
import { warmWide } from './self-test.js';

/** Tiers that are chosen without being asked for. `scalar` is there to be compared with. */
const automatic: readonly KernelTier[] = ['wide', 'relaxed', 'simd'];

export interface TierChoice {
  readonly tier: KernelTier;
  readonly reason: string;
  readonly module: WebAssembly.Module;
}

/**
 * The tier that was asked for by option or by the environment variable LANEGRAD_TIER; undefined for the best one. Throws
 * `ValueError` for a name of no tier.
 */
export function requestedTier(option: string | undefined): TierName | undefined {
  const name = option ?? platform.environment('LANEGRAD_TIER');
  if (name === undefined || name === '') return undefined;
  if (!(tierNames as readonly string[]).includes(name))
    throw new ValueError(
      `${option === undefined ? 'LANEGRAD_TIER' : 'tier'}: expected one of ${tierNames.join(', ')}, got ${show(name)}`,
    );
  return name as TierName;
}

/** Compiles the requested tier, or the best that works; the reason tells why better ones do not. */
export async function chooseTier(requested: KernelTier | undefined, shared: boolean): Promise<TierChoice> {
  if (typeof WebAssembly === 'undefined')
    throw new UnsupportedError(`tier: expected an engine with WebAssembly; tier 'js' runs without it`);
  const reasons: string[] = [];
  for (const tier of requested ? [requested] : automatic) {
    if (!requested && tier === 'relaxed' && isOldV8()) {
      reasons.push(`relaxed is slower than simd before version ${LEAST_V8} of V8`);
      continue;
    }
    const module = await compile(tier, shared);
    if (typeof module !== 'string') return { tier, reason: reasons.join('; '), module };
    reasons.push(module);
  }
  throw new UnsupportedError(
    `tier: expected ${requested ?? 'WebAssembly SIMD'} to run here, but ${reasons.join('; ')}`,
  );
}

/**
 * Version 13 of V8, that of Node.js 24, joins vectors; version 12 knows the flag in part, and its relaxed multiply-adds
 * make tiles spill: col6 runs at 25 GFLOP/s there, where `simd` has 36.
 */
const LEAST_V8 = 13;
const isOldV8 = (): boolean => platform.v8 !== null && platform.v8 < LEAST_V8;

const compiled = new Map<KernelTier, Promise<WebAssembly.Module | string>>();

/** The compiled kernels of a tier, or why it is not to be used. Found out once in a process. */
function compile(tier: KernelTier, shared: boolean): Promise<WebAssembly.Module | string> {
  let module = compiled.get(tier);
  if (!module) {
    module = tier === 'wide' ? compileWide(shared) : compilePlain(tier, shared);
    compiled.set(tier, module);
  }
  return module;
}

async function compilePlain(tier: KernelTier, shared: boolean): Promise<WebAssembly.Module | string> {
  const bytes = await validBytes(tier, shared);
  if (typeof bytes === 'string') return bytes;
  try {
    return await WebAssembly.compile(bytes);
  } catch (cause) {
    // A page's content security policy is told apart only when something is compiled.
    throw new UnsupportedError(
      `tier: expected an engine that compiles WebAssembly (a page's policy has to allow 'wasm-unsafe-eval'), got ${(cause as Error).message}; tier 'js' runs without it`,
      { cause },
    );
  }
}

async function compileWide(shared: boolean): Promise<WebAssembly.Module | string> {
  const { setEngineFlag } = platform;
  if (!setEngineFlag || isOldV8())
    return 'wide needs the main thread of Node.js 24 or later, where flags of the engine can be set';
  if (!shared) return 'wide needs shared memory';
  const [wide, relaxed] = await Promise.all([validBytes('wide', shared), validBytes('relaxed', shared)]);
  if (typeof wide === 'string') return wide;
  if (typeof relaxed === 'string') return relaxed;
  return warmWide(wide, relaxed, setEngineFlag);
}

async function validBytes(tier: KernelTier, shared: boolean): Promise<Uint8Array<ArrayBuffer> | string> {
  const bytes = await kernelBytes(tier);
  const fitting = shared ? bytes : unshared(bytes);
  return WebAssembly.validate(fitting) ? fitting : `${tier} is not supported by this engine`;
}
