/**
 * The optimisers' rules, on lines of a parameter p, its gradient g and the optimiser's states. The numbers of a step
 * are 16 f32 at `hyper`, written once a step:
 *
 *   0 learning rate   1 weight decay   2 momentum, or beta1   3 beta2, or alpha of rmsprop   4 epsilon
 *   5 1 / (1 - beta1^t)   6 1 / (1 - beta2^t)   7 1 - beta1   8 1 - beta2, or 1 - alpha
 *
 * The differences 7 and 8 come ready because 1 - beta2 of an f32 near 1 would have lost half of its digits.
 * Each turn of a loop takes two adjacent vectors and stores the higher one first: V8 joins such pairs.
 */
import { Rule } from '../generated/instructions';
import { add, BYTES, div, load, loadSplat, Lanes, madd, mul, neg, splat, sqrt, store, sub } from '../generated/lanes';
import { lines } from '../panel';

const LEARNING_RATE: usize = 0;
const WEIGHT_DECAY: usize = 4;
const MOMENTUM: usize = 8;
const BETA1: usize = 8;
const BETA2: usize = 12;
const EPSILON: usize = 16;
const CORRECTION1: usize = 20;
const CORRECTION2: usize = 24;
const ONE_MINUS_BETA1: usize = 28;
const ONE_MINUS_BETA2: usize = 32;

const PAIR: usize = 2 * BYTES;

export function negativeLearningRate(hyper: usize): f32 {
  return -f32.load(hyper, LEARNING_RATE);
}

export function weightDecay(hyper: usize): f32 {
  return f32.load(hyper, WEIGHT_DECAY);
}

/** Updates `count` lines of p and of the states that the rule has. */
export function updateLines(rule: i32, hyper: usize, p: usize, g: usize, s0: usize, s1: usize, count: i32): void {
  const end = p + lines(count);
  switch (rule) {
    case Rule.SGD: return sgd(hyper, p, end, g);
    case Rule.MOMENTUM: return momentum(hyper, p, end, g, s0);
    case Rule.NESTEROV: return nesterov(hyper, p, end, g, s0);
    case Rule.ADAM: return adam(hyper, p, end, g, s0, s1);
    case Rule.ADAMW: return adamw(hyper, p, end, g, s0, s1);
    case Rule.RMSPROP:
      if (f32.load(hyper, MOMENTUM) == 0) return rmsprop(hyper, p, end, g, s0);
      return rmspropMomentum(hyper, p, end, g, s0, s1);
    case Rule.ADAGRAD: return adagrad(hyper, p, end, g, s0);
  }
}

// @ts-ignore: decorator
@inline
function storePair(target: usize, low: Lanes, high: Lanes): void {
  store(target + BYTES, high);
  store(target, low);
}

// @ts-ignore: decorator
@inline
function negativeRate(hyper: usize): Lanes {
  return neg(loadSplat(hyper + LEARNING_RATE));
}

/** Epsilon, but never 0: a parameter that has never had a gradient stays where it is instead of becoming 0 / 0. */
// @ts-ignore: decorator
@inline
function positiveEpsilon(hyper: usize): Lanes {
  return splat(f32.max(f32.load(hyper, EPSILON), f32.MIN_NORMAL_VALUE));
}

/**
 * 2^-100, added to every state and taken away again. A state that decays without a gradient would otherwise stop at a
 * subnormal number, and x86 computes with those many times slower; so it comes to 0, and other states change by at
 * most 2^-124. The sum makes it a value that V8 does not know: it builds a known vector anew in every turn of a loop.
 */
// @ts-ignore: decorator
@inline
function smallest(hyper: usize): Lanes {
  return splat(<f32>7.888609052210118e-31 + 0 * f32.load(hyper, LEARNING_RATE));
}

