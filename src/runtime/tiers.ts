/** Which kernels run here: the fastest that the engine can be trusted with, or the ones that were asked for. */
import { platform } from '#platform';
import { UnsupportedError, ValueError } from '../errors.js';
import { type KernelTier, kernelBytes, kernelTiers, unshared } from './kernels.js';
import { warmWide } from './self-test.js';

/** `js` is plain JavaScript, without WebAssembly; the others are sets of kernels, fastest first. */
export const tierNames = [...kernelTiers, 'js'] as const;
export type TierName = (typeof tierNames)[number];

/** Tiers that are chosen without being asked for. `scalar` is there to be compared with. */
const automatic: readonly KernelTier[] = ['wide', 'relaxed', 'simd'];

export interface TierChoice {
  readonly tier: KernelTier;
  readonly reason: string;
  readonly module: WebAssembly.Module;
}

/** The tier that was asked for by option or by the environment variable LANEGRAD_TIER; undefined leaves it to us. */
export function requestedTier(option: string | undefined): TierName | undefined {
  const name = option ?? platform.environment('LANEGRAD_TIER');
  if (name === undefined || name === '') return undefined;
  if (!(tierNames as readonly string[]).includes(name))
    throw new ValueError(`tier: expected one of ${tierNames.join(', ')}, got ${JSON.stringify(name)}`);
  return name as TierName;
}

/** Compiles the requested tier, or the best that works; the reason tells why better ones do not. */
export async function chooseTier(requested: Exclude<TierName, 'js'> | undefined, shared: boolean): Promise<TierChoice> {
  if (typeof WebAssembly === 'undefined')
    throw new UnsupportedError(`tier: expected an engine with WebAssembly; tier 'js' runs without it`);
  const reasons: string[] = [];
  for (const tier of requested ? [requested] : automatic) {
    const module = await compile(tier, shared);
    if (typeof module !== 'string') return { tier, reason: reasons.join('; '), module };
    reasons.push(module);
  }
  throw new UnsupportedError(
    `tier: expected ${requested ?? 'WebAssembly SIMD'} to run here, but ${reasons.join('; ')}`,
  );
}

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
  return typeof bytes === 'string' ? bytes : WebAssembly.compile(bytes);
}

async function compileWide(shared: boolean): Promise<WebAssembly.Module | string> {
  const { setEngineFlag } = platform;
  if (!setEngineFlag) return 'wide needs an engine whose flags can be set';
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
