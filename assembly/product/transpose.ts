/** The gradient dY with samples down the lines, as the products that sum over samples read it. */
import { rows, samplePanels } from '../batch';
import { Transpose } from '../generated/instructions';
import { transposeMatrix } from '../matrix';
import { LINE_BYTES, lines, panels, tileRows } from '../panel';

export function transposeUnits(r: usize): i32 {
  return panels(Transpose.N(r)) * samplePanels * Transpose.positions(r);
}

/**
 * dY [sample panels, positions][N][16] to [output panels][samples][16]; lanes beyond N and samples beyond the batch
 * become 0.
 */
export function transpose(r: usize, first: i32, last: i32): void {
  const N = Transpose.N(r);
  const positions = Transpose.positions(r);
  const batch = samplePanels * positions;
  for (let unit = first; unit < last; unit++) {
    const n = unit / batch;
    const m = unit - n * batch;
    const source = Transpose.dy(r) + lines(m * N + (n << 4));
    const target = Transpose.dyT(r) + lines(unit << 4);
    const samples = tileRows((m / positions) << 4, rows);
    transposeTile(source, tileRows(n << 4, N), target);
    memory.fill(target + lines(samples), 0, lines(16 - samples));
  }
}

/** A tile of `count` rows of 16 lanes into 16 rows whose lanes beyond `count` are 0. */
export function transposeTile(s: usize, count: i32, t: usize): void {
  if (count < 16) memory.fill(t, 0, 16 * LINE_BYTES);
  transposeMatrix(s, LINE_BYTES, count, 16, t, LINE_BYTES);
}
