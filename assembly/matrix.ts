/** Rows of numbers turned into columns, of any size. */
import { LANES, transposeBlock } from './generated/lanes';

/** A height x width matrix at s, its rows sourceStride bytes apart, into the width x height matrix at t. */
export function transposeMatrix(
  s: usize,
  sourceStride: usize,
  height: i32,
  width: i32,
  t: usize,
  targetStride: usize,
): void {
  let i = 0;
  for (; i + LANES <= height; i += LANES) {
    let j = 0;
    for (; j + LANES <= width; j += LANES) {
      const source = s + <usize>i * sourceStride + (<usize>j << 2);
      transposeBlock(source, sourceStride, t + <usize>j * targetStride + (<usize>i << 2), targetStride);
    }
    transposeElements(s, sourceStride, i, i + LANES, j, width, t, targetStride);
  }
  transposeElements(s, sourceStride, i, height, 0, width, t, targetStride);
}

/** What is left at the edges. */
// @ts-ignore: decorator
@inline
function transposeElements(
  s: usize,
  sourceStride: usize,
  firstRow: i32,
  lastRow: i32,
  firstColumn: i32,
  lastColumn: i32,
  t: usize,
  targetStride: usize,
): void {
  for (let i = firstRow; i < lastRow; i++) {
    for (let j = firstColumn; j < lastColumn; j++) {
      const x = f32.load(s + <usize>i * sourceStride + (<usize>j << 2));
      f32.store(t + <usize>j * targetStride + (<usize>i << 2), x);
    }
  }
}
