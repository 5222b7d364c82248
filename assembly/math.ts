/**
 * Elementary functions, lane by lane: polynomials and quotients, no tables and no branches, so that a lane costs the
 * same whatever is in it. NaN comes through all of them.
 *
 * Errors are in units of the last place (ulp) of the f32 result, the greatest found against f64 over the floats of
 * the range, with and without a fused `madd`. The coefficients are minimax fits of the relative error, rounded to f32
 * one after the other and the rest fitted again; reductions after Cody and Waite, Software Manual for the Elementary
 * Functions (1980), and Moshier's Cephes.
 *
 * Constants lie in memory: a load is one instruction, where V8 takes three to make a vector constant, at every use of
 * it in every turn of a loop, which doubled the time of `exp`.
 */
import {
  abs,
  add,
  copysign,
  div,
  eq,
  exponent,
  exponentField,
  gt,
  keep,
  Lanes,
  loadSplat,
  lt,
  madd,
  mantissa,
  mul,
  neg,
  pmax,
  pmin,
  select,
  splat,
  sub,
} from './generated/lanes';

export const ONE = memory.data<f32>([1]);
const TWO = memory.data<f32>([2]);
const MINUS_TWO = memory.data<f32>([-2]);
const HALF = memory.data<f32>([0.5]);
export const MINUS_HALF = memory.data<f32>([-0.5]);

const LOG2E = memory.data<f32>([1.44269502]);
/** ln 2 in two parts: the high one has 9 bits, so that its product with an exponent is exact. */
const LN2_HIGH = memory.data<f32>([0.693359375]);
const LN2_LOW = memory.data<f32>([-2.1219444e-4]);
const MINUS_LN2_HIGH = memory.data<f32>([-0.693359375]);
const MINUS_LN2_LOW = memory.data<f32>([2.1219444e-4]);
/** Added to a small number n, 1.5 2^23 + b leaves n + b in the low bits, rounded: b = 127 for the exponent of 2^n. */
const ROUND = memory.data<f32>([12582912 + 127]);
const ROUND_LESS_ONE = memory.data<f32>([12582912 + 126]);

/** c0 x^4 + c1 x^3 + ... + c4, the coefficients at c. */
// @ts-ignore: decorator
@inline
function polynomial4(x: Lanes, c: usize): Lanes {
  const p = madd(madd(loadSplat(c), x, loadSplat(c + 4)), x, loadSplat(c + 8));
  return madd(madd(p, x, loadSplat(c + 12)), x, loadSplat(c + 16));
}

// @ts-ignore: decorator
@inline
function polynomial5(x: Lanes, c: usize): Lanes {
  return madd(polynomial4(x, c), x, loadSplat(c + 20));
}

// @ts-ignore: decorator
@inline
function polynomial6(x: Lanes, c: usize): Lanes {
  return madd(polynomial5(x, c), x, loadSplat(c + 24));
}

/** x - n ln 2. */
// @ts-ignore: decorator
@inline
function lessLn2(x: Lanes, n: Lanes): Lanes {
  return madd(n, loadSplat(MINUS_LN2_LOW), madd(n, loadSplat(MINUS_LN2_HIGH), x));
}

/** (e^r - 1 - r) / r^2 for |r| <= ln 2 / 2; e^r is known to 3.1e-9 by it. */
const EXP_TAIL = memory.data<f32>([0.0013821468, 0.0083686626, 0.041668255, 0.16666521, 0.49999994]);
/** 2 e^r by the same coefficients. */
const TWICE_EXP = memory.data<f32>([
  2 * 0.0013821468, 2 * 0.0083686626, 2 * 0.041668255, 2 * 0.16666521, 2 * 0.49999994, 2, 2,
]);
const LEAST_EXP = memory.data<f32>([-87.3]);
const GREATEST_EXP = memory.data<f32>([88.8]);

/**
 * e^x to 1.2 ulp. 0 below -86.99, where e^x is less than 2^-125.5 (the results there would be subnormal or nearly so),
 * infinity from 88.73 on.
 *
 * e^x = 2^(n - 1) 2 e^r with n = round(x / ln 2): so both ends take care of themselves, n = -126 by an exponent field
 * of 0 and n = 128 by overflow of the product.
 */
// @ts-ignore: decorator
@inline
export function exp(x: Lanes): Lanes {
  const inside = pmin(pmax(x, loadSplat(LEAST_EXP)), loadSplat(GREATEST_EXP));
  const s = madd(inside, loadSplat(LOG2E), loadSplat(ROUND_LESS_ONE));
  const r = lessLn2(inside, sub(s, loadSplat(ROUND_LESS_ONE)));
  return mul(polynomial6(r, TWICE_EXP), exponentField(s));
}

const LEAST_EXPM1 = memory.data<f32>([-30]);

