/**
 * Long sums: blocks of SUM_BLOCK terms are added as they come, and their sums with compensation (Kahan, CACM 8, 1965).
 * So the error is that of a block, at most SUM_BLOCK + 2 ulp for terms of one sign, however many there are, and the
 * compensation costs a fraction of an addition a term.
 */
import { eq, keep, Lanes, sub } from '../generated/lanes';

export const SUM_BLOCK: i32 = 16;

/** What next = sum + term holds too much; 0 of an infinite sum, which stays as it is. */
// @ts-ignore: decorator
@inline
export function excess(next: Lanes, sum: Lanes, term: Lanes): Lanes {
  const e = sub(sub(next, sum), term);
  return keep(eq(e, e), e);
}
