/**
 * Work along one axis of a sample: down N lines that lie `step` bytes apart, for 16 samples at once and never across
 * lanes. What is done with a line is a class without fields, as in `elementwise-operations.ts`: T.value(a, b, c).
 */
import { add, BYTES, div, load, pmax, splat, store, sub } from '../generated/lanes';
import { LINE_BYTES } from '../panel';
import { excess } from './compensate';

/** y = the greatest of N lines; a NaN may be lost. */
export function maximum(x: usize, step: usize, N: i32, y: usize): void {
  for (let column: usize = 0; column < LINE_BYTES; column += 2 * BYTES) {
    let p = x + column;
    let max0 = load(p);
    let max1 = load(p + BYTES);
    for (let i = 1; i < N; i++) {
      p += step;
      max0 = pmax(max0, load(p));
      max1 = pmax(max1, load(p + BYTES));
    }
    store(y + column + BYTES, max1);
    store(y + column, max0);
  }
}

/**
 * y = the sum of T(a_i, b_i, c) over i < N, divided. A step of 0 is one line for all i. The sum is compensated: its
 * error is 2 ulp however many terms there are (Kahan, CACM 8, 1965).
 */
export function sumOf<T>(
  a: usize,
  aStep: usize,
  b: usize,
  bStep: usize,
  c: f32,
  N: i32,
  divisor: f32,
  y: usize,
): void {
  const term = changetype<T>(0);
  for (let column: usize = 0; column < LINE_BYTES; column += 2 * BYTES) {
    let sum0 = splat(0);
    let sum1 = splat(0);
    let excess0 = splat(0);
    let excess1 = splat(0);
    let p = a + column;
    let q = b + column;
    for (let i = 0; i < N; i++) {
      const term0 = sub(term.value(load(p), load(q), splat(c)), excess0);
      const term1 = sub(term.value(load(p + BYTES), load(q + BYTES), splat(c)), excess1);
      const next0 = add(sum0, term0);
      const next1 = add(sum1, term1);
      excess0 = excess(next0, sum0, term0);
      excess1 = excess(next1, sum1, term1);
      sum0 = next0;
      sum1 = next1;
      p += aStep;
      q += bStep;
    }
    store(y + column + BYTES, div(sum1, splat(divisor)));
    store(y + column, div(sum0, splat(divisor)));
  }
}

/** y_i = T(a_i, b_i, c) for i < N, with one line at c. y may be a or b. */
export function each<T>(
  a: usize,
  aStep: usize,
  b: usize,
  bStep: usize,
  c: usize,
  N: i32,
  y: usize,
  yStep: usize,
): void {
  const term = changetype<T>(0);
  for (let column: usize = 0; column < LINE_BYTES; column += 2 * BYTES) {
    const c0 = load(c + column);
    const c1 = load(c + column + BYTES);
    let p = a + column;
    let q = b + column;
    let target = y + column;
    for (let i = 0; i < N; i++) {
      const y0 = term.value(load(p), load(q), c0);
      const y1 = term.value(load(p + BYTES), load(q + BYTES), c1);
      store(target + BYTES, y1);
      store(target, y0);
      p += aStep;
      q += bStep;
      target += yStep;
    }
  }
}
