/**
 * Activations, each forward above its backward. What backward gets as `saved` is what it needs least work from: the
 * output y, or for gelu, geluTanh, silu and softplus the pre-activation z.
 *
 * An activation is a class without fields of which nothing is ever made: its name, given to a loop as a type, chooses
 * the methods that are compiled into that loop.
 */
import { samplePanels } from '../batch';
import { Activation, ActivationBackward, ActivationForward } from '../generated/instructions';
import {
  add,
  BYTES,
  div,
  gt,
  keep,
  Lanes,
  load,
  loadSplat,
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
import { exp, expm1, MINUS_HALF, normalDistribution, ONE, sigmoid, softplus, tanh } from '../math';
import { lines } from '../panel';

@unmanaged
class Linear {
  @inline
  forward(z: Lanes, alpha: f32): Lanes {
    return z;
  }

  @inline
  backward(y: Lanes, dy: Lanes, alpha: f32): Lanes {
    return dy;
  }
}

/** max(z, 0); the derivative at 0 is 0. */
@unmanaged
class Relu {
  @inline
  forward(z: Lanes, alpha: f32): Lanes {
    return pmax(z, splat(0));
  }

  @inline
  backward(y: Lanes, dy: Lanes, alpha: f32): Lanes {
    return keep(gt(y, splat(0)), dy);
  }
}

/** z, or alpha z for z <= 0; alpha >= 0, so that y tells the sign of z. */
@unmanaged
class LeakyRelu {
  @inline
  forward(z: Lanes, alpha: f32): Lanes {
    return select(gt(z, splat(0)), z, mul(z, splat(alpha)));
  }

  @inline
  backward(y: Lanes, dy: Lanes, alpha: f32): Lanes {
    return select(gt(y, splat(0)), dy, mul(dy, splat(alpha)));
  }
}

/** z, or alpha (e^z - 1) for z <= 0, to 1 ulp and the product's rounding; alpha >= 0. */
@unmanaged
class Elu {
  @inline
  forward(z: Lanes, alpha: f32): Lanes {
    return select(gt(z, splat(0)), z, mul(expm1(z), splat(alpha)));
  }

  /** alpha e^z = y + alpha. */
  @inline
  backward(y: Lanes, dy: Lanes, alpha: f32): Lanes {
    return select(gt(y, splat(0)), dy, mul(dy, add(y, splat(alpha))));
  }
}

// Constants are loaded; see `math.ts`.
const SQRT_1_2PI = memory.data<f32>([0.3989422804]);
/** 2 sqrt(2 / pi), and that times 0.044715 and 3 0.044715. */
const GELU_SCALE = memory.data<f32>([1.5957691216]);
const GELU_CUBIC = memory.data<f32>([0.0713548163]);
const GELU_CUBIC_SLOPE = memory.data<f32>([0.2140644489]);
/**
 * -x and x, between which an argument is kept so that no infinity meets a 0: the left limit, or the slope of the right
 * one, is reached within them.
 */
const GELU_RANGE = memory.data<f32>([-14, 14]);
const GELU_TANH_RANGE = memory.data<f32>([-10, 10]);
const SILU_RANGE = memory.data<f32>([-87, 87]);
const SILU_LEAST = memory.data<f32>([-100]);

// @ts-ignore: decorator
@inline
function clamp(x: Lanes, range: usize): Lanes {
  return pmin(pmax(x, loadSplat(range)), loadSplat(range + 4));
}

/** z P(Z <= z), which is z (1 + erf(z / sqrt(2))) / 2: 5.1 ulp for z >= 0, 6 + z^2 / 2 ulp below. */
@unmanaged
class Gelu {
  @inline
  forward(z: Lanes, alpha: f32): Lanes {
    const inside = clamp(z, GELU_RANGE);
    return mul(pmax(z, loadSplat(GELU_RANGE)), normalDistribution(inside, this.bell(inside)));
  }

  /** P(Z <= z) + z e^(-z^2 / 2) / sqrt(2 pi), to 1.8e-7. */
  @inline
  backward(z: Lanes, dy: Lanes, alpha: f32): Lanes {
    const inside = clamp(z, GELU_RANGE);
    const bell = this.bell(inside);
    return mul(dy, madd(mul(inside, loadSplat(SQRT_1_2PI)), bell, normalDistribution(inside, bell)));
  }

  @inline
  bell(z: Lanes): Lanes {
    return exp(mul(mul(z, z), loadSplat(MINUS_HALF)));
  }
}

/**
 * z (1 + tanh u) / 2 with u = sqrt(2 / pi) (z + 0.044715 z^3), as z sigmoid(2 u), which does not cancel where tanh is
 * near -1: 3 ulp for z >= -1, 4 + 6 |u| ulp below.
 */
@unmanaged
class GeluTanh {
  @inline
  forward(z: Lanes, alpha: f32): Lanes {
    const inside = pmax(z, loadSplat(GELU_RANGE));
    return mul(inside, sigmoid(this.argument(inside)));
  }

  /** With s = sigmoid(2 u): s (1 + z (1 - s) (2 u)'), to 3e-7. */
  @inline
  backward(z: Lanes, dy: Lanes, alpha: f32): Lanes {
    const inside = clamp(z, GELU_TANH_RANGE);
    const e = exp(neg(this.argument(inside)));
    const s = div(loadSplat(ONE), add(loadSplat(ONE), e));
    const slope = madd(mul(inside, inside), loadSplat(GELU_CUBIC_SLOPE), loadSplat(GELU_SCALE));
    return mul(dy, mul(s, madd(mul(inside, mul(e, s)), slope, loadSplat(ONE))));
  }

  /** 2 u. */
  @inline
  argument(z: Lanes): Lanes {
    return mul(z, madd(mul(z, z), loadSplat(GELU_CUBIC), loadSplat(GELU_SCALE)));
  }
}

/** z sigmoid(z), to 2.8 ulp. */
@unmanaged
class Silu {
  @inline
  forward(z: Lanes, alpha: f32): Lanes {
    return mul(pmax(z, loadSplat(SILU_LEAST)), sigmoid(z));
  }

  /** With s = sigmoid(z): s (1 + z (1 - s)), where 1 - s = e^-z s; to 2.5e-7. */
  @inline
  backward(z: Lanes, dy: Lanes, alpha: f32): Lanes {
    const inside = clamp(z, SILU_RANGE);
    const e = exp(neg(inside));
    const s = div(loadSplat(ONE), add(loadSplat(ONE), e));
    return mul(dy, mul(s, madd(inside, mul(e, s), loadSplat(ONE))));
  }
}

@unmanaged
class Sigmoid {
  @inline
  forward(z: Lanes, alpha: f32): Lanes {
    return sigmoid(z);
  }

  @inline
  backward(y: Lanes, dy: Lanes, alpha: f32): Lanes {
    return mul(dy, mul(y, sub(loadSplat(ONE), y)));
  }
}

@unmanaged
class Tanh {
  @inline
  forward(z: Lanes, alpha: f32): Lanes {
    return tanh(z);
  }

  @inline
  backward(y: Lanes, dy: Lanes, alpha: f32): Lanes {
    return mul(dy, sub(loadSplat(ONE), mul(y, y)));
  }
}

/** ln(1 + e^z). */
@unmanaged
class Softplus {
  @inline
  forward(z: Lanes, alpha: f32): Lanes {
    return softplus(z);
  }

  @inline
  backward(z: Lanes, dy: Lanes, alpha: f32): Lanes {
    return mul(dy, sigmoid(z));
  }
}

/** Two vectors a turn, the higher one stored first: what V8 can join into one of 256 bits. */
function forward<T>(alpha: f32, z: usize, y: usize, count: i32): void {
  const activation = changetype<T>(0);
  for (const end = z + lines(count); z < end; z += 2 * BYTES) {
    const low = activation.forward(load(z), alpha);
    const high = activation.forward(load(z + BYTES), alpha);
    store(y + BYTES, high);
    store(y, low);
    y += 2 * BYTES;
  }
}

function backward<T>(alpha: f32, saved: usize, dy: usize, dx: usize, count: i32): void {
  const activation = changetype<T>(0);
  for (const end = saved + lines(count); saved < end; saved += 2 * BYTES) {
    const low = activation.backward(load(saved), load(dy), alpha);
    const high = activation.backward(load(saved + BYTES), load(dy + BYTES), alpha);
    store(dx + BYTES, high);
    store(dx, low);
    dy += 2 * BYTES;
    dx += 2 * BYTES;
  }
}

/** y = activation(z) over `count` lines; y may be z. */
export function activationTile(kind: i32, alpha: f32, z: usize, y: usize, count: i32): void {
  switch (kind) {
    case Activation.LINEAR: return forward<Linear>(alpha, z, y, count);
    case Activation.RELU: return forward<Relu>(alpha, z, y, count);
    case Activation.LEAKY_RELU: return forward<LeakyRelu>(alpha, z, y, count);
    case Activation.ELU: return forward<Elu>(alpha, z, y, count);
    case Activation.GELU: return forward<Gelu>(alpha, z, y, count);
    case Activation.GELU_TANH: return forward<GeluTanh>(alpha, z, y, count);
    case Activation.SILU: return forward<Silu>(alpha, z, y, count);
    case Activation.SIGMOID: return forward<Sigmoid>(alpha, z, y, count);
    case Activation.TANH: return forward<Tanh>(alpha, z, y, count);
    case Activation.SOFTPLUS: return forward<Softplus>(alpha, z, y, count);
    default: unreachable();
  }
}

/** dx = dy activation'(z) over `count` lines; dx may be dy. */
export function activationGradientTile(kind: i32, alpha: f32, saved: usize, dy: usize, dx: usize, count: i32): void {
  switch (kind) {
    case Activation.LINEAR: return backward<Linear>(alpha, saved, dy, dx, count);
    case Activation.RELU: return backward<Relu>(alpha, saved, dy, dx, count);
    case Activation.LEAKY_RELU: return backward<LeakyRelu>(alpha, saved, dy, dx, count);
    case Activation.ELU: return backward<Elu>(alpha, saved, dy, dx, count);
    case Activation.GELU: return backward<Gelu>(alpha, saved, dy, dx, count);
    case Activation.GELU_TANH: return backward<GeluTanh>(alpha, saved, dy, dx, count);
    case Activation.SILU: return backward<Silu>(alpha, saved, dy, dx, count);
    case Activation.SIGMOID: return backward<Sigmoid>(alpha, saved, dy, dx, count);
    case Activation.TANH: return backward<Tanh>(alpha, saved, dy, dx, count);
    case Activation.SOFTPLUS: return backward<Softplus>(alpha, saved, dy, dx, count);
    default: unreachable();
  }
}

export function activationForwardUnits(r: usize): i32 {
  const features = ActivationForward.features(r);
  return ActivationForward.batched(r) ? samplePanels * features : features;
}

export function activationForward(r: usize, first: i32, last: i32): void {
  const x = ActivationForward.x(r) + lines(first);
  const y = ActivationForward.y(r) + lines(first);
  activationTile(ActivationForward.activation(r), ActivationForward.alpha(r), x, y, last - first);
}

export function activationBackwardUnits(r: usize): i32 {
  const features = ActivationBackward.features(r);
  return ActivationBackward.batched(r) ? samplePanels * features : features;
}

export function activationBackward(r: usize, first: i32, last: i32): void {
  const saved = ActivationBackward.saved(r) + lines(first);
  const dy = ActivationBackward.dy(r) + lines(first);
  const dx = ActivationBackward.dx(r) + lines(first);
  const alpha = ActivationBackward.alpha(r);
  activationGradientTile(ActivationBackward.activation(r), alpha, saved, dy, dx, last - first);
}
