/**
 * C = A B for each sample, with A [heads][M][K], B [heads][K][N] and C [heads][M][N] of 16 samples to a line: every lane
 * multiplies numbers of its own sample, and nothing is broadcast. Strides tell where the lines of A and B lie, so that
 * a transposed operand is read in its place.
 */
import { samplePanels } from '../batch';
import { Matmul } from '../generated/instructions';
import { lineTile } from '../generated/line-tile';
import { LINE_BYTES, lines } from '../panel';

export function matmulUnits(r: usize): i32 {
  return samplePanels * Matmul.heads(r) * rowPairs(Matmul.M(r));
}

// @ts-ignore: decorator
@inline
function rowPairs(M: i32): i32 {
  return (M + 1) >> 1;
}

/** Two rows of C each unit, in tiles of two columns. At an edge that is odd the last row or column is taken twice. */
export function matmul(r: usize, first: i32, last: i32): void {
  const M = Matmul.M(r);
  const K = Matmul.K(r);
  const N = Matmul.N(r);
  const aRow = Matmul.aRow(r);
  const aStep = Matmul.aStep(r);
  const bColumn = Matmul.bColumn(r);
  const bStep = Matmul.bStep(r);
  for (let unit = first; unit < last; unit++) {
    const head = unit / rowPairs(M);
    const m = (unit % rowPairs(M)) << 1;
    const twoRows = m + 1 < M;
    const a0 = Matmul.a(r) + lines(head * M * K) + m * aRow;
    const a1 = twoRows ? a0 + aRow : a0;
    let b0 = Matmul.b(r) + lines(head * K * N);
    let c0 = Matmul.c(r) + lines((head * M + m) * N);
    for (let n = 0; n < N; n += 2) {
      const twoColumns = n + 1 < N;
      const b1 = twoColumns ? b0 + bColumn : b0;
      const c1 = twoRows ? c0 + lines(N) : c0;
      lineTile(K, a0, a1, aStep, b0, b1, bStep, c0, c1, twoColumns ? LINE_BYTES : 0);
      b0 += 2 * bColumn;
      c0 += 2 * LINE_BYTES;
    }
  }
}
