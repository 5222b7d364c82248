/**
 * What the kinds of `elementwise` do to a value. An operation is a class without fields, given to a loop as a type
 * argument: with `const operation = changetype<Op>(0)` the compiler resolves and inlines the call `operation.apply(x)`, so
 * that each operation has a loop of its own with no choice inside of it.
 */
import {
  abs,
  add,
  div,
  eq,
  gt,
  keep,
  Lanes,
  lt,
  max as greater,
  min as lesser,
  mul,
  ne,
  neg,
  select,
  splat,
  sqrt,
  sub,
} from '../generated/lanes';
import { exp, log } from '../math';
import { powerByExponential, powerByProduct } from './power';

@unmanaged
export class Copy {
  @inline
  apply(x: Lanes, alpha: f32): Lanes {
    return mul(splat(alpha), x);
  }
}

@unmanaged
export class Neg {
  @inline
  apply(x: Lanes, alpha: f32): Lanes {
    return neg(x);
  }
}

@unmanaged
export class Exp {
  @inline
  apply(x: Lanes, alpha: f32): Lanes {
    return exp(x);
  }
}

@unmanaged
export class Log {
  @inline
  apply(x: Lanes, alpha: f32): Lanes {
    return log(x);
  }
}

@unmanaged
export class Sqrt {
  @inline
  apply(x: Lanes, alpha: f32): Lanes {
    return sqrt(x);
  }
}

@unmanaged
export class Square {
  @inline
  apply(x: Lanes, alpha: f32): Lanes {
    return mul(x, x);
  }
}

@unmanaged
export class Reciprocal {
  @inline
  apply(x: Lanes, alpha: f32): Lanes {
    return div(splat(1), x);
  }
}

@unmanaged
export class PowerByProduct {
  @inline
  apply(x: Lanes, alpha: f32): Lanes {
    return powerByProduct(x, alpha);
  }
}

@unmanaged
export class PowerByExponential {
  @inline
  apply(x: Lanes, alpha: f32): Lanes {
    return powerByExponential(x, alpha);
  }
}

@unmanaged
export class Add {
  @inline
  apply(a: Lanes, b: Lanes): Lanes {
    return add(a, b);
  }
}

@unmanaged
export class Sub {
  @inline
  apply(a: Lanes, b: Lanes): Lanes {
    return sub(a, b);
  }
}

@unmanaged
export class Mul {
  @inline
  apply(a: Lanes, b: Lanes): Lanes {
    return mul(a, b);
  }
}

@unmanaged
export class Div {
  @inline
  apply(a: Lanes, b: Lanes): Lanes {
    return div(a, b);
  }
}

/** NaN where either is NaN. */
@unmanaged
export class Maximum {
  @inline
  apply(a: Lanes, b: Lanes): Lanes {
    return greater(a, b);
  }
}

/** NaN where either is NaN. */
@unmanaged
export class Minimum {
  @inline
  apply(a: Lanes, b: Lanes): Lanes {
    return lesser(a, b);
  }
}

/** 1 where a > b, 1/2 where a = b, 0 where a < b; NaN where either is NaN. */
@unmanaged
export class Heaviside {
  @inline
  apply(a: Lanes, b: Lanes): Lanes {
    const notGreater = select(eq(a, b), splat(0.5), select(lt(a, b), splat(0), splat(f32.NaN)));
    return select(gt(a, b), splat(1), notGreater);
  }
}

/** 1 where a > b, else 0. */
@unmanaged
export class Greater {
  @inline
  apply(a: Lanes, b: Lanes): Lanes {
    return keep(gt(a, b), splat(1));
  }
}

/** 1 where a = b, else 0. */
@unmanaged
export class Equal {
  @inline
  apply(a: Lanes, b: Lanes): Lanes {
    return keep(eq(a, b), splat(1));
  }
}

/** b where a is not 0, else 0, whatever b is. */
@unmanaged
export class Keep {
  @inline
  apply(a: Lanes, b: Lanes): Lanes {
    return keep(ne(a, splat(0)), b);
  }
}

@unmanaged
export class Abs {
  @inline
  apply(x: Lanes, alpha: f32): Lanes {
    return abs(x);
  }
}
