/**
 * What each tier is built from: the lanes of its kernels, and the multiply-add and register tile of its micro-kernels.
 * MR is the most rows that a tile has, VECTORS the vectors in each row. What the compiler may use stands under the
 * tier's name in `asconfig.json`.
 *
 * V8 gives WebAssembly 15 vector registers on x64. A tile takes MR * VECTORS of them (half as many when two vectors
 * are joined in one 256-bit register), VECTORS for a line of B and one for the broadcast of A; the mul + add of `simd`
 * takes one more for the product. So 6 x 2 + 2 + 1 fills them exactly.
 *
 * READ_AHEAD says whether micro-kernels touch memory that is needed later. Where products are as slow as on `simd`, whose
 * loops start all the instructions that a core can, the loads cost more than they save.
 *
 * STREAMS says how many panels of W the kernel of one sample reads side by side: as many as have room in the registers,
 * four on `wide`. Two threads read 50 GB/s in one stream each, and 60 in four. On `scalar` a line alone fills the registers.
 */
const fused = (c, a, b) => `f32x4.relaxed_madd(${a}, ${b}, ${c})`;

export const tiers = {
  scalar: {
    lanes: 'scalar',
    MR: 4,
    VECTORS: 2,
    READ_AHEAD: false,
    STREAMS: 1,
    madd: (c, a, b) => `${c} + ${a} * ${b}`,
  },
  simd: {
    lanes: 'simd',
    MR: 4,
    VECTORS: 2,
    READ_AHEAD: false,
    STREAMS: 2,
    madd: (c, a, b) => `f32x4.add(${c}, f32x4.mul(${a}, ${b}))`,
  },
  relaxed: { lanes: 'simd', MR: 6, VECTORS: 2, READ_AHEAD: true, STREAMS: 2, madd: fused },
  wide: { lanes: 'simd', MR: 6, VECTORS: 4, READ_AHEAD: true, STREAMS: 4, madd: fused },
};
