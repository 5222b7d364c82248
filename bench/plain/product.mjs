/**
 * C = A B in plain JavaScript, as fast as V8 was found to do it. Three things count: sums in locals, a register tile of
 * 4 x 3 (an element is loaded once for three or four multiply-adds), and panels in f64, since numbers in V8 are f64 and
 * each read of an f32 would be a conversion. `| 0` tells V8 that an index never overflows.
 *
 * The blocks are those of Goto and van de Geijn (TOMS 2008): a panel of B stays in the first-level cache, the packed
 * block of A in the second.
 */
const MR = 4;
const NR = 3;
const KC = 256;
const MC = 128;
const NC = 768;

const packedA = new Float64Array(MC * KC);
const packedB = new Float64Array(NC * KC);

/** A matrix whose rows and columns are `rs` and `cs` elements apart: a transposed one has its strides exchanged. */
class Strided {
  constructor(values, rs, cs) {
    this.values = values;
    this.rs = rs;
    this.cs = cs;
  }

  rowAt(i) {
    return i * this.rs;
  }

  /** See `Gathered`. */
  pack(i, rows, k, columns, height, target) {
    const { values, rs, cs } = this;
    let t = 0;
    for (let first = i; first < i + rows; first += height) {
      const present = Math.min(height, i + rows - first);
      for (let column = k; column < k + columns; column++) {
        let s = first * rs + column * cs;
        for (let row = 0; row < present; row++) {
          target[t + row] = values[s];
          s += rs;
        }
        for (let row = present; row < height; row++) target[t + row] = 0;
        t += height;
      }
    }
  }
}

/** A matrix whose element i, j is the one at rows[i] + columns[j], as the windows of an image are. */
export class Gathered {
  constructor(values, rows, columns) {
    this.values = values;
    this.rows = rows;
    this.columns = columns;
  }

  rowAt(i) {
    return this.rows[i];
  }

  /**
   * Puts `rows` rows from i on, `columns` of each from k on, into panels of `height` rows, one after another; within a
   * panel the elements of a column are neighbours. Zeros beyond.
   */
  pack(i, rows, k, columns, height, target) {
    const { values, rows: rowAt, columns: columnAt } = this;
    let t = 0;
    for (let first = i; first < i + rows; first += height) {
      const present = Math.min(height, i + rows - first);
      for (let row = 0; row < height; row++) {
        const s = row < present ? rowAt[first + row] : 0;
        let u = (t + row) | 0;
        for (let column = k; column < k + columns; column = (column + 1) | 0) {
          target[u] = row < present ? values[(s + columnAt[column]) | 0] : 0;
          u = (u + height) | 0;
        }
      }
      t += height * columns;
    }
  }
}

/**
 * C[M][N] = A[M][K] B[K][N]. Rows and columns of A and B are `rs` and `cs` elements apart, so that a transposed matrix is
 * one with its strides exchanged; C is row-major.
 */
export function product(M, N, K, a, rsA, csA, b, rsB, csB, c) {
  // One row does not repay packing B.
  if (M === 1 && csB === 1) rowProduct(N, K, a, csA, b, rsB, c);
  else multiply(M, N, K, new Strided(a, rsA, csA), new Strided(b, csB, rsB), new Strided(c, N, 1), false);
}

/**
 * C[M][N] = A[M][K] B[K][N], or with `accumulate` C += A B. `bT` is B transposed, since A and B are both packed by the
 * index that is not summed; the elements of a row of C are neighbours.
 */
export function multiply(M, N, K, a, bT, c, accumulate) {
  for (let jc = 0; jc < N; jc += NC) {
    const nc = Math.min(NC, N - jc);
    for (let pc = 0; pc < K; pc += KC) {
      const kc = Math.min(KC, K - pc);
      const add = accumulate || pc > 0;
      bT.pack(jc, nc, pc, kc, NR, packedB);
      for (let ic = 0; ic < M; ic += MC) {
        const mc = Math.min(MC, M - ic);
        a.pack(ic, mc, pc, kc, MR, packedA);
        for (let jr = 0; jr < nc; jr += NR)
          for (let ir = 0; ir < mc; ir += MR)
            tile(kc, ir * kc, jr * kc, c, ic + ir, jc + jr, Math.min(MR, mc - ir), Math.min(NR, nc - jr), add);
      }
    }
  }
}

/** C[N] = A[K] B[K][N], four rows of B at a time, as they lie in memory. */
function rowProduct(N, K, a, csA, b, rsB, c) {
  c.fill(0);
  const whole = K & ~3;
  for (let k = 0; k < whole; k += 4) {
    const a0 = a[k * csA];
    const a1 = a[(k + 1) * csA];
    const a2 = a[(k + 2) * csA];
    const a3 = a[(k + 3) * csA];
    const p = k * rsB;
    for (let j = 0; j < N; j = (j + 1) | 0) {
      const q = (p + j) | 0;
      const sum = a0 * b[q] + a1 * b[(q + rsB) | 0] + a2 * b[(q + 2 * rsB) | 0] + a3 * b[(q + 3 * rsB) | 0];
      c[j] += sum;
    }
  }
  for (let k = whole; k < K; k++) for (let j = 0; j < N; j++) c[j] += a[k * csA] * b[k * rsB + j];
}

/** A tile of C at row i and column j, of the panels at p and q. */
function tile(K, p, q, c, i, j, rows, columns, accumulate) {
  let c00 = 0;
  let c01 = 0;
  let c02 = 0;
  let c10 = 0;
  let c11 = 0;
  let c12 = 0;
  let c20 = 0;
  let c21 = 0;
  let c22 = 0;
  let c30 = 0;
  let c31 = 0;
  let c32 = 0;
  for (let k = 0; k < K; k = (k + 1) | 0) {
    const a0 = packedA[p];
    const a1 = packedA[(p + 1) | 0];
    const a2 = packedA[(p + 2) | 0];
    const a3 = packedA[(p + 3) | 0];
    const b0 = packedB[q];
    const b1 = packedB[(q + 1) | 0];
    const b2 = packedB[(q + 2) | 0];
    c00 += a0 * b0;
    c01 += a0 * b1;
    c02 += a0 * b2;
    c10 += a1 * b0;
    c11 += a1 * b1;
    c12 += a1 * b2;
    c20 += a2 * b0;
    c21 += a2 * b1;
    c22 += a2 * b2;
    c30 += a3 * b0;
    c31 += a3 * b1;
    c32 += a3 * b2;
    p = (p + MR) | 0;
    q = (q + NR) | 0;
  }
  const { values } = c;
  storeRow(values, c.rowAt(i) + j, columns, accumulate, c00, c01, c02);
  if (rows > 1) storeRow(values, c.rowAt(i + 1) + j, columns, accumulate, c10, c11, c12);
  if (rows > 2) storeRow(values, c.rowAt(i + 2) + j, columns, accumulate, c20, c21, c22);
  if (rows > 3) storeRow(values, c.rowAt(i + 3) + j, columns, accumulate, c30, c31, c32);
}

function storeRow(c, r, columns, accumulate, x, y, z) {
  c[r] = accumulate ? c[r] + x : x;
  if (columns > 1) c[r + 1] = accumulate ? c[r + 1] + y : y;
  if (columns > 2) c[r + 2] = accumulate ? c[r + 2] + z : z;
}
