/** The ceiling of plain JavaScript, measured like those of the kernels: multiply-adds in locals. */

/** Floating-point operations in one turn of `multiplyAdds`: twelve chains, which hide the latency of an addition. */
export const FLOPS_A_TURN = 24;

/** Turns of c = c a + b with nothing in memory. */
export function multiplyAdds(turns, a, b) {
  let c0 = 0;
  let c1 = 1;
  let c2 = 2;
  let c3 = 3;
  let c4 = 4;
  let c5 = 5;
  let c6 = 6;
  let c7 = 7;
  let c8 = 8;
  let c9 = 9;
  let c10 = 10;
  let c11 = 11;
  for (let i = 0; i < turns; i = (i + 1) | 0) {
    c0 = c0 * a + b;
    c1 = c1 * a + b;
    c2 = c2 * a + b;
    c3 = c3 * a + b;
    c4 = c4 * a + b;
    c5 = c5 * a + b;
    c6 = c6 * a + b;
    c7 = c7 * a + b;
    c8 = c8 * a + b;
    c9 = c9 * a + b;
    c10 = c10 * a + b;
    c11 = c11 * a + b;
  }
  return c0 + c1 + c2 + c3 + c4 + c5 + c6 + c7 + c8 + c9 + c10 + c11;
}
