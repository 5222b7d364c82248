/**
 * Softmax and its relatives along an axis of N elements with `inner` elements of the axes behind it: element i of a
 * group is the line i * inner after its first. The greatest element m is subtracted first, so that nothing overflows;
 * S is the sum of e^(x - m).
 */
import { samplePanels, scratch } from '../batch';
import { Softmax, SoftmaxGradient } from '../generated/instructions';
import { add, BYTES, div, Lanes, load, mul, pmax, splat, store, sub } from '../generated/lanes';
import { exp, log } from '../math';
import { LINE_BYTES, lines } from '../panel';
import { each, maximum, sumOf } from './axis';

/** The lines of the scratch tile that are used here. */
const MAX: usize = 0;
const SUM: usize = LINE_BYTES;

/** e^(x - m) */
@unmanaged
export class Exponential {
  @inline
  value(x: Lanes, m: Lanes, c: Lanes): Lanes {
    return exp(sub(x, m));
  }
}

/** x - m - ln S, in this order: no large numbers cancel. */
@unmanaged
class LogProbability {
  @inline
  value(x: Lanes, m: Lanes, logSum: Lanes): Lanes {
    return sub(sub(x, m), logSum);
  }
}

@unmanaged
class Same {
  @inline
  value(x: Lanes, b: Lanes, c: Lanes): Lanes {
    return x;
  }
}

@unmanaged
class Scaled {
  @inline
  value(x: Lanes, b: Lanes, scale: Lanes): Lanes {
    return mul(x, scale);
  }
}

@unmanaged
class Product {
  @inline
  value(a: Lanes, b: Lanes, c: Lanes): Lanes {
    return mul(a, b);
  }
}

/** y (dy - s) */
@unmanaged
class Gradient {
  @inline
  value(y: Lanes, dy: Lanes, s: Lanes): Lanes {
    return mul(y, sub(dy, s));
  }
}

/** Groups in all panels: what lies between them is the same within a panel and from one to the next. */
// @ts-ignore: decorator
@inline
function groups(features: i32, N: i32): i32 {
  return samplePanels * (features / N);
}

/** Lines before the first of a group. */
// @ts-ignore: decorator
@inline
function firstLine(group: i32, N: i32, inner: i32): usize {
  return lines((group / inner) * N * inner + (group % inner));
}

export function softmaxUnits(r: usize): i32 {
  return groups(Softmax.features(r), Softmax.N(r));
}

export function softmax(r: usize, first: i32, last: i32): void {
  const N = Softmax.N(r);
  const inner = Softmax.inner(r);
  const step = lines(inner);
  const kind = Softmax.kind(r);
  const m = scratch + MAX;
  for (let group = first; group < last; group++) {
    const offset = firstLine(group, N, inner);
    const x = Softmax.x(r) + offset;
    const y = Softmax.y(r);
    maximum(x, step, N, m);
    switch (kind) {
      case Softmax.SOFTMAX: probabilities(x, step, N, y + offset); break;
      case Softmax.LOG_SOFTMAX: logProbabilities(x, step, N, y + offset); break;
      case Softmax.LOG_SUM_EXP: logSumExp(x, step, N, y + lines(group)); break;
      default: unreachable();
    }
  }
}

/** y = e^(x - m) / S */
function probabilities(x: usize, step: usize, N: i32, y: usize): void {
  const sum = scratch + SUM;
  each<Exponential>(x, step, scratch + MAX, 0, scratch + MAX, N, y, step);
  sumOf<Same>(y, step, y, step, 0, N, 1, sum);
  for (let j: usize = 0; j < LINE_BYTES; j += BYTES) store(sum + j, div(splat(1), load(sum + j)));
  each<Scaled>(y, step, y, step, sum, N, y, step);
}

/** y = x - m - ln S */
function logProbabilities(x: usize, step: usize, N: i32, y: usize): void {
  const sum = scratch + SUM;
  sumOf<Exponential>(x, step, scratch + MAX, 0, 0, N, 1, sum);
  for (let j: usize = 0; j < LINE_BYTES; j += BYTES) store(sum + j, log(load(sum + j)));
  each<LogProbability>(x, step, scratch + MAX, 0, sum, N, y, step);
}

/** y = m + ln S. With a finite m a sum of nothing but e^-infinity is 0, and its logarithm is right. */
function logSumExp(x: usize, step: usize, N: i32, y: usize): void {
  const max = scratch + MAX;
  const sum = scratch + SUM;
  for (let j: usize = 0; j < LINE_BYTES; j += BYTES) store(max + j, pmax(load(max + j), splat(-f32.MAX_VALUE)));
  sumOf<Exponential>(x, step, max, 0, 0, N, 1, sum);
  for (let j: usize = 0; j < LINE_BYTES; j += BYTES) store(y + j, add(load(max + j), log(load(sum + j))));
}

export function softmaxGradientUnits(r: usize): i32 {
  return groups(SoftmaxGradient.features(r), SoftmaxGradient.N(r));
}

/** dx = y (dy - sum over the axis of y dy), y the softmax. */
export function softmaxGradient(r: usize, first: i32, last: i32): void {
  const N = SoftmaxGradient.N(r);
  const inner = SoftmaxGradient.inner(r);
  const step = lines(inner);
  const sum = scratch + SUM;
  for (let group = first; group < last; group++) {
    const offset = firstLine(group, N, inner);
    const y = SoftmaxGradient.y(r) + offset;
    const dy = SoftmaxGradient.dy(r) + offset;
    sumOf<Product>(y, step, dy, step, 0, N, 1, sum);
    each<Gradient>(y, step, dy, step, sum, N, SoftmaxGradient.dx(r) + offset, step);
  }
}
