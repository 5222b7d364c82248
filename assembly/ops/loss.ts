/**
 * Losses. Forward gives one number for each sample, and the program's loss is their mean over the batch; backward gives
 * dx = dy (d loss / d logits), dy one number for each sample. Positions count as so many samples more. Lanes are
 * samples, so that a sum over classes or outputs runs down the lines, two vectors of each at a time: what V8 can join
 * into one of 256 bits.
 */
import { samplePanels, scratch } from '../batch';
import { Loss, LossBackward, LossForward } from '../generated/instructions';
import {
  abs,
  add,
  BYTES,
  div,
  gt,
  Lanes,
  load,
  lt,
  madd,
  mul,
  neg,
  pmax,
  pmin,
  select,
  splat,
  store,
  sub,
} from '../generated/lanes';
import { exp, log, log1p, sigmoid } from '../math';
import { LINE, LINE_BYTES, lines } from '../panel';
import { maximum, sumOf } from './axis';
import { Exponential } from './softmax';

/** The lines of the scratch tile that losses use. */
const MAX: usize = 0;
const SUM: usize = LINE_BYTES;
const SCALE: usize = 2 * LINE_BYTES;
const SHIFT: usize = 3 * LINE_BYTES;

/** d ln S / dz, before it is divided by S. */
@unmanaged
class Softmax {
  @inline
  derivative(z: Lanes, m: Lanes, delta: Lanes): Lanes {
    return exp(sub(z, m));
  }
}

/** What label smoothing adds up: m - z. */
@unmanaged
class Distance {
  @inline
  value(z: Lanes, m: Lanes, delta: Lanes): Lanes {
    return sub(m, z);
  }
}

/** max(z, 0) - z t + ln(1 + e^-|z|). */
@unmanaged
class BinaryCrossEntropy {
  @inline
  value(z: Lanes, t: Lanes, delta: Lanes): Lanes {
    return add(sub(pmax(z, splat(0)), mul(z, t)), log1p(exp(neg(abs(z)))));
  }

  @inline
  derivative(z: Lanes, t: Lanes, delta: Lanes): Lanes {
    return sub(sigmoid(z), t);
  }
}

/** d^2, d = z - t. */
@unmanaged
class SquaredError {
  @inline
  value(z: Lanes, t: Lanes, delta: Lanes): Lanes {
    const d = sub(z, t);
    return mul(d, d);
  }

  @inline
  derivative(z: Lanes, t: Lanes, delta: Lanes): Lanes {
    return mul(splat(2), sub(z, t));
  }
}

/** |d|; the derivative at 0 is 0. */
@unmanaged
class AbsoluteError {
  @inline
  value(z: Lanes, t: Lanes, delta: Lanes): Lanes {
    return abs(sub(z, t));
  }

  @inline
  derivative(z: Lanes, t: Lanes, delta: Lanes): Lanes {
    const d = sub(z, t);
    return select(gt(d, splat(0)), splat(1), select(lt(d, splat(0)), splat(-1), d));
  }
}

/** d^2 / 2 for |d| <= delta, else delta (|d| - delta / 2): both are c (|d| - c / 2) with c = min(|d|, delta). */
@unmanaged
class Huber {
  @inline
  value(z: Lanes, t: Lanes, delta: Lanes): Lanes {
    const d = abs(sub(z, t));
    const c = pmin(d, delta);
    return mul(c, madd(c, splat(-0.5), d));
  }

  @inline
  derivative(z: Lanes, t: Lanes, delta: Lanes): Lanes {
    return pmin(pmax(sub(z, t), neg(delta)), delta);
  }
}

/** dx = scale T's derivative + shift over N lines; scale and shift are one line each. */
function gradientOf<T>(z: usize, t: usize, tStep: usize, delta: f32, N: i32, dx: usize): void {
  const term = changetype<T>(0);
  for (let column: usize = 0; column < LINE_BYTES; column += 2 * BYTES) {
    const scale0 = load(scratch + SCALE + column);
    const scale1 = load(scratch + SCALE + column + BYTES);
    const shift0 = load(scratch + SHIFT + column);
    const shift1 = load(scratch + SHIFT + column + BYTES);
    let target = t + column;
    let gradient = dx + column;
    for (let p = z + column, end = p + lines(N); p < end; p += LINE_BYTES) {
      const dx0 = madd(term.derivative(load(p), load(target), splat(delta)), scale0, shift0);
      const dx1 = madd(term.derivative(load(p + BYTES), load(target + BYTES), splat(delta)), scale1, shift1);
      store(gradient + BYTES, dx1);
      store(gradient, dx0);
      target += tStep;
      gradient += LINE_BYTES;
    }
  }
}

/** Where lane `lane` of its label's line lies among N lines at z; 0 for a label that is not in [0, N). */
function atLabel(z: usize, N: i32, labels: usize, lane: i32): usize {
  const label = f32.load(labels + (<usize>lane << 2));
  return label >= 0 && label < <f32>N ? z + lines(<i32>label) + (<usize>lane << 2) : 0;
}

/**
 * With m the greatest logit, S the sum of the terms e^(z - m) and q the target distribution, (1 - e) onehot + e / N, the
 * loss is ln S + sum_k q_k (m - z_k): nothing overflows, and no large numbers cancel.
 */
