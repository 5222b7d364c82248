/**
 * Losses: forward gives a number for each sample, the program's loss is their mean over the batch; backward gives
 * dx = dy (d loss / d logits), dy one number a sample. The lanes are samples, so every sum over classes or outputs
 * runs down a column of lines, two vectors at a time.
 *
 * These sums are compensated (Kahan, Pracniques: Further remarks on reducing truncation errors, CACM 8, 1965), which
 * makes their error about 1 ulp however many terms there are.
 */
import { samplePanels, scratch } from '../batch';
import { Loss, LossBackward, LossForward } from '../generated/instructions';
import {
  abs, add, BYTES, div, gt, Lanes, load, lt, madd, mul, neg, pmax, pmin, select, splat, store, sub,
} from '../generated/lanes';
import { exp, log, log1p, sigmoid } from '../math';
import { LINE, LINE_BYTES, lines } from '../panel';

/** max(z, 0) - z t + ln(1 + e^-|z|). */
@unmanaged
class BinaryCrossEntropy {
  @inline
  loss(z: Lanes, t: Lanes, delta: f32): Lanes {
    return add(sub(pmax(z, splat(0)), mul(z, t)), log1p(exp(neg(abs(z)))));
  }

  @inline
  derivative(z: Lanes, t: Lanes, delta: f32): Lanes {
    return sub(sigmoid(z), t);
  }
}

/** d^2 with d = z - t. */
@unmanaged
class SquaredError {
  @inline
  loss(z: Lanes, t: Lanes, delta: f32): Lanes {
    const d = sub(z, t);
    return mul(d, d);
  }

  @inline
  derivative(z: Lanes, t: Lanes, delta: f32): Lanes {
    return mul(splat(2), sub(z, t));
  }
}

/** |d|; the derivative at 0 is 0. */
@unmanaged
class AbsoluteError {
  @inline
  loss(z: Lanes, t: Lanes, delta: f32): Lanes {
    return abs(sub(z, t));
  }

  @inline
  derivative(z: Lanes, t: Lanes, delta: f32): Lanes {
    const d = sub(z, t);
    return select(gt(d, splat(0)), splat(1), select(lt(d, splat(0)), splat(-1), d));
  }
}

/** d^2 / 2 for |d| <= delta, else delta (|d| - delta / 2): with c = min(|d|, delta) both are c (|d| - c / 2). */
@unmanaged
class Huber {
  @inline
  loss(z: Lanes, t: Lanes, delta: f32): Lanes {
    const d = abs(sub(z, t));
    const c = pmin(d, splat(delta));
    return mul(c, madd(c, splat(-0.5), d));
  }

  @inline
  derivative(z: Lanes, t: Lanes, delta: f32): Lanes {
    return pmin(pmax(sub(z, t), splat(-delta)), splat(delta));
  }
}

/** y = the mean over N of T's loss. */
function meanForward<T>(z: usize, t: usize, y: usize, N: i32, delta: f32): void {
  const rule = changetype<T>(0);
  for (let column: usize = 0; column < LINE_BYTES; column += 2 * BYTES) {
    let sum0 = splat(0);
    let sum1 = splat(0);
    let excess0 = splat(0);
    let excess1 = splat(0);
    for (let i = column, end = lines(N); i < end; i += LINE_BYTES) {
      const term0 = sub(rule.loss(load(z + i), load(t + i), delta), excess0);
      const term1 = sub(rule.loss(load(z + i + BYTES), load(t + i + BYTES), delta), excess1);
      const next0 = add(sum0, term0);
      const next1 = add(sum1, term1);
      excess0 = sub(sub(next0, sum0), term0);
      excess1 = sub(sub(next1, sum1), term1);
      sum0 = next0;
      sum1 = next1;
    }
    store(y + column + BYTES, div(sum1, splat(<f32>N)));
    store(y + column, div(sum0, splat(<f32>N)));
  }
}

/** dx = dy / N times the derivative of T's loss. */
function meanBackward<T>(z: usize, t: usize, dy: usize, dx: usize, N: i32, delta: f32): void {
  const rule = changetype<T>(0);
  for (let column: usize = 0; column < LINE_BYTES; column += 2 * BYTES) {
    const scale0 = div(load(dy + column), splat(<f32>N));
    const scale1 = div(load(dy + column + BYTES), splat(<f32>N));
    for (let i = column, end = lines(N); i < end; i += LINE_BYTES) {
      const dx0 = mul(scale0, rule.derivative(load(z + i), load(t + i), delta));
      const dx1 = mul(scale1, rule.derivative(load(z + i + BYTES), load(t + i + BYTES), delta));
      store(dx + i + BYTES, dx1);
      store(dx + i, dx0);
    }
  }
}

/** The greatest of N lines, lane by lane. */
function greatest(z: usize, N: i32, y: usize): void {
  for (let column: usize = 0; column < LINE_BYTES; column += 2 * BYTES) {
    let max0 = load(z + column);
    let max1 = load(z + column + BYTES);
    for (let i = column + LINE_BYTES, end = lines(N); i < end; i += LINE_BYTES) {
      max0 = pmax(max0, load(z + i));
      max1 = pmax(max1, load(z + i + BYTES));
    }
    store(y + column + BYTES, max1);
    store(y + column, max0);
  }
}

/** What the terms of a softmax are, as functions of d = z - max z <= 0. */
@unmanaged
class Exponential {
  @inline
  of(d: Lanes): Lanes {
    return exp(d);
  }
}

@unmanaged
class Identity {
  @inline
  of(d: Lanes): Lanes {
    return d;
  }
}

/** y = the sum over N of T of z - max; each term is stored in `terms` too, unless that is 0. */
function sumBelow<T>(z: usize, max: usize, N: i32, y: usize, terms: usize): void {
  const term = changetype<T>(0);
  for (let column: usize = 0; column < LINE_BYTES; column += 2 * BYTES) {
    const max0 = load(max + column);
    const max1 = load(max + column + BYTES);
    let sum0 = splat(0);
    let sum1 = splat(0);
    let excess0 = splat(0);
    let excess1 = splat(0);
    for (let i = column, end = lines(N); i < end; i += LINE_BYTES) {
      const value0 = term.of(sub(load(z + i), max0));
      const value1 = term.of(sub(load(z + i + BYTES), max1));
      if (terms) {
        store(terms + i + BYTES, value1);
        store(terms + i, value0);
      }
      const term0 = sub(value0, excess0);
      const term1 = sub(value1, excess1);
      const next0 = add(sum0, term0);
      const next1 = add(sum1, term1);
      excess0 = sub(sub(next0, sum0), term0);
      excess1 = sub(sub(next1, sum1), term1);
      sum0 = next0;
      sum1 = next1;
    }
    store(y + column + BYTES, sum1);
    store(y + column, sum0);
  }
}