/** e^x - 1 for x <= 0 to 1 ulp, as 2^n (e^r - 1) + (2^n - 1). */
// @ts-ignore: decorator
@inline
export function expm1(x: Lanes): Lanes {
  const inside = pmax(x, loadSplat(LEAST_EXPM1));
  const s = madd(inside, loadSplat(LOG2E), loadSplat(ROUND));
  const r = lessLn2(inside, sub(s, loadSplat(ROUND)));
  const p = madd(polynomial4(r, EXP_TAIL), mul(r, r), r);
  const scale = exponentField(s);
  return madd(scale, p, sub(scale, loadSplat(ONE)));
}

/** (ln(1 + f) - f + f^2 / 2) / f^3 for f in [sqrt(1/2) - 1, sqrt(2) - 1]; ln(1 + f) is known to 3.2e-8 by it. */
const LOG_TAIL = memory.data<f32>([
  0.08700543, -0.1426696, 0.1491448, -0.16577649, 0.19963102, -0.25001335, 0.3333391,
]);

/** ln(1 + f) + n ln 2. */
// @ts-ignore: decorator
@inline
function logReduced(f: Lanes, n: Lanes): Lanes {
  const square = mul(f, f);
  const tail = madd(n, loadSplat(LN2_LOW), mul(mul(polynomial6(f, LOG_TAIL), f), square));
  return madd(n, loadSplat(LN2_HIGH), add(f, madd(square, loadSplat(MINUS_HALF), tail)));
}

/** ln x to 1.2 ulp, of subnormal x too; -infinity at 0, NaN below. */
// @ts-ignore: decorator
@inline
export function log(x: Lanes): Lanes {
  const subnormal = lt(x, splat(f32.MIN_NORMAL_VALUE));
  const normal = select(subnormal, mul(x, splat(8388608)), x);
  const n = sub(exponent(normal), keep(subnormal, splat(23)));
  const y = logReduced(sub(mantissa(normal), loadSplat(ONE)), n);
  const atMostZero = select(eq(x, splat(0)), splat(-Infinity), splat(NaN));
  return select(lt(x, splat(Infinity)), select(gt(x, splat(0)), y, atMostZero), x);
}

const SQRT2_LESS_ONE = memory.data<f32>([0.41421356]);

/** ln(1 + x) for x in [0, 1] to 1.7 ulp; above sqrt(2) - 1 as ln(1 + (x - 1) / 2) + ln 2. */
// @ts-ignore: decorator
@inline
export function log1p(x: Lanes): Lanes {
  const upper = gt(x, loadSplat(SQRT2_LESS_ONE));
  const f = select(upper, madd(x, loadSplat(HALF), loadSplat(MINUS_HALF)), x);
  return logReduced(f, keep(upper, loadSplat(ONE)));
}

/** 2.5 ulp: with t = e^(-2|x|) - 1, tanh |x| = -t / (2 + t). */
// @ts-ignore: decorator
@inline
export function tanh(x: Lanes): Lanes {
  const t = expm1(mul(abs(x), loadSplat(MINUS_TWO)));
  return copysign(div(t, add(loadSplat(TWO), t)), x);
}

/** 1 / (1 + e^-x) to 2.5 ulp; 0 below -88.73. */
// @ts-ignore: decorator
@inline
export function sigmoid(x: Lanes): Lanes {
  return div(loadSplat(ONE), add(loadSplat(ONE), exp(neg(x))));
}

/** ln(1 + e^x) to 2.1 ulp; 0 below -86.99. */
// @ts-ignore: decorator
@inline
export function softplus(x: Lanes): Lanes {
  return add(pmax(x, splat(0)), log1p(exp(neg(abs(x)))));
}

const TAIL_P = memory.data<f32>([0.003982679, 0.039743416, 0.18061033, 0.43477404, 0.5]);
const TAIL_Q = memory.data<f32>([0.009982947, 0.09962958, 0.46253645, 1.1916362, 1.6674329, 1]);

/**
 * The normal distribution function (1 + erf(x / sqrt(2))) / 2 at |x| <= 14, given bell = e^(-x^2 / 2): 2.5 ulp for
 * x >= 0 and 5 + x^2 / 2 ulp below, where an erf near -1 would leave no digit. 0 below -13.19.
 *
 * Its tail beyond |x| is bell P(|x|) / Q(|x|), a form of Cody's (Rational Chebyshev approximations for the error
 * function, Math. Comp. 23, 1969); the quotient is known to 9.1e-9.
 */
// @ts-ignore: decorator
@inline
export function normalDistribution(x: Lanes, bell: Lanes): Lanes {
  const a = abs(x);
  const tail = div(mul(bell, polynomial4(a, TAIL_P)), polynomial5(a, TAIL_Q));
  return select(lt(x, splat(0)), tail, sub(loadSplat(ONE), tail));
}
