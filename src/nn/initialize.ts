/** Initial weights: uniform in [-limit, limit), with a limit that keeps the variance of activations or gradients. */
import { ValueError } from '../errors.js';
import type { ActivationName } from '../graph/ops/activation.js';

/**
 * `glorot`: limit sqrt(6 / (fanIn + fanOut)) (Glorot and Bengio, 2010); `he`: sqrt(6 / fanIn) (He et al., 2015);
 * `lecun`: sqrt(3 / fanIn) (LeCun et al., 1998); `zeros`; or an explicit range.
 */
export type Initializer = 'glorot' | 'he' | 'lecun' | 'zeros' | { readonly low: number; readonly high: number };

const limits: Readonly<Record<string, (fanIn: number, fanOut: number) => number>> = {
  glorot: (fanIn, fanOut) => Math.sqrt(6 / (fanIn + fanOut)),
  he: (fanIn) => Math.sqrt(6 / fanIn),
  lecun: (fanIn) => Math.sqrt(3 / fanIn),
  zeros: () => 0,
};

const defaults: { readonly [kind in ActivationName]: Initializer } = {
  linear: 'glorot',
  sigmoid: 'glorot',
  tanh: 'glorot',
  softplus: 'lecun',
  elu: 'lecun',
  relu: 'he',
  leakyRelu: 'he',
  gelu: 'he',
  geluTanh: 'he',
  silu: 'he',
};

/** What suits the activation that follows. */
export const defaultInitializer = (activation: ActivationName): Initializer => defaults[activation];

/** The range that an initialiser draws from. Throws `ValueError` for one that does not exist. */
export function initialRange(initializer: Initializer, fanIn: number, fanOut: number): { low: number; high: number } {
  if (typeof initializer === 'string' && Object.hasOwn(limits, initializer)) {
    const limit = limits[initializer](fanIn, fanOut);
    return { low: -limit, high: limit };
  }
  const { low, high } = (initializer ?? {}) as { low?: number; high?: number };
  const inF32 = (x: number): boolean => Number.isFinite(Math.fround(x));
  if (typeof low === 'number' && typeof high === 'number' && low <= high && [low, high, high - low].every(inF32))
    return { low, high };
  const names = Object.keys(limits).join(', ');
  throw new ValueError(
    `initializer: expected ${names} or { low, high } with low <= high, got ${JSON.stringify(initializer)}`,
  );
}
