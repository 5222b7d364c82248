/**
 * The elementary functions, lane by lane.
 */
import {
  add, div, eq, exponent, gt, keep, Lanes, lt, madd, mantissa, mul, neg, pmax, pmin, exponentField, select, splat, sub,
} from './generated/lanes';

const LOG2E: f32 = 1.44269502;
/** ln 2 in two parts; the first has 9 bits, so that its products with exponents are exact (Cody and Waite, 1980). */
const LN2_HIGH: f32 = 0.693359375;
const LN2_LOW: f32 = -2.12194440e-4;
/** Adding 1.5 2^23 rounds to an integer and leaves it in the low bits; 126 is the bias of 2^(n - 1). */
const ROUND: f32 = 12582912 + 126;

/** e^x. At most 1.2 ulp; 0 below -86.99, where the result is less than 2^-125.5; infinity above 88.7228. */
export function exp(x: Lanes): Lanes {
  const c = pmin(pmax(x, splat(-87.3)), splat(88.8));
  const s = madd(c, splat(LOG2E), splat(ROUND));
  const n = sub(s, splat(ROUND));
  const r = madd(n, splat(-LN2_LOW), madd(n, splat(-LN2_HIGH), c));
  let p = madd(r, splat(2 * 0.0013821468455716968), splat(2 * 0.008368662558495998));
  p = madd(p, r, splat(2 * 0.041668254882097244));
  p = madd(p, r, splat(2 * 0.1666652113199234));
  p = madd(p, r, splat(2 * 0.4999999403953552));
  p = madd(p, r, splat(2));
  p = madd(p, r, splat(2));
  return mul(p, exponentField(s));
}

/** ln x. At most 1.2 ulp; -infinity at 0, NaN below. */
export function log(x: Lanes): Lanes {
  const tiny = lt(x, splat(1.17549435e-38));
  const v = select(tiny, mul(x, splat(8388608)), x);
  const e = sub(exponent(v), keep(tiny, splat(23)));
  const y = logOf(sub(mantissa(v), splat(1)), e);
  const atMostZero = select(eq(x, splat(0)), splat(-Infinity), splat(NaN));
  return select(lt(x, splat(Infinity)), select(gt(x, splat(0)), y, atMostZero), x);
}

/** ln(1 + f) + e ln 2, f in [sqrt(1/2) - 1, sqrt(2) - 1]. */
// @ts-ignore: decorator
@inline
function logOf(f: Lanes, e: Lanes): Lanes {
  let p = madd(f, splat(0.08700542896986008), splat(-0.14266960322856903));
  p = madd(p, f, splat(0.14914479851722717));
  p = madd(p, f, splat(-0.16577649116516113));
  p = madd(p, f, splat(0.19963102042675018));
  p = madd(p, f, splat(-0.2500133514404297));
  p = madd(p, f, splat(0.3333390951156616));
  const z = mul(f, f);
  let y = madd(e, splat(LN2_LOW), mul(mul(p, f), z));
  y = add(f, madd(z, splat(-0.5), y));
  return madd(e, splat(LN2_HIGH), y);
}
