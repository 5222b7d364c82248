/** The optimiser's update of a tensor whose gradient lies in memory. */
import { hyper } from '../batch';
import { Update } from '../generated/instructions';
import { lines } from '../panel';
import { updateLines } from './rules';

export function updateUnits(r: usize): i32 {
  return Update.lines(r);
}

export function update(r: usize, first: i32, last: i32): void {
  const offset = lines(first);
  const p = Update.p(r) + offset;
  const g = Update.g(r) + offset;
  updateLines(Update.rule(r), hyper, p, g, Update.s0(r) + offset, Update.s1(r) + offset, last - first);
}
