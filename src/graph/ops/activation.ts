/** Activations and their gradients. A product's epilogue does both where a dense layer stands beside them. */
import { ShapeError, ValueError } from '../../errors.js';
import { atLeastZero, check, show } from '../../fields.js';
import { Activation } from '../../program/generated/instructions.js';
import { apply, type Node, sameShape, showShape } from '../node.js';
import type { Operation } from '../operation.js';
import { lineCount } from '../storage.js';
import { add, clip, exp, heaviside, mul, neg, square, sub } from './elementwise.js';

export type ActivationName = keyof typeof Activation;

interface ActivationAttributes {
  readonly kind: ActivationName;
  /** The slope of leakyRelu, the saturation of elu; 0 for the others. */
  readonly alpha: number;
}

interface ActivationRule {
  /** y = f(z). */
  readonly f: (z: number, alpha: number) => number;
  /** Whether the derivative is computed from y or from z: from y, z need not be kept. */
  readonly saved: 'y' | 'z';
  /** f'(z), from what is saved. */
  readonly derivative: (saved: number, alpha: number) => number;
  /** d derivative / d saved as graph, for derivatives of derivatives; null where it is 0 almost everywhere. */
  readonly curvature: ((saved: Node, alpha: number) => Node) | null;
}

const { PI, SQRT1_2 } = Math;
const sigma = (z: number): number => 1 / (1 + Math.exp(-z));
const phi = (z: number): number => Math.exp((-z * z) / 2) / Math.sqrt(2 * PI);
const GELU_SCALE = Math.sqrt(2 / PI);
const GELU_CUBIC = 0.044715;

/** The error function to f64 precision: its Taylor series near 0, the continued fraction of erfc beyond (A&S 7.1.5, 7.1.14). */
function erf(x: number): number {
  const a = Math.abs(x);
  if (a < 2.5) {
    let term = x;
    let total = x;
    for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(total); n++) {
      term *= (-x * x) / n;
      total += term / (2 * n + 1);
    }
    return (2 / Math.sqrt(PI)) * total;
  }
  let fraction = a;
  for (let n = 60; n > 0; n--) fraction = a + n / 2 / fraction;
  return Math.sign(x) * (1 - Math.exp(-a * a) / (Math.sqrt(PI) * fraction));
}

/** The normal distribution's cumulative probability. */
const Phi = (z: number): number => (1 + erf(z * SQRT1_2)) / 2;

function geluTanhDerivative(z: number): number {
  const t = Math.tanh(GELU_SCALE * (z + GELU_CUBIC * z ** 3));
  return (1 + t) / 2 + (z / 2) * (1 - t * t) * GELU_SCALE * (1 + 3 * GELU_CUBIC * z * z);
}

/** z where a second derivative is not 0 in f32: beyond, its factors are infinite and 0. */
const nearZero = (z: Node): Node => clip(z, -16, 16);

const geluCurvature = (z: Node): Node => mul(mul(exp(mul(square(z), -0.5)), 1 / Math.sqrt(2 * PI)), sub(2, square(z)));

/**
 * With u = c (z + a z^3) and t = tanh u: f'' = (1 - t^2) (u' + z u'' / 2 - z t u'^2), where t = s - r and
 * 1 - t^2 = 4 s r, s = sigmoid(2 u) and r = sigmoid(-2 u): no digits are lost where |t| is near 1.
 */
function geluTanhCurvature(z: Node): Node {
  const z2 = square(z);
  const twice = mul(mul(z, 2 * GELU_SCALE), add(mul(z2, GELU_CUBIC), 1));
  const [s, r] = [sigmoid(twice), sigmoid(neg(twice))];
  const u1 = mul(add(mul(z2, 3 * GELU_CUBIC), 1), GELU_SCALE);
  const u2 = mul(z, 6 * GELU_CUBIC * GELU_SCALE);
  return mul(mul(mul(s, r), 4), sub(add(u1, mul(mul(z, u2), 0.5)), mul(mul(z, sub(s, r)), square(u1))));
}

const rules: { readonly [kind in ActivationName]: ActivationRule } = {
  linear: { f: (z) => z, saved: 'y', derivative: () => 1, curvature: null },
  // NaN > 0 is false, so the comparison is written to let NaN through.
  relu: { f: (z) => (z <= 0 ? 0 : z), saved: 'y', derivative: (y) => (y > 0 ? 1 : 0), curvature: null },
  leakyRelu: {
    f: (z, alpha) => (z <= 0 ? alpha * z : z),
    saved: 'y',
    derivative: (y, alpha) => (y > 0 ? 1 : alpha),
    curvature: null,
  },
  elu: {
    f: (z, alpha) => (z <= 0 ? alpha * Math.expm1(z) : z),
    saved: 'y',
    derivative: (y, alpha) => (y > 0 ? 1 : y + alpha),
    curvature: (y) => heaviside(0, y),
  },
  gelu: {
    f: (z) => z * Phi(z),
    saved: 'z',
    derivative: (z) => Phi(z) + z * phi(z),
    curvature: (z) => geluCurvature(nearZero(z)),
  },
  geluTanh: {
    f: (z) => (z / 2) * (1 + Math.tanh(GELU_SCALE * (z + GELU_CUBIC * z ** 3))),
    saved: 'z',
    derivative: geluTanhDerivative,
    curvature: (z) => geluTanhCurvature(nearZero(z)),
  },
  silu: {
    f: (z) => z * sigma(z),
    saved: 'z',
    derivative: (z) => sigma(z) * (1 + z * (1 - sigma(z))),
    curvature(z) {
      const s = sigmoid(z);
      return mul(mul(s, sub(1, s)), add(mul(z, sub(1, mul(s, 2))), 2));
    },
  },
  sigmoid: { f: sigma, saved: 'y', derivative: (y) => y * (1 - y), curvature: (y) => sub(1, mul(y, 2)) },
  tanh: { f: Math.tanh, saved: 'y', derivative: (y) => 1 - y * y, curvature: (y) => mul(y, -2) },
  softplus: {
    f: (z) => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))),
    saved: 'z',
    derivative: sigma,
    curvature(z) {
      const s = sigmoid(z);
      return mul(s, sub(1, s));
    },
  },
};

