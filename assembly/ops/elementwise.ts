/**
 * y = op(a, b), element by element. The output's lines are those of a batched tensor [sample panels][features][16] or
 * of an unbatched one, which is a single panel. A panel is groups of `period` lines, in each of which an operand may
 * begin anew. An operand's line f of group g of panel p begins at
 * base + p * panelBytes + g * groupBytes + f * rowBytes, and where it is a splat, one number there fills the line:
 *
 *   operand                               panelBytes       groupBytes    rowBytes   splat
 *   the output's shape                    64 * features    64 * period   64         0
 *   its last axes, `period` elements      64 * period      0             64         0
 *   a number a sample                     64               0             0          0
 *   without samples, the output's shape   0                4 * period    4          1
 *   without samples, its last axes        0                0             4          1
 *   a scalar                              0                0             0          1
 */
import { samplePanels, scratch } from '../batch';
import { Elementwise } from '../generated/instructions';
import { BYTES, load, loadSplat, store } from '../generated/lanes';
import { LINE_BYTES, lines } from '../panel';
import * as op from './elementwise-operations';
import { isProduct } from './power';

/** Lines of an operand that are spread out at once; two operands take two times as many of the scratch tile's KC. */
const CHUNK: i32 = 8;

export function elementwiseUnits(r: usize): i32 {
  const features = Elementwise.features(r);
  return Elementwise.batched(r) ? samplePanels * features : features;
}

export function elementwise(r: usize, first: i32, last: i32): void {
  const aPanel = Elementwise.aPanel(r);
  const aGroup = Elementwise.aGroup(r);
  const aRow = Elementwise.aRow(r);
  const bPanel = Elementwise.bPanel(r);
  const bGroup = Elementwise.bGroup(r);
  const bRow = Elementwise.bRow(r);
  let features = Elementwise.features(r);
  let period = Elementwise.period(r);
  // Operands that go on from one group to the next as they do inside of it make one group of a panel, and if they go on
  // from panel to panel as well, one run of all lines.
  if (aGroup == period * aRow && bGroup == period * bRow) period = features;
  if (period == features && aPanel == features * aRow && bPanel == features * bRow) features = period = last;
  for (let line = first; line < last; ) {
    const panel = line / features;
    const group = (line % features) / period;
    const row = (line % features) % period;
    const count = min(period - row, last - line);
    const a = Elementwise.a(r) + panel * aPanel + group * aGroup + row * aRow;
    const b = Elementwise.b(r) + panel * bPanel + group * bGroup + row * bRow;
    run(r, a, b, Elementwise.y(r) + lines(line), count);
    line += count;
  }
}

/** `count` lines of one group. Numbers that fill a line each are spread out in the scratch tile first. */
function run(r: usize, a: usize, b: usize, y: usize, count: i32): void {
  const aRow = Elementwise.aRow(r);
  const bRow = Elementwise.bRow(r);
  const aSplat = Elementwise.aSplat(r);
  const bSplat = Elementwise.bSplat(r);
  const aSpread = scratch;
  const bSpread = scratch + lines(CHUNK);
  const aStep = aSplat && aRow ? LINE_BYTES : aRow;
  const bStep = bSplat && bRow ? LINE_BYTES : bRow;
  const chunk = (aSplat && aRow) || (bSplat && bRow) ? CHUNK : count;
  for (let i = 0; i < count; i += chunk) {
    const n = min(chunk, count - i);
    if (aSplat) spread(a, aRow, aSpread, n);
    if (bSplat) spread(b, bRow, bSpread, n);
    evaluate(r, aSplat ? aSpread : a, aStep, bSplat ? bSpread : b, bStep, y, n);
    a += n * aRow;
    b += n * bRow;
    y += lines(n);
  }
}

/** `count` numbers, rowBytes apart, each in all lanes of a line of its own; a scalar in one line. */
function spread(p: usize, rowBytes: i32, target: usize, count: i32): void {
  for (const end = target + lines(rowBytes ? count : 1); target < end; p += rowBytes) {
    const value = loadSplat(p);
    for (const lineEnd = target + LINE_BYTES; target < lineEnd; target += BYTES) store(target, value);
  }
}

/** y = op(a, b) on `count` lines, those of the operands aStep and bStep bytes apart. */
function evaluate(r: usize, a: usize, aStep: usize, b: usize, bStep: usize, y: usize, count: i32): void {
  const alpha = Elementwise.alpha(r);
  const end = y + lines(count);
  switch (Elementwise.kind(r)) {
    case Elementwise.COPY: return map<op.Copy>(alpha, a, aStep, y, end);
    case Elementwise.NEG: return map<op.Neg>(alpha, a, aStep, y, end);
    case Elementwise.EXP: return map<op.Exp>(alpha, a, aStep, y, end);
    case Elementwise.LOG: return map<op.Log>(alpha, a, aStep, y, end);
    case Elementwise.SQRT: return map<op.Sqrt>(alpha, a, aStep, y, end);
    case Elementwise.SQUARE: return map<op.Square>(alpha, a, aStep, y, end);
    case Elementwise.RECIPROCAL: return map<op.Reciprocal>(alpha, a, aStep, y, end);
    case Elementwise.POW:
      if (isProduct(alpha)) return map<op.PowerByProduct>(alpha, a, aStep, y, end);
      return map<op.PowerByExponential>(alpha, a, aStep, y, end);
    case Elementwise.ADD: return zip<op.Add>(a, aStep, b, bStep, y, end);
    case Elementwise.SUB: return zip<op.Sub>(a, aStep, b, bStep, y, end);
    case Elementwise.MUL: return zip<op.Mul>(a, aStep, b, bStep, y, end);
    case Elementwise.DIV: return zip<op.Div>(a, aStep, b, bStep, y, end);
    case Elementwise.MAXIMUM: return zip<op.Maximum>(a, aStep, b, bStep, y, end);
    case Elementwise.MINIMUM: return zip<op.Minimum>(a, aStep, b, bStep, y, end);
    case Elementwise.HEAVISIDE: return zip<op.Heaviside>(a, aStep, b, bStep, y, end);
    case Elementwise.GREATER: return zip<op.Greater>(a, aStep, b, bStep, y, end);
    case Elementwise.EQUAL: return zip<op.Equal>(a, aStep, b, bStep, y, end);
    case Elementwise.KEEP: return zip<op.Keep>(a, aStep, b, bStep, y, end);
    case Elementwise.ABS: return map<op.Abs>(alpha, a, aStep, y, end);
  }
}

/** The loop of an operation on one operand. */
function map<Op>(alpha: f32, a: usize, aStep: usize, y: usize, end: usize): void {
  const operation = changetype<Op>(0);
  for (; y < end; y += LINE_BYTES, a += aStep) {
    for (let j: usize = 0; j < LINE_BYTES; j += 2 * BYTES) {
      const low = operation.apply(load(a + j), alpha);
      const high = operation.apply(load(a + j + BYTES), alpha);
      store(y + j + BYTES, high);
      store(y + j, low);
    }
  }
}

/** The loop of an operation on two operands. */
function zip<Op>(a: usize, aStep: usize, b: usize, bStep: usize, y: usize, end: usize): void {
  const operation = changetype<Op>(0);
  for (; y < end; y += LINE_BYTES, a += aStep, b += bStep) {
    for (let j: usize = 0; j < LINE_BYTES; j += 2 * BYTES) {
      const low = operation.apply(load(a + j), load(b + j));
      const high = operation.apply(load(a + j + BYTES), load(b + j + BYTES));
      store(y + j + BYTES, high);
      store(y + j, low);
    }
  }
}
