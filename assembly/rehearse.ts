/**
 * The kernels, beside the products of weights, that a network spends its time in, each worked once on memory of the
 * caller's: for the self-test, which lets the engine optimise them and compares the tiers' results.
 */
import { Activation, REHEARSAL_LINES, Rule } from './generated/instructions';
import { lineTile } from './generated/line-tile';
import { activationGradientTile, activationTile } from './ops/activation';
import { LINE_BYTES, lines } from './panel';
import { updateLines } from './update/rules';

/** Lines of each of five operands. */
const COUNT: i32 = REHEARSAL_LINES / 5;
const OPERAND: usize = lines(COUNT);

/** Works on REHEARSAL_LINES lines at p, five operands. The first begins with the numbers of `update/rules.ts`. */
export function rehearse(p: usize): void {
  const w = p + OPERAND;
  const g = w + OPERAND;
  const s0 = g + OPERAND;
  const s1 = s0 + OPERAND;
  updateLines(Rule.SGD, p, w, g, s0, s1, COUNT);
  updateLines(Rule.MOMENTUM, p, w, g, s0, s1, COUNT);
  updateLines(Rule.ADAM, p, w, g, s0, s1, COUNT);
  updateLines(Rule.ADAMW, p, w, g, s0, s1, COUNT);
  const half = lines(COUNT / 2);
  lineTile(COUNT / 2, w, w + half, LINE_BYTES, g, g + half, LINE_BYTES, s0, s1, LINE_BYTES);
  activationTile(Activation.RELU, 0, w, g, COUNT);
  activationGradientTile(Activation.RELU, 0, w, g, g, COUNT);
}
