/**
 * What a tensor is an array of: lines where there are samples, single f32 in row-major order where there are none. A
 * kernel that is given one of these classes as a type argument is compiled for it, by four vectors at a time:
 *
 *   for (; y < end; y += element.step(), x += element.step())
 *     ... element.load(x), element.load(x + next) to element.load(x + 3 * next), with next = element.next() ...
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
  step(): usize {
    return 4 * BYTES;
  }

  @inline
  next(): usize {
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

/** One f32, in every lane of a vector; the four vectors are the same. */
@unmanaged
export class Single {
  @inline
  bytes(): usize {
    return 4;
  }

  @inline
  step(): usize {
    return 4;
  }

  @inline
  next(): usize {
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
