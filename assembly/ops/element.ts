/**
 * What a tensor is an array of: lines where there are samples, single f32 in row-major order where there are none. A
 * kernel that is given one of these classes as a type argument is compiled for it, by two vectors at a time:
 *
 *   for (let offset: usize = 0; offset < bytes; offset += element.pair())
 *     ... element.load(x + offset) ... element.load(x + offset + element.high()) ...
 */
import { BYTES, first, Lanes, load, loadSplat, store } from '../generated/lanes';
import { LINE_BYTES } from '../panel';

@unmanaged
export class Line {
  @inline
  bytes(): usize {
    return LINE_BYTES;
  }

  @inline
  pair(): usize {
    return 2 * BYTES;
  }

  @inline
  high(): usize {
    return BYTES;
  }

  @inline
  load(p: usize): Lanes {
    return load(p);
  }

  @inline
  store(p: usize, x: Lanes): void {
    store(p, x);
  }
}

/** One f32, in every lane of a vector. Both vectors of a pair are the same. */
@unmanaged
export class Single {
  @inline
  bytes(): usize {
    return 4;
  }

  @inline
  pair(): usize {
    return 4;
  }

  @inline
  high(): usize {
    return 0;
  }

  @inline
  load(p: usize): Lanes {
    return loadSplat(p);
  }

  @inline
  store(p: usize, x: Lanes): void {
    f32.store(p, first(x));
  }
}