function softmaxForward(z: usize, labels: usize, y: usize, N: i32, smoothing: f32): void {
  maximum(z, LINE_BYTES, N, scratch + MAX);
  sumOf<Exponential>(z, LINE_BYTES, scratch + MAX, 0, 0, N, 1, scratch + SUM);
  if (smoothing) sumOf<Distance>(z, LINE_BYTES, scratch + MAX, 0, 0, N, <f32>N, y);
  else memory.fill(y, 0, LINE_BYTES);
  for (let i: usize = 0; i < LINE_BYTES; i += BYTES)
    store(y + i, madd(load(y + i), splat(smoothing), log(load(scratch + SUM + i))));
  for (let lane = 0; lane < LINE; lane++) {
    const p = atLabel(z, N, labels, lane);
    const i = <usize>lane << 2;
    const distance = p ? f32.load(scratch + i, MAX) - f32.load(p) : NaN;
    f32.store(y + i, f32.load(y + i) + (1 - smoothing) * distance);
  }
}

/** dz = dy (e^(z - m) / S - q). */
function softmaxBackward(z: usize, labels: usize, dy: usize, dx: usize, N: i32, smoothing: f32): void {
  maximum(z, LINE_BYTES, N, scratch + MAX);
  sumOf<Exponential>(z, LINE_BYTES, scratch + MAX, 0, 0, N, 1, scratch + SUM);
  for (let i: usize = 0; i < LINE_BYTES; i += BYTES) {
    store(scratch + SCALE + i, div(load(dy + i), load(scratch + SUM + i)));
    store(scratch + SHIFT + i, mul(load(dy + i), splat(-smoothing / <f32>N)));
  }
  gradientOf<Softmax>(z, scratch + MAX, 0, 0, N, dx);
  for (let lane = 0; lane < LINE; lane++) {
    const p = atLabel(dx, N, labels, lane);
    if (p) f32.store(p, f32.load(p) - (1 - smoothing) * f32.load(dy + (<usize>lane << 2)));
  }
}

function meanForward<T>(z: usize, t: usize, y: usize, N: i32, delta: f32): void {
  sumOf<T>(z, LINE_BYTES, t, LINE_BYTES, delta, N, <f32>N, y);
}

function meanBackward<T>(z: usize, t: usize, dy: usize, dx: usize, N: i32, delta: f32): void {
  for (let i: usize = 0; i < LINE_BYTES; i += BYTES) {
    store(scratch + SCALE + i, div(load(dy + i), splat(<f32>N)));
    store(scratch + SHIFT + i, splat(0));
  }
  gradientOf<T>(z, t, LINE_BYTES, delta, N, dx);
}

export function lossForwardUnits(r: usize): i32 {
  return samplePanels * LossForward.positions(r);
}

export function lossForward(r: usize, first: i32, last: i32): void {
  const N = LossForward.N(r);
  const kind = LossForward.kind(r);
  const alpha = LossForward.alpha(r);
  const targetLines = kind == Loss.SOFTMAX_CROSS_ENTROPY ? 1 : N;
  for (let m = first; m < last; m++) {
    const z = LossForward.logits(r) + lines(m * N);
    const t = LossForward.targets(r) + lines(m * targetLines);
    const y = LossForward.y(r) + lines(m);
    switch (kind) {
      case Loss.SOFTMAX_CROSS_ENTROPY: softmaxForward(z, t, y, N, alpha); break;
      case Loss.BINARY_CROSS_ENTROPY: meanForward<BinaryCrossEntropy>(z, t, y, N, alpha); break;
      case Loss.MEAN_SQUARED_ERROR: meanForward<SquaredError>(z, t, y, N, alpha); break;
      case Loss.MEAN_ABSOLUTE_ERROR: meanForward<AbsoluteError>(z, t, y, N, alpha); break;
      case Loss.HUBER: meanForward<Huber>(z, t, y, N, alpha); break;
      default: unreachable();
    }
  }
}

export function lossBackwardUnits(r: usize): i32 {
  return samplePanels * LossBackward.positions(r);
}

export function lossBackward(r: usize, first: i32, last: i32): void {
  const N = LossBackward.N(r);
  const kind = LossBackward.kind(r);
  const alpha = LossBackward.alpha(r);
  const targetLines = kind == Loss.SOFTMAX_CROSS_ENTROPY ? 1 : N;
  for (let m = first; m < last; m++) {
    const z = LossBackward.logits(r) + lines(m * N);
    const t = LossBackward.targets(r) + lines(m * targetLines);
    const dy = LossBackward.dy(r) + lines(m);
    const dx = LossBackward.dx(r) + lines(m * N);
    switch (kind) {
      case Loss.SOFTMAX_CROSS_ENTROPY: softmaxBackward(z, t, dy, dx, N, alpha); break;
      case Loss.BINARY_CROSS_ENTROPY: meanBackward<BinaryCrossEntropy>(z, t, dy, dx, N, alpha); break;
      case Loss.MEAN_SQUARED_ERROR: meanBackward<SquaredError>(z, t, dy, dx, N, alpha); break;
      case Loss.MEAN_ABSOLUTE_ERROR: meanBackward<AbsoluteError>(z, t, dy, dx, N, alpha); break;
      case Loss.HUBER: meanBackward<Huber>(z, t, dy, dx, N, alpha); break;
      default: unreachable();
    }
  }
}
