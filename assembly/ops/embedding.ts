/**
 * Rows of a table [K][N], a weight, that integers 0 to K - 1 name: `positions` integers a sample, lines of f32. The rows
 * of 16 samples are read along the lanes and become lanes themselves; backward is the same the other way round.
 */
import { rows, samplePanels, scratch } from '../batch';
import { Embedding, EmbeddingGradient } from '../generated/instructions';
import { add, BYTES, LANES, load, store } from '../generated/lanes';
import { blockRows, KC, LINE_BYTES, lines, panels, tileRows, weightLine } from '../panel';
import { transposeTile } from '../product/transpose';
import { packLanes } from './pack';

/** The integer of a lane. */
// @ts-ignore: decorator
@inline
function at(index: usize, lane: i32): i32 {
  return <i32>f32.load(index + (<usize>(lane & 15) << 2));
}

export function embeddingUnits(r: usize): i32 {
  return samplePanels * Embedding.positions(r);
}

/** y [positions][N] = the rows of the table, for each sample. */
export function embedding(r: usize, first: i32, last: i32): void {
  const K = Embedding.K(r);
  const N = Embedding.N(r);
  for (let unit = first; unit < last; unit++) {
    const index = Embedding.index(r) + lines(unit);
    for (let n = 0; n < panels(N); n++) {
      const y = Embedding.y(r) + lines(unit * N + (n << 4));
      for (let lane = 0; lane < 16; lane += LANES) {
        const s0 = Embedding.table(r) + lines(weightLine(n, at(index, lane), K, N));
        const s1 = Embedding.table(r) + lines(weightLine(n, at(index, lane + 1), K, N));
        const s2 = Embedding.table(r) + lines(weightLine(n, at(index, lane + 2), K, N));
        const s3 = Embedding.table(r) + lines(weightLine(n, at(index, lane + 3), K, N));
        packLanes(s0, s1, s2, s3, y + (<usize>lane << 2), tileRows(n << 4, N));
      }
    }
  }
}

export function embeddingGradientUnits(r: usize): i32 {
  return panels(EmbeddingGradient.N(r));
}

/** The table's gradient: to each row the dy of all samples and positions that named it, in their order. */
export function embeddingGradient(r: usize, first: i32, last: i32): void {
  const K = EmbeddingGradient.K(r);
  const N = EmbeddingGradient.N(r);
  const positions = EmbeddingGradient.positions(r);
  const gradient = EmbeddingGradient.gradient(r);
  for (let n = first; n < last; n++) {
    for (let k = 0; k < K; k += KC) memory.fill(gradient + lines(weightLine(n, k, K, N)), 0, lines(blockRows(k, K)));
    for (let unit = 0; unit < samplePanels * positions; unit++) {
      const index = EmbeddingGradient.index(r) + lines(unit);
      const samples = tileRows((unit / positions) << 4, rows);
      transposeTile(EmbeddingGradient.dy(r) + lines(unit * N + (n << 4)), tileRows(n << 4, N), scratch);
      for (let lane = 0; lane < samples; lane++)
        addLine(scratch + lines(lane), gradient + lines(weightLine(n, at(index, lane), K, N)));
    }
  }
}

/** y += x, a line each. */
// @ts-ignore: decorator
@inline
function addLine(x: usize, y: usize): void {
  for (let j: usize = 0; j < LINE_BYTES; j += 2 * BYTES) {
    const low = add(load(y + j), load(x + j));
    const high = add(load(y + j + BYTES), load(x + j + BYTES));
    store(y + j + BYTES, high);
    store(y + j, low);
  }
}
