/** Initial weights: uniform in [-limit, limit), with a limit that keeps the variance of activations or gradients. */
import { finite, type Requirement } from '../fields.js';
import type { ActivationName } from '../graph/ops/activation.js';
import type { Range } from './layer.js';

/**
 * `glorot`: limit sqrt(6 / (fanIn + fanOut)) (Glorot and Bengio, 2010); `he`: sqrt(6 / fanIn) (He et al., 2015);
 * `lecun`: sqrt(3 / fanIn) (LeCun et al., 1998); `zeros`; or an explicit range.
 */
export type Initializer = 'glorot' | 'he' | 'lecun' | 'zeros' | Range;

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

/** An initialiser that there is, or a range whose width is finite in f32. */
export const initializer: Requirement = {
  holds(x) {
    if (typeof x === 'string') return Object.hasOwn(limits, x);
    const { low, high } = (x ?? {}) as Partial<Range>;
    return finite.holds(low) && finite.holds(high) && low! <= high! && finite.holds(high! - low!);
  },
  text: `${Object.keys(limits).join(', ')} or { low, high } with low <= high`,
};

/** The range that an initialiser draws from. */
export function initialRange(initializer: Initializer, fanIn: number, fanOut: number): Range {
  if (typeof initializer !== 'string') return initializer;
  const limit = limits[initializer](fanIn, fanOut);
  return { low: -limit, high: limit };
}
