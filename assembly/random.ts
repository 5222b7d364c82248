/**
 * Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC 2011), a generator
 * without state: four words of 32 bits are a function of a counter and a key. `src/random.ts` is its twin in
 * TypeScript, equal to the last bit.
 */
export const MULTIPLIER_0: u64 = 0xd2511f53;
export const MULTIPLIER_1: u64 = 0xcd9e8d57;
export const WEYL_0: u32 = 0x9e3779b9;
export const WEYL_1: u32 = 0xbb67ae85;
export const ROUNDS: i32 = 10;

/**
 * Element e is word e mod 4 of the block with counter (floor(e / 4), stream, 0, 0) and the seed as key: its upper 24
 * bits, u in [0, 1), as low + u (high - low), the multiplication and the addition rounded each. The target's first
 * number is element `first`, a multiple of 4.
 */
export function fillUniform(
  target: usize,
  first: i32,
  count: i32,
  seedLow: u32,
  seedHigh: u32,
  stream: u32,
  low: f32,
  high: f32,
): void {
  const range = high - low;
  for (let e = 0; e < count; e += 4) {
    let x0: u32 = (first + e) >> 2;
    let x1: u32 = stream;
    let x2: u32 = 0;
    let x3: u32 = 0;
    let k0 = seedLow;
    let k1 = seedHigh;
    for (let round = 0; round < ROUNDS; round++) {
      const p0 = MULTIPLIER_0 * x0;
      const p1 = MULTIPLIER_1 * x2;
      x0 = <u32>(p1 >> 32) ^ x1 ^ k0;
      x1 = <u32>p1;
      x2 = <u32>(p0 >> 32) ^ x3 ^ k1;
      x3 = <u32>p0;
      k0 += WEYL_0;
      k1 += WEYL_1;
    }
    store<f32>(target, scaled(x0, low, range));
    if (e + 1 < count) store<f32>(target, scaled(x1, low, range), 4);
    if (e + 2 < count) store<f32>(target, scaled(x2, low, range), 8);
    if (e + 3 < count) store<f32>(target, scaled(x3, low, range), 12);
    target += 16;
  }
}

// @ts-ignore: decorator
@inline
function scaled(word: u32, low: f32, range: f32): f32 {
  return low + <f32>(word >> 8) * <f32>(1.0 / 16777216.0) * range;
}