/** p -= r (g + w p) */
function sgd(hyper: usize, p: usize, end: usize, g: usize): void {
  const rate = negativeRate(hyper);
  const decay = loadSplat(hyper + WEIGHT_DECAY);
  for (; p < end; p += PAIR, g += PAIR) {
    const p0 = load(p);
    const p1 = load(p + BYTES);
    storePair(p, madd(rate, madd(decay, p0, load(g)), p0), madd(rate, madd(decay, p1, load(g + BYTES)), p1));
  }
}

/** v = momentum v + (g + w p); p -= r v */
function momentum(hyper: usize, p: usize, end: usize, g: usize, v: usize): void {
  const rate = negativeRate(hyper);
  const decay = loadSplat(hyper + WEIGHT_DECAY);
  const mu = loadSplat(hyper + MOMENTUM);
  const tiny = smallest(hyper);
  for (; p < end; p += PAIR, g += PAIR, v += PAIR) {
    const p0 = load(p);
    const p1 = load(p + BYTES);
    const v0 = sub(madd(mu, load(v), add(madd(decay, p0, load(g)), tiny)), tiny);
    const v1 = sub(madd(mu, load(v + BYTES), add(madd(decay, p1, load(g + BYTES)), tiny)), tiny);
    storePair(v, v0, v1);
    storePair(p, madd(rate, v0, p0), madd(rate, v1, p1));
  }
}

/** v = momentum v + (g + w p); p -= r ((g + w p) + momentum v) */
function nesterov(hyper: usize, p: usize, end: usize, g: usize, v: usize): void {
  const rate = negativeRate(hyper);
  const decay = loadSplat(hyper + WEIGHT_DECAY);
  const mu = loadSplat(hyper + MOMENTUM);
  const tiny = smallest(hyper);
  for (; p < end; p += PAIR, g += PAIR, v += PAIR) {
    const p0 = load(p);
    const p1 = load(p + BYTES);
    const g0 = madd(decay, p0, load(g));
    const g1 = madd(decay, p1, load(g + BYTES));
    const v0 = sub(madd(mu, load(v), add(g0, tiny)), tiny);
    const v1 = sub(madd(mu, load(v + BYTES), add(g1, tiny)), tiny);
    storePair(v, v0, v1);
    storePair(p, madd(rate, madd(mu, v0, g0), p0), madd(rate, madd(mu, v1, g1), p1));
  }
}

/** g += w p, then the step of Adam (Kingma, Ba: ICLR 2015). */
function adam(hyper: usize, p: usize, end: usize, g: usize, m: usize, v: usize): void {
  adamLoop(hyper, p, end, g, m, v, false);
}

/** p -= r w p, then the step of Adam: decay apart from the gradient (Loshchilov, Hutter: ICLR 2019). */
function adamw(hyper: usize, p: usize, end: usize, g: usize, m: usize, v: usize): void {
  adamLoop(hyper, p, end, g, m, v, true);
}

/** m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2; p -= r m^ / (sqrt(v^) + epsilon), ^: bias corrected. */
// @ts-ignore: decorator
@inline
function adamLoop(hyper: usize, p: usize, end: usize, g: usize, m: usize, v: usize, decoupled: bool): void {
  const rate = splat(f32.load(hyper, LEARNING_RATE) * f32.load(hyper, CORRECTION1));
  const decay = loadSplat(hyper + WEIGHT_DECAY);
  const shrink = splat(-f32.load(hyper, LEARNING_RATE) * f32.load(hyper, WEIGHT_DECAY));
  const beta1 = loadSplat(hyper + BETA1);
  const beta2 = loadSplat(hyper + BETA2);
  const rest1 = loadSplat(hyper + ONE_MINUS_BETA1);
  const rest2 = loadSplat(hyper + ONE_MINUS_BETA2);
  const correction2 = loadSplat(hyper + CORRECTION2);
  const epsilon = positiveEpsilon(hyper);
  const tiny = smallest(hyper);
  for (; p < end; p += PAIR, g += PAIR, m += PAIR, v += PAIR) {
    let p0 = load(p);
    let p1 = load(p + BYTES);
    let g0 = load(g);
    let g1 = load(g + BYTES);
    if (decoupled) {
      p0 = madd(shrink, p0, p0);
      p1 = madd(shrink, p1, p1);
    } else {
      g0 = madd(decay, p0, g0);
      g1 = madd(decay, p1, g1);
    }
    const m0 = sub(madd(beta1, load(m), madd(rest1, g0, tiny)), tiny);
    const m1 = sub(madd(beta1, load(m + BYTES), madd(rest1, g1, tiny)), tiny);
    const v0 = sub(madd(beta2, load(v), madd(mul(rest2, g0), g0, tiny)), tiny);
    const v1 = sub(madd(beta2, load(v + BYTES), madd(mul(rest2, g1), g1, tiny)), tiny);
    storePair(m, m0, m1);
    storePair(v, v0, v1);
    const step0 = div(mul(rate, m0), add(sqrt(mul(correction2, v0)), epsilon));
    const step1 = div(mul(rate, m1), add(sqrt(mul(correction2, v1)), epsilon));
    storePair(p, sub(p0, step0), sub(p1, step1));
  }
}

