/** x^alpha for a constant exponent. */
import {
  abs,
  add,
  copysign,
  div,
  eq,
  exponent,
  keep,
  Lanes,
  lt,
  madd,
  mantissa,
  max as greater,
  min as lesser,
  mul,
  nearest,
  pow2,
  select,
  splat,
  sqrt,
  sub,
} from '../generated/lanes';
import { exp, log } from '../math';

/** Exponents up to this size are done by multiplication, if they are integers or half-integers. */
const MOST_FACTORS: f32 = 8;

/** Whether `powerByProduct` has this exponent; `powerByExponential` has any. */
export function isProduct(alpha: f32): bool {
  const halves = alpha * 2;
  return f32.abs(alpha) <= MOST_FACTORS && halves == f32.trunc(halves);
}

/**
 * By repeated squaring, a square root and a reciprocal, as alpha needs them. With u = 2^-24, x^n has a relative error
 * of at most (n - 1) u (Higham: Accuracy and Stability of Numerical Algorithms, 2nd ed., 3.1), the root and its
 * product add 2 u and the reciprocal adds u: at most 10 u, while x^|alpha| is a normal number.
 */
// @ts-ignore: decorator
@inline
export function powerByProduct(x: Lanes, alpha: f32): Lanes {
  const size = f32.abs(alpha);
  let n = <i32>size;
  let square = x;
  let y = splat(1);
  if (size != <f32>n) {
    // Adding 0 makes -0 a 0: where half a power is asked for it has no sign.
    square = add(x, splat(0));
    y = sqrt(square);
  }
  for (; n; square = mul(square, square), n >>= 1) {
    if (n & 1) y = mul(y, square);
  }
  return alpha < 0 ? div(splat(1), y) : y;
}

/**
 * As 2^(alpha log2 |x|). With |x| = m 2^e the exponent is alpha e + alpha log2 m; alpha is split into a head whose
 * product with the integer e is exact and a tail, so that the integer part of the exponent costs no digits. What is
 * left is the error of alpha log2 m: by the bounds of exp and log at most (2 |alpha| + 4) u in all, u = 2^-24, while
 * the result is a normal number; measured, 4 u up to |alpha| = 4 and 140 u at |alpha| = 10000.
 * A negative x has a power where alpha is an integer, and NaN elsewhere.
 */
// @ts-ignore: decorator
@inline
export function powerByExponential(x: Lanes, alpha: f32): Lanes {
  const head = reinterpret<f32>(reinterpret<i32>(alpha) & <i32>0xffffe000);
  const tail = alpha - head;

  const size = abs(x);
  const subnormal = lt(size, splat(f32.MIN_NORMAL_VALUE));
  const scaled = select(subnormal, mul(size, splat(16777216)), size);
  const e = sub(exponent(scaled), keep(subnormal, splat(24)));
  const fraction = madd(splat(tail), e, mul(splat(alpha * <f32>1.4426950408889634), log(mantissa(scaled))));
  const whole = mul(splat(head), e);
  const n = greater(lesser(nearest(add(whole, fraction)), splat(254)), splat(-252));
  const half = nearest(mul(n, splat(0.5)));
  const rest = mul(add(sub(whole, n), fraction), splat(0.6931471805599453));
  let y = mul(mul(exp(rest), pow2(half)), pow2(sub(n, half)));

  const infinity = splat(f32.POSITIVE_INFINITY);
  y = select(eq(size, splat(0)), alpha > 0 ? splat(0) : infinity, y);
  y = select(eq(size, infinity), alpha > 0 ? infinity : splat(0), y);
  y = select(eq(x, x), y, x);
  if (alpha != f32.trunc(alpha)) return select(lt(x, splat(0)), splat(f32.NaN), y);
  const halved = alpha * 0.5;
  return halved == f32.trunc(halved) ? y : copysign(y, x);
}
