/**
 * A program: fixed-size instruction records in memory that every thread executes in the same order, each on its own
 * slice of every instruction's output. Where a record asks for it the threads meet at a barrier first; the slices
 * never depend on anything but the number of threads, and no sum is ever sliced.
 *
 * The block of a program, 64-byte aligned:
 *
 *   0    rows: samples of this run            4    set to 1 by an instruction that found a non-finite input
 *   64   hyper: the optimiser's numbers       128  records, RECORD_BYTES each; word 0 is opcode | barrier << 16
 */
import { setBatch } from './batch';
import * as I from './generated/instructions';
import * as dense from './product/dense';
import * as activation from './ops/activation';
import * as elementwise from './ops/elementwise';
import * as loss from './ops/loss';
import * as reduce from './ops/reduce';
import * as pack from './ops/pack';
import * as update from './update/update';
import { barrier, scratchTile } from './threads';

const INVALID: usize = 4;
const HYPER: usize = 64;
const RECORDS: usize = 128;
const BARRIER: i32 = 1 << 16;

/** What a run came to. */
export const DONE: i32 = 0;
export const NON_FINITE: i32 = 1;
export const BROKEN: i32 = 2;

/** Executes records first to first + count - 1 as thread `thread` of `threads`. */
export function run(control: usize, program: usize, first: i32, count: i32, thread: i32, threads: i32): i32 {
  setBatch(load<i32>(program), threads, program + HYPER, scratchTile(control, thread));
  let r = program + RECORDS + <usize>first * I.RECORD_BYTES;
  for (const end = r + <usize>count * I.RECORD_BYTES; r < end; r += I.RECORD_BYTES) {
    const word = load<i32>(r);
    if (threads > 1 && word & BARRIER && !barrier(control, thread, threads)) return BROKEN;
    const opcode = word & 0xffff;
    if (opcode == I.Check.OPCODE) {
      if (load<i32>(program, INVALID)) return NON_FINITE;
    } else {
      execute(opcode, r, program + INVALID, thread, threads);
    }
  }
  return DONE;
}

/** Where share t of T begins among n units. */
// @ts-ignore: decorator
@inline
function share(n: i32, t: i32, T: i32): i32 {
  return T == 1 ? n * t : <i32>((<i64>n * t) / T);
}

function execute(opcode: i32, r: usize, invalid: usize, t: i32, T: i32): void {
  let n: i32;
  switch (opcode) {
    case I.PackRows.OPCODE:
      n = pack.packRowsUnits(r);
      return pack.packRows(r, share(n, t, T), share(n, t + 1, T), invalid);
    case I.UnpackRows.OPCODE:
      n = pack.unpackRowsUnits(r);
      return pack.unpackRows(r, share(n, t, T), share(n, t + 1, T));
    case I.PackPanels.OPCODE:
      n = pack.packPanelsUnits(r);
      return pack.packPanels(r, share(n, t, T), share(n, t + 1, T));
    case I.UnpackPanels.OPCODE:
      n = pack.unpackPanelsUnits(r);
      return pack.unpackPanels(r, share(n, t, T), share(n, t + 1, T));
    case I.DenseForward.OPCODE:
      n = dense.denseForwardUnits(r);
      return dense.denseForward(r, share(n, t, T), share(n, t + 1, T));
    case I.DenseBackwardInput.OPCODE:
      n = dense.denseBackwardInputUnits(r);
      return dense.denseBackwardInput(r, share(n, t, T), share(n, t + 1, T));
    case I.Transpose.OPCODE:
      n = dense.transposeUnits(r);
      return dense.transpose(r, share(n, t, T), share(n, t + 1, T));
    case I.DenseBackwardWeight.OPCODE:
      n = dense.denseBackwardWeightUnits(r);
      return dense.denseBackwardWeight(r, share(n, t, T), share(n, t + 1, T));
    case I.ActivationForward.OPCODE:
      n = activation.activationForwardUnits(r);
      return activation.activationForward(r, share(n, t, T), share(n, t + 1, T));
    case I.ActivationBackward.OPCODE:
      n = activation.activationBackwardUnits(r);
      return activation.activationBackward(r, share(n, t, T), share(n, t + 1, T));
    case I.Elementwise.OPCODE:
      n = elementwise.elementwiseUnits(r);
      return elementwise.elementwise(r, share(n, t, T), share(n, t + 1, T));
    case I.SumFeatures.OPCODE:
      n = reduce.sumFeaturesUnits(r);
      return reduce.sumFeatures(r, share(n, t, T), share(n, t + 1, T));
    case I.SumPanels.OPCODE:
      n = reduce.sumPanelsUnits(r);
      return reduce.sumPanels(r, share(n, t, T), share(n, t + 1, T));
    case I.SumBatch.OPCODE:
      n = reduce.sumBatchUnits(r);
      return reduce.sumBatch(r, share(n, t, T), share(n, t + 1, T));
    case I.LossForward.OPCODE:
      n = loss.lossForwardUnits(r);
      return loss.lossForward(r, share(n, t, T), share(n, t + 1, T));
    case I.LossBackward.OPCODE:
      n = loss.lossBackwardUnits(r);
      return loss.lossBackward(r, share(n, t, T), share(n, t + 1, T));
    case I.Seed.OPCODE:
      n = reduce.seedUnits(r);
      return reduce.seed(r, share(n, t, T), share(n, t + 1, T));
    case I.BatchMean.OPCODE:
      n = reduce.batchMeanUnits(r);
      return reduce.batchMean(r, share(n, t, T), share(n, t + 1, T));
    case I.Update.OPCODE:
      n = update.updateUnits(r);
      return update.update(r, share(n, t, T), share(n, t + 1, T));
    default:
      unreachable();
  }
}
