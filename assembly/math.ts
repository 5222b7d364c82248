/**
 * Elementary functions, lane by lane: polynomials and quotients, no tables and no branches, so that a lane costs the
 * same whatever is in it. NaN comes through all of them.
 *
 * Errors are in units of the last place (ulp) of the f32 result, the greatest found against f64 over the floats of
 * the range, with and without a fused `madd`. The coefficients are minimax fits of the relative error, rounded to f32
 * one after the other and the rest fitted again; reductions after Cody and Waite, Software Manual for the Elementary
 * Functions (1980), and Moshier's Cephes.
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

const LOG2E: f32 = 1.44269502;
/** ln 2 in two parts: the high one has 9 bits, so that its product with an exponent is exact. */
const LN2_HIGH: f32 = 0.693359375;
const LN2_LOW: f32 = -2.12194440e-4;
/** Added to a small number, 1.5 2^23 leaves the nearest integer in the low bits. */
const ROUND: f32 = 12582912;

/** x between -limit and limit. */
// @ts-ignore: decorator
@inline
export function clamp(x: Lanes, limit: f32): Lanes {
  return pmin(pmax(x, splat(-limit)), splat(limit));
}

/** x - n ln 2. */
// @ts-ignore: decorator
@inline
function lessLn2(x: Lanes, n: Lanes): Lanes {
  return madd(n, splat(-LN2_LOW), madd(n, splat(-LN2_HIGH), x));
}

/** scale (e^r - 1 - r) / r^2 for |r| <= ln 2 / 2; makes 3.1e-9 of e^r. */
// @ts-ignore: decorator
@inline
function expTail(r: Lanes, scale: f32): Lanes {
  let p = madd(r, splat(scale * 0.0013821468), splat(scale * 0.0083686626));
  p = madd(p, r, splat(scale * 0.041668255));
  p = madd(p, r, splat(scale * 0.16666521));
  return madd(p, r, splat(scale * 0.49999994));
}

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
  const inside = pmin(pmax(x, splat(-87.3)), splat(88.8));
  const s = madd(inside, splat(LOG2E), splat(ROUND + 126));
  const r = lessLn2(inside, sub(s, splat(ROUND + 126)));
  const p = madd(madd(expTail(r, 2), r, splat(2)), r, splat(2));
  return mul(p, exponentField(s));
}

/** e^x - 1 for x <= 0 to 1 ulp, as 2^n (e^r - 1) + (2^n - 1). */
// @ts-ignore: decorator
@inline
export function expm1(x: Lanes): Lanes {
  const inside = pmax(x, splat(-30));
  const s = madd(inside, splat(LOG2E), splat(ROUND + 127));
  const r = lessLn2(inside, sub(s, splat(ROUND + 127)));
  const p = madd(expTail(r, 1), mul(r, r), r);
  const scale = exponentField(s);
  return madd(scale, p, sub(scale, splat(1)));
}

/** ln(1 + f) + n ln 2 for f in [sqrt(1/2) - 1, sqrt(2) - 1], of which the polynomial makes 3.2e-8. */
// @ts-ignore: decorator
@inline
function logReduced(f: Lanes, n: Lanes): Lanes {
  let p = madd(f, splat(0.08700543), splat(-0.1426696));
  p = madd(p, f, splat(0.1491448));
  p = madd(p, f, splat(-0.16577649));
  p = madd(p, f, splat(0.19963102));
  p = madd(p, f, splat(-0.25001335));
  p = madd(p, f, splat(0.3333391));
  const square = mul(f, f);
  const tail = madd(n, splat(LN2_LOW), mul(mul(p, f), square));
  return madd(n, splat(LN2_HIGH), add(f, madd(square, splat(-0.5), tail)));
}

/** ln x to 1.2 ulp, of subnormal x too; -infinity at 0, NaN below. */
// @ts-ignore: decorator
@inline
export function log(x: Lanes): Lanes {
  const subnormal = lt(x, splat(f32.MIN_NORMAL_VALUE));
  const normal = select(subnormal, mul(x, splat(8388608)), x);
  const n = sub(exponent(normal), keep(subnormal, splat(23)));
  const y = logReduced(sub(mantissa(normal), splat(1)), n);
  const atMostZero = select(eq(x, splat(0)), splat(-Infinity), splat(NaN));
  return select(lt(x, splat(Infinity)), select(gt(x, splat(0)), y, atMostZero), x);
}

/** ln(1 + x) for x in [0, 1] to 1.7 ulp; above sqrt(2) - 1 as ln(1 + (x - 1) / 2) + ln 2. */
// @ts-ignore: decorator
@inline
export function log1p(x: Lanes): Lanes {
  const upper = gt(x, splat(0.41421356));
  return logReduced(select(upper, madd(x, splat(0.5), splat(-0.5)), x), keep(upper, splat(1)));
}

/** 2.5 ulp: with t = e^(-2|x|) - 1, tanh |x| = -t / (2 + t). */
// @ts-ignore: decorator
@inline
export function tanh(x: Lanes): Lanes {
  const t = expm1(mul(abs(x), splat(-2)));
  return copysign(div(t, add(splat(2), t)), x);
}

/** 1 / (1 + e^-x) to 2.5 ulp; 0 below -88.73. */
// @ts-ignore: decorator
@inline
export function sigmoid(x: Lanes): Lanes {
  return div(splat(1), add(splat(1), exp(neg(x))));
}

/** ln(1 + e^x) to 2.1 ulp; 0 below -86.99. */
// @ts-ignore: decorator
@inline
export function softplus(x: Lanes): Lanes {
  return add(pmax(x, splat(0)), log1p(exp(neg(abs(x)))));
}

/**
 * The normal distribution function (1 + erf(x / sqrt(2))) / 2 at |x| <= 14, given bell = e^(-x^2 / 2): 2.5 ulp for
 * x >= 0 and 5 + x^2 / 2 ulp below, where an erf near -1 would leave no digit. 0 below -13.19.
 *
 * Its tail beyond |x| is bell P(|x|) / Q(|x|), a form of Cody's (Rational Chebyshev approximations for the error
 * function, Math. Comp. 23, 1969); the quotient makes 9.1e-9.
 */
// @ts-ignore: decorator
@inline
export function normalDistribution(x: Lanes, bell: Lanes): Lanes {
  const a = abs(x);
  let p = madd(a, splat(0.003982679), splat(0.039743416));
  p = madd(p, a, splat(0.18061033));
  p = madd(p, a, splat(0.43477404));
  p = madd(p, a, splat(0.5));
  let q = madd(a, splat(0.009982947), splat(0.09962958));
  q = madd(q, a, splat(0.46253645));
  q = madd(q, a, splat(1.1916362));
  q = madd(q, a, splat(1.6674329));
  q = madd(q, a, splat(1));
  const tail = div(mul(bell, p), q);
  return select(lt(x, splat(0)), tail, sub(splat(1), tail));
}