const activationOperation: Operation<ActivationAttributes> = {
  name: 'activation',
  shape: ([z]) => z.shape,
  vjp(node, dy, _, attributes) {
    if (attributes.kind === 'linear') return [dy];
    const saved = rules[attributes.kind].saved === 'y' ? node : node.inputs[0];
    return [apply(activationGradientOperation, [saved, dy], attributes)];
  },
  evaluate(node, [z], evaluation, { kind, alpha }) {
    return evaluation.allocate(node).map((_, i) => rules[kind].f(z[i], alpha));
  },
  lower(node, lowering, { kind, alpha }) {
    lowering.emit('activationForward', {
      x: lowering.buffer(node.inputs[0]),
      y: lowering.buffer(node),
      ...extent(node, kind, alpha),
    });
  },
};

/** dz = dy f'(z), from what the activation saved. */
const activationGradientOperation: Operation<ActivationAttributes> = {
  name: 'activationGradient',
  shape([saved, dy]) {
    if (sameShape(saved.shape, dy.shape)) return dy.shape;
    const [a, b] = [saved, dy].map((node) => showShape(node.shape));
    throw new ShapeError(`activationGradient: expected a gradient of shape ${a}, got ${b}`);
  },
  vjp(node, g, [needsSaved, needsDy], attributes) {
    const [saved, dy] = node.inputs;
    const { curvature } = rules[attributes.kind];
    return [
      needsSaved && curvature ? mul(mul(g, dy), curvature(saved, attributes.alpha)) : null,
      needsDy ? apply(activationGradientOperation, [saved, g], attributes) : null,
    ];
  },
  evaluate(node, [saved, dy], evaluation, { kind, alpha }) {
    return evaluation.allocate(node).map((_, i) => dy[i] * rules[kind].derivative(saved[i], alpha));
  },
  lower(node, lowering, { kind, alpha }) {
    const [saved, dy] = node.inputs.map((x) => lowering.buffer(x));
    lowering.emit('activationBackward', { saved, dy, dx: lowering.buffer(node), ...extent(node, kind, alpha) });
  },
};

function extent(node: Node, kind: ActivationName, alpha: number) {
  return { features: lineCount(node), batched: node.batched ? 1 : 0, activation: Activation[kind], alpha };
}

/** The names of all activations. */
export const activationNames = Object.keys(rules) as ActivationName[];

/** What `alpha` is where nothing is said: PyTorch's defaults. */
const defaultAlpha: { readonly [kind in ActivationName]?: number } = { leakyRelu: 0.01, elu: 1 };

/**
 * An activation by its name: `linear`, `relu`, `leakyRelu` (alpha is the slope below 0, by default 0.01), `elu` (alpha
 * its limit below 0, by default 1), `gelu` (by the error function), `geluTanh`, `silu`, `sigmoid`, `tanh`, `softplus`.
 * Throws `ValueError` for any other name, or an alpha that is negative, not finite or given to one of the others.
 */
export function activation(z: Node, kind: ActivationName, alpha?: number): Node {
  if (!Object.hasOwn(rules, kind))
    throw new ValueError(`activation: expected one of ${activationNames.join(', ')}, got ${show(kind)}`);
  const standard = defaultAlpha[kind];
  if (alpha !== undefined && standard === undefined)
    throw new ValueError(
      `${kind}: expected no alpha, which only ${Object.keys(defaultAlpha).join(' and ')} have, got ${show(alpha)}`,
    );
  const chosen = alpha ?? standard ?? 0;
  // The derivative is told from y, whose sign is that of z only for such an alpha.
  check(kind, 'alpha', chosen, atLeastZero);
  return apply(activationOperation, [z], { kind, alpha: chosen });
}

/** max(z, 0); its derivative at 0 is 0. */
export const relu = (z: Node): Node => activation(z, 'relu');
/** z above 0, slope z below, by default 0.01 z; its derivative at 0 is the slope. Throws as `activation`. */
export const leakyRelu = (z: Node, slope = 0.01): Node => activation(z, 'leakyRelu', slope);
/** z above 0, alpha (e^z - 1) below, alpha by default 1 (Clevert et al., 2016). Throws as `activation`. */
export const elu = (z: Node, alpha = 1): Node => activation(z, 'elu', alpha);
/** z Phi(z), Phi the normal distribution's cumulative probability (Hendrycks and Gimpel, 2016). */
export const gelu = (z: Node): Node => activation(z, 'gelu');
/** z/2 (1 + tanh(sqrt(2/pi) (z + 0.044715 z^3))), the approximation of gelu. */
export const geluTanh = (z: Node): Node => activation(z, 'geluTanh');
/** z sigmoid(z). */
export const silu = (z: Node): Node => activation(z, 'silu');
/** 1 / (1 + e^-z). */
export const sigmoid = (z: Node): Node => activation(z, 'sigmoid');
/** tanh z. */
export const tanh = (z: Node): Node => activation(z, 'tanh');
/** log(1 + e^z). */
export const softplus = (z: Node): Node => activation(z, 'softplus');

export const activationOperations = [activationOperation, activationGradientOperation];