/** v = alpha v + (1 - alpha) g^2; p -= r g / (sqrt(v) + epsilon) */
function rmsprop(hyper: usize, p: usize, end: usize, g: usize, v: usize): void {
  scaledLoop(hyper, p, end, g, v, 0, loadSplat(hyper + BETA2), loadSplat(hyper + ONE_MINUS_BETA2), false);
}

/** v = alpha v + (1 - alpha) g^2; b = momentum b + g / (sqrt(v) + epsilon); p -= r b */
function rmspropMomentum(hyper: usize, p: usize, end: usize, g: usize, v: usize, b: usize): void {
  scaledLoop(hyper, p, end, g, v, b, loadSplat(hyper + BETA2), loadSplat(hyper + ONE_MINUS_BETA2), true);
}

/** v = v + g^2; p -= r g / (sqrt(v) + epsilon) (Duchi, Hazan, Singer: JMLR 2011) */
function adagrad(hyper: usize, p: usize, end: usize, g: usize, v: usize): void {
  scaledLoop(hyper, p, end, g, v, 0, splat(1), splat(1), false);
}

/** v = keep v + take (g + w p)^2; s = (g + w p) / (sqrt(v) + epsilon); p -= r s, or r b with b = momentum b + s. */
// @ts-ignore: decorator
@inline
function scaledLoop(
  hyper: usize,
  p: usize,
  end: usize,
  g: usize,
  v: usize,
  b: usize,
  keep: Lanes,
  take: Lanes,
  buffered: bool,
): void {
  const rate = negativeRate(hyper);
  const decay = loadSplat(hyper + WEIGHT_DECAY);
  const mu = loadSplat(hyper + MOMENTUM);
  const epsilon = positiveEpsilon(hyper);
  const tiny = smallest(hyper);
  for (; p < end; p += PAIR, g += PAIR, v += PAIR) {
    const p0 = load(p);
    const p1 = load(p + BYTES);
    const g0 = madd(decay, p0, load(g));
    const g1 = madd(decay, p1, load(g + BYTES));
    const v0 = sub(madd(keep, load(v), madd(mul(take, g0), g0, tiny)), tiny);
    const v1 = sub(madd(keep, load(v + BYTES), madd(mul(take, g1), g1, tiny)), tiny);
    storePair(v, v0, v1);
    let step0 = div(g0, add(sqrt(v0), epsilon));
    let step1 = div(g1, add(sqrt(v1), epsilon));
    if (buffered) {
      step0 = sub(madd(mu, load(b), add(step0, tiny)), tiny);
      step1 = sub(madd(mu, load(b + BYTES), add(step1, tiny)), tiny);
      storePair(b, step0, step1);
      b += PAIR;
    }
    storePair(p, madd(rate, step0, p0), madd(rate, step1, p1));
  }
}
