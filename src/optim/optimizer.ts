/**
 * Optimisers: plain data for the user, and what each does to a parameter p with gradient g in step t = 1, 2, ....
 * Unless it is decoupled, weight decay w adds w p to the gradient. All states start at 0.
 */
import { ValueError } from '../errors.js';
import { atLeastZero, byName, checkFields, type Fields, flag, fraction, type Optional, show } from '../fields.js';
import type { UpdateRule } from '../graph/model.js';

interface Common<Kind extends string> {
  readonly kind: Kind;
  /** At the first step; at least 0. */
  readonly learningRate: number;
  /** w: w p is added to the gradient, but by `adamw` taken from p itself; at least 0. */
  readonly weightDecay: number;
}

export interface SgdConfig extends Common<'sgd'> {
  /** What is left of the velocity from one step to the next, in [0, 1). */
  readonly momentum: number;
  /** Whether a step looks ahead along the velocity (Nesterov), which takes a momentum. */
  readonly nesterov: boolean;
}

export interface AdamConfig extends Common<'adam' | 'adamw'> {
  /** What is left of the mean of gradients from one step to the next, in [0, 1). */
  readonly beta1: number;
  /** The same of the mean of their squares. */
  readonly beta2: number;
  /** Added to the root of that mean; at least 0. */
  readonly epsilon: number;
}

export interface RmspropConfig extends Common<'rmsprop'> {
  /** What is left of the mean of squared gradients from one step to the next, in [0, 1). */
  readonly alpha: number;
  /** What is left of the steps' buffer, in [0, 1); without it there is none. */
  readonly momentum: number;
  /** Added to the root of the mean; at least 0. */
  readonly epsilon: number;
}

export interface AdagradConfig extends Common<'adagrad'> {
  /** Added to the root of the sum of squared gradients; at least 0. */
  readonly epsilon: number;
}

export type OptimizerConfig = SgdConfig | AdamConfig | RmspropConfig | AdagradConfig;

type Options<Config> = Optional<Omit<Config, 'kind'>>;

/** A configuration of each kind. */
interface Configs {
  readonly sgd: SgdConfig;
  readonly adam: AdamConfig;
  readonly adamw: AdamConfig;
  readonly rmsprop: RmspropConfig;
  readonly adagrad: AdagradConfig;
}

type Kind = keyof Configs;

const adamDefaults = { learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 };

/** The options of each kind, with what they are where nothing is said, and what the kind does in a step. */
const kinds: {
  readonly [K in Kind]: {
    readonly defaults: Omit<Configs[K], 'kind'>;
    readonly rule: (config: Configs[K]) => UpdateRule;
  };
} = {
  sgd: { defaults: { learningRate: 0.01, momentum: 0, nesterov: false, weightDecay: 0 }, rule: sgdRule },
  adam: { defaults: adamDefaults, rule: adamRule },
  adamw: { defaults: { ...adamDefaults, weightDecay: 0.01 }, rule: adamRule },
  rmsprop: {
    defaults: { learningRate: 0.01, alpha: 0.99, momentum: 0, epsilon: 1e-8, weightDecay: 0 },
    rule: rmspropRule,
  },
  adagrad: { defaults: { learningRate: 0.01, epsilon: 1e-10, weightDecay: 0 }, rule: adagradRule },
};

/** What each option must be, in every kind that has it. */
const requirements: Fields = {
  learningRate: atLeastZero,
  momentum: fraction,
  nesterov: flag,
  beta1: fraction,
  beta2: fraction,
  alpha: fraction,
  epsilon: atLeastZero,
  weightDecay: atLeastZero,
};

/** What other libraries call their options. */
const elsewhere = { lr: 'that is learningRate', rho: 'that is alpha' };

/** Plain data of a kind. Throws `ValueError` for options that are no object. */
function configured<K extends Kind>(kind: K, options: Options<Configs[K]>): Configs[K] {
  const { defaults } = kinds[kind];
  const given = byName(kind, options, `an object of ${Object.keys(defaults).join(', ')}`);
  const said = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return { kind, ...defaults, ...said } as unknown as Configs[K];
}

/**
 * Stochastic gradient descent: v := momentum v + g; p -= r v, or with `nesterov` p -= r (g + momentum v). Defaults:
 * learningRate 0.01, the rest 0. Throws `ValueError` for options that are no object.
 */
export const sgd = (options: Options<SgdConfig> = {}): SgdConfig => configured('sgd', options);

/**
 * Adam (Kingma and Ba, 2015): m := beta1 m + (1 - beta1) g; v := beta2 v + (1 - beta2) g^2;
 * p -= r mHat / (sqrt(vHat) + epsilon). Defaults: 1e-3, 0.9, 0.999, 1e-8. Throws as `sgd`.
 */
export const adam = (options: Options<AdamConfig> = {}): AdamConfig => configured('adam', options);

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter, 2019): first p -= r w p, then as `adam`. Defaults: as `adam`,
 * weightDecay 0.01. Throws as `sgd`.
 */
export const adamw = (options: Options<AdamConfig> = {}): AdamConfig => configured('adamw', options);

/**
 * RMSprop (Hinton, 2012): v := alpha v + (1 - alpha) g^2; b := momentum b + g / (sqrt(v) + epsilon); p -= r b. Defaults:
 * 0.01, alpha 0.99, epsilon 1e-8. Throws as `sgd`.
 */
