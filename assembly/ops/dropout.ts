/**
 * Masks of dropout, by Philox4x32-10 (see `random.ts`). Four blocks make the line of an element: word j of block q is
 * that of lane 4 j + q, so that a vector of blocks becomes four vectors of the line. Block q of panel m has the counter
 * (element, 4 m + q, step, 1 + stream) and the seed as key; the last word is 0 for everything else that is drawn.
 */
import { samplePanels, step } from '../batch';
import { DropoutMask } from '../generated/instructions';
import {
  iotaWords,
  Lanes,
  LANES,
  lt,
  mulHigh,
  mulLow,
  select,
  splat,
  splatWord,
  store,
  upper24,
  Words,
  xor,
} from '../generated/lanes';
import { lines } from '../panel';
import { MULTIPLIER_0, MULTIPLIER_1, ROUNDS, WEYL_0, WEYL_1 } from '../random';

export function dropoutMaskUnits(r: usize): i32 {
  return samplePanels * DropoutMask.features(r);
}

/** 0 where the upper 24 bits of a lane's word are below the threshold, else the scale. */
export function dropoutMask(r: usize, first: i32, last: i32): void {
  const features = DropoutMask.features(r);
  const threshold = splat(DropoutMask.threshold(r));
  const scale = splat(DropoutMask.scale(r));
  const m0 = splatWord(<u32>MULTIPLIER_0);
  const m1 = splatWord(<u32>MULTIPLIER_1);
  for (let line = first; line < last; line++) {
    for (let q = 0; q < 4; q += LANES) {
      let x0 = splatWord(line % features);
      let x1 = iotaWords(4 * (line / features) + q);
      let x2 = splatWord(step);
      let x3 = splatWord(1 + DropoutMask.stream(r));
      let k0: u32 = DropoutMask.seedLow(r);
      let k1: u32 = DropoutMask.seedHigh(r);
      for (let round = 0; round < ROUNDS; round++) {
        const high0 = mulHigh(x0, m0);
        const high1 = mulHigh(x2, m1);
        const low0 = mulLow(x0, m0);
        const low1 = mulLow(x2, m1);
        x0 = xor(xor(high1, x1), splatWord(k0));
        x1 = low1;
        x2 = xor(xor(high0, x3), splatWord(k1));
        x3 = low0;
        k0 += WEYL_0;
        k1 += WEYL_1;
      }
      const mask = DropoutMask.mask(r) + lines(line) + (<usize>q << 2);
      store(mask + 48, masked(x3, threshold, scale));
      store(mask + 32, masked(x2, threshold, scale));
      store(mask + 16, masked(x1, threshold, scale));
      store(mask, masked(x0, threshold, scale));
    }
  }
}

// @ts-ignore: decorator
@inline
function masked(words: Words, threshold: Lanes, scale: Lanes): Lanes {
  return select(lt(upper24(words), threshold), splat(0), scale);
}
