/**
 * What each tier is built from: the lanes of its kernels, and the multiply-add and register tile of its micro-kernels.
 * MR is the most rows that a tile has, VECTORS the vectors in each row. What the compiler may use stands under the
 * tier's name in `asconfig.json`.
 *
 * JOINED is how many vectors share a register: on `wide` V8 joins two 128-bit ones in 256 bits.
 *
 * V8 gives WebAssembly 15 vector registers on x64. A tile takes MR * VECTORS / JOINED of them, and then those for what is
 * held of A or B and for what is loaded; without fused multiply-adds one more for the product. So 6 x 2 + 2 + 1 fills them
 * exactly. Tiers of two instructions are bound by how many the core starts in a cycle. Their 2 rows of 4 vectors reach
 * 0.90 of the ceiling in the first-level cache, 4 rows of 2 vectors 0.87, on V8 14, and the same on V8 11 and 12, where
 * 5 x 2 spills.
 *
 * READ_AHEAD says whether micro-kernels touch memory that is needed later. Where products are as slow as on `simd`, whose
 * loops start all the instructions that a core can, the loads cost more than they save.
 *
 * STREAMS says how many panels kernels over listed terms take side by side: as many as have room in the registers, four on
 * `wide`. Those of one sample are read from memory: two threads read 50 GB/s in one stream each, and 60 in four. On `scalar`
 * half a line fills the registers.
 */
const fused = (c, a, b) => `f32x4.relaxed_madd(${a}, ${b}, ${c})`;

export const tiers = {
  scalar: {
    lanes: 'scalar',
    MR: 2,
    VECTORS: 4,
    JOINED: 1,
    READ_AHEAD: false,
    STREAMS: 1,
    madd: (c, a, b) => `${c} + ${a} * ${b}`,
  },
  simd: {
    lanes: 'simd',
    MR: 2,
    VECTORS: 4,
    JOINED: 1,
    READ_AHEAD: false,
    STREAMS: 2,
    madd: (c, a, b) => `f32x4.add(${c}, f32x4.mul(${a}, ${b}))`,
  },
  relaxed: { lanes: 'simd', MR: 6, VECTORS: 2, JOINED: 1, READ_AHEAD: true, STREAMS: 2, madd: fused },
  wide: { lanes: 'simd', MR: 6, VECTORS: 4, JOINED: 2, READ_AHEAD: true, STREAMS: 4, madd: fused },
};