export const rmsprop = (options: Options<RmspropConfig> = {}): RmspropConfig => configured('rmsprop', options);

/** Adagrad (Duchi et al., 2011): v := v + g^2; p -= r g / (sqrt(v) + epsilon). Defaults: 0.01, epsilon 1e-10. Throws as `sgd`. */
export const adagrad = (options: Options<AdagradConfig> = {}): AdagradConfig => configured('adagrad', options);

/** The least epsilon of the kernels: a parameter that never had a gradient stays where it is instead of becoming 0 / 0. */
const LEAST_EPSILON = 2 ** -126;

/** Throws `ValueError` unless this is a number that a learning rate may be. */
export function checkLearningRate(rate: number): void {
  if (!atLeastZero.holds(rate)) throw new ValueError(`learningRate: expected ${atLeastZero.text}, got ${show(rate)}`);
}

/** Throws `ValueError` unless `sgd`, `adam`, `adamw`, `rmsprop` or `adagrad` could have made this configuration. */
export function checkOptimizer(config: OptimizerConfig): void {
  const { kind, ...options } = config ?? {};
  if (!Object.hasOwn(kinds, kind))
    throw new ValueError(
      `optimizer: expected what ${Object.keys(kinds).join('(), ')}() makes, got ${show(kind ?? config)}`,
    );
  const names = Object.keys(kinds[kind].defaults);
  checkFields(kind, options, Object.fromEntries(names.map((name) => [name, requirements[name]])), elsewhere);
  if (config.kind === 'sgd' && config.nesterov && config.momentum === 0)
    throw new ValueError('sgd: expected a momentum with nesterov, got 0');
}

/** What an optimiser does in a step; `hyper` is laid out as `assembly/update/rules.ts` says. */
export function updateRule(config: OptimizerConfig): UpdateRule {
  return (kinds[config.kind].rule as (config: OptimizerConfig) => UpdateRule)(config);
}

function sgdRule({ momentum, nesterov, weightDecay: w }: SgdConfig): UpdateRule {
  const plain = momentum === 0;
  return {
    rule: plain ? 'sgd' : nesterov ? 'nesterov' : 'momentum',
    states: plain ? [] : ['velocity'],
    hyper: (_, learningRate) => [learningRate, w, momentum],
    update(p, gradient, [v], i, [r]) {
      const g = gradient[i] + w * p[i];
      if (v) v[i] = momentum * v[i] + g;
      const direction = v ? (nesterov ? g + momentum * v[i] : v[i]) : g;
      p[i] -= r * direction;
    },
  };
}

/** base^t by squaring: multiplications round alike everywhere, while engines differ in the last bits of `**`. */
function power(base: number, t: number): number {
  let result = 1;
  for (let square = base, rest = t; rest > 0; rest = Math.floor(rest / 2), square *= square)
    if (rest % 2 === 1) result *= square;
  return result;
}

function adamRule({ kind, beta1, beta2, epsilon, weightDecay: w }: AdamConfig): UpdateRule {
  const decoupled = kind === 'adamw';
  return {
    rule: kind,
    states: ['m', 'v'],
    hyper(t, learningRate) {
      const correction1 = 1 / (1 - power(beta1, t));
      const correction2 = 1 / (1 - power(beta2, t));
      return [learningRate, w, beta1, beta2, epsilon, correction1, correction2, 1 - beta1, 1 - beta2];
    },
    update(p, gradient, [m, v], i, [r, , , , , correction1, correction2]) {
      if (decoupled) p[i] -= r * w * p[i];
      const g = decoupled ? gradient[i] : gradient[i] + w * p[i];
      m[i] = beta1 * m[i] + (1 - beta1) * g;
      v[i] = beta2 * v[i] + (1 - beta2) * g * g;
      p[i] -= (r * m[i] * correction1) / (Math.sqrt(v[i] * correction2) + Math.max(epsilon, LEAST_EPSILON));
    },
  };
}

function rmspropRule({ alpha, momentum, epsilon, weightDecay: w }: RmspropConfig): UpdateRule {
  return {
    rule: 'rmsprop',
    states: momentum === 0 ? ['square'] : ['square', 'buffer'],
    hyper: (_, learningRate) => [learningRate, w, momentum, alpha, epsilon, 0, 0, 0, 1 - alpha],
    update(p, gradient, [v, b], i, [r]) {
      const g = gradient[i] + w * p[i];
      v[i] = alpha * v[i] + (1 - alpha) * g * g;
      let direction = g / (Math.sqrt(v[i]) + Math.max(epsilon, LEAST_EPSILON));
      if (b) direction = b[i] = momentum * b[i] + direction;
      p[i] -= r * direction;
    },
  };
}

function adagradRule({ epsilon, weightDecay: w }: AdagradConfig): UpdateRule {
  return {
    rule: 'adagrad',
    states: ['square'],
    hyper: (_, learningRate) => [learningRate, w, 0, 0, epsilon],
    update(p, gradient, [v], i, [r]) {
      const g = gradient[i] + w * p[i];
      v[i] += g * g;
      p[i] -= (r * g) / (Math.sqrt(v[i]) + Math.max(epsilon, LEAST_EPSILON));
    },
  };
}
