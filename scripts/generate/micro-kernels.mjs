/** Writes `assembly/generated/micro-kernels.ts`, the register tiles of all three products, for one tier. */
import { dialect, indented, range, tileWork } from './dialect.mjs';

const PARAMETERS =
  'K: i32, chunk: i32, aSkip: usize, bSkip: usize, a: usize, b: usize, c: usize, scale: i32, accumulate: i32';

/** Where memory is read ahead, and how far from there two other streams of it are; 0 for none. */
const AHEAD = ', ahead: usize, second: usize, third: usize';

/**
 * Steps, in chunks of 16, over which it is read: the block of dX's sum. Longer sums, which have a multiple of 16 steps, then
 * begin again, so that nothing is read beyond as many lines as a kernel has rows.
 */
const AHEAD_STEPS = 128;

/**
 * Whether full micro-kernels of the form go on from tile to tile, where a tile's rows follow those of the one before: in
 * panels, if they divide a panel without a rest. A call and what is set up for it take 2 % of the time on `simd`.
 */
const goesOn = (tier, form) => form === 'row' || 16 % tier.MR === 0;

const kernelName = (form, MR, inPanel = MR) => (inPanel < MR ? `${form}${inPanel}and${MR - inPanel}` : `${form}${MR}`);

/** The variable of the tile's row i that holds its vector j. */
const accumulator = (i, j) => `c${i}${'abcd'[j]}`;

/** The vectors of MR rows of C, a line each, one after the other. */
const rowsOfC = (tier, MR) =>
  range(MR).map((i) =>
    range(tier.VECTORS).map((j) => ({ name: accumulator(i, j), c: 'c', offset: 64 * i + dialect(tier).bytes * j })),
  );

/**
 * A step of the sums: a line of B, loaded from `b`, and for each row of the tile the one number that `a` loads. What there is
 * less of, rows or vectors, is held, and the others are loaded one at a time.
 */
function multiplyAdds(tier, MR, a, b) {
  const { bytes, load } = dialect(tier);
  const { VECTORS, madd } = tier;
  const rows = range(MR);
  const vectors = range(VECTORS);
  const loadA = (i) => `let a${i} = ${a(i)};`;
  const loadB = (j) => `let b${j} = ${load(b, bytes * j)};`;
  const multiplyAdd = (i, j) => `${accumulator(i, j)} = ${madd(accumulator(i, j), `a${i}`, `b${j}`)};`;
  return tier.MR < VECTORS
    ? [...rows.map(loadA), ...vectors.flatMap((j) => [loadB(j), ...rows.map((i) => multiplyAdd(i, j))])]
    : [...vectors.map(loadB), ...rows.flatMap((i) => [loadA(i), ...vectors.map((j) => multiplyAdd(i, j))])];
}

/** Bytes from a row of A to the next, and from a step of the sum to the next. */
const strides = (form) => (form === 'col' ? [4, 64] : [64, 4]);

/**
 * Element (i, k) of A lies at 4 i + 64 k in the form "col" (down a panel) and at 64 i + 4 k in the form "row" (along the
 * lanes of rows). After each `chunk` steps both operands skip some bytes: to the next panel of a row, or to the next row of
 * a convolution's window. Rows from `inPanel` on lie in the next panel of A, where they are its first.
 *
 * WebAssembly has no prefetch instruction, and a load that misses stalls those behind it. But a few loads, each a little
 * farther on and long after the one before, make the hardware's prefetchers run ahead of them: "row" kernels of a tier
 * with READ_AHEAD read a number after each chunk, which takes them over as many lines from `ahead` on as they have rows.
 */
function microKernel(tier, form, MR, inPanel = MR) {
  const { bytes, loadSplat } = dialect(tier);
  const { VECTORS, READ_AHEAD } = tier;
  const [rowBytes, stepBytes] = strides(form);
  const across = inPanel < MR;
  const readsAhead = READ_AHEAD && form === 'row';
  const many = MR === tier.MR && !across && goesOn(tier, form);
  // What a kernel has as an argument of its own.
  const own = `${readsAhead ? AHEAD : ''}${across ? ', panel: usize' : ''}${many ? ', more: i32' : ''}`;
  const read = ['', ' + second', ' + third'].map((stream) => `i32.load(place${stream});`).join('\n');
  const strip = MR * VECTORS * bytes;
  const readOn = `place += ${(strip * 16) / AHEAD_STEPS};
if ((k & ${AHEAD_STEPS - 1}) == rest) place -= ${strip};`;
  const row = (i) => (i < inPanel ? loadSplat('p', rowBytes * i) : loadSplat('next', rowBytes * (i - inPanel)));
  // The addresses grow before they are used: V8 knows that a sum has no upper half, but would clear that of a variable.
  const step = [
    `p += ${stepBytes};`,
    ...(across ? [`next += ${stepBytes};`] : []),
    'q += 64;',
    ...multiplyAdds(tier, MR, row, 'q'),
  ];
  const loop = `let p = a - ${stepBytes};
${across ? `let next = p + panel - ${rowBytes * (16 - inPanel)};` : ''}
let q = b - 64;
let k = K;
${readsAhead ? `const rest = K & ${AHEAD_STEPS - 1};\nlet place = ahead;` : ''}
while (true) {
  const steps = min(chunk, k);
  const last = q + (<usize>steps << 6);
  do {
    ${step.join('\n')}
  } while (q < last);
  ${readsAhead ? read : ''}
  k -= steps;
  if (k == 0) break;
  ${readsAhead ? readOn : ''}
  p += aSkip;
  ${across ? 'next += aSkip;' : ''}
  q += bSkip;
}`;
  const work = tileWork(tier, rowsOfC(tier, MR), loop);
  const moves = { a: rowBytes * MR, c: 64 * MR, ...(readsAhead && { ahead: 64 * MR }) };
  return `
export function ${kernelName(form, MR, inPanel)}(${PARAMETERS}${own}): void {
${many ? tileByTile(work, moves) : work}
}`;
}

/** A tile's work, and that of `more` others, each so many bytes from the one before. As in a sum, addresses grow first. */
function tileByTile(work, moves) {
  const move = (sign) =>
    Object.entries(moves)
      .map(([address, bytes]) => `${address} ${sign}= ${bytes};`)
      .join('\n');
  return `${move('-')}
do {
  ${move('+')}
  ${work}
} while (--more >= 0);`;
}

/**
 * A tile's calls of micro-kernels, strip by strip of its lanes. Of each call: the name, where its A and its C begin, and
 * its own argument by the strip.
 */
function calls(tier, kernels) {
  const stripBytes = dialect(tier).bytes * tier.VECTORS;
  const lines = (strip) =>
    kernels
      .map(({ name, a, c, own = () => '' }) => {
        const operands = `a${a}, b${strip}, c${c ? ` + ${64 * c}` : ''}${strip}`;
        return `${name}(K, chunk, aSkip, bSkip, ${operands}, scale, accumulate${own(strip)});`;
      })
      .join('\n');
  if (stripBytes === 64) return lines('');
  return `for (let j: usize = 0; j < 64; j += ${stripBytes}) {
  ${lines(' + j')}
}`;
}

/** A switch over the rows that are left, 1 to the number of `cases`. */
const rest = (tier, cases) => `switch (rows) {
  ${cases.map((kernels, i) => `case ${i + 1}: {\n${calls(tier, kernels)}\nbreak;\n}`).join('\n')}
}`;

/** As many full tiles as fit, in one call, and a micro-kernel for the rest. */
function fullAndRest(tier, form) {
  const { MR } = tier;
  const [rowBytes] = strides(form);
  const readsAhead = tier.READ_AHEAD && form === 'row';
  const kernel = (height, more = '') => {
    const own = (strip) => `${readsAhead ? `, ahead${strip && `${strip} * ${height}`}, second, third` : ''}${more}`;
    return [{ name: kernelName(form, height), a: '', c: 0, own }];
  };
  return `const full = rows / ${MR};
if (full) {
  ${calls(tier, kernel(MR, ', full - 1'))}
  a += full * ${MR * rowBytes};
  c += full * ${MR * 64};
  ${readsAhead ? `ahead += full * ${MR * 64};` : ''}
  rows -= full * ${MR};
}
${rest(
  tier,
  range(MR - 1).map((i) => kernel(i + 1)),
)}`;
}

/** A tile along the lanes of rows. */
const rowTile = (tier) => `
/** C[rows][16] of a tile; see the head of this file. */
export function rowTile(rows: i32, ${PARAMETERS}${AHEAD}): void {
${fullAndRest(tier, 'row')}
}`;

/** Panels whose rows full micro-kernels divide among themselves without a rest. */
const fullPanels = (MR) => [1, 2, 3].find((panels) => (16 * panels) % MR === 0);

/** How many rows of a panel are left where a full micro-kernel goes on in the next, for each place where one does. */
const crossings = (MR) =>
  range(fullPanels(MR) - 1)
    .map((i) => (16 * (i + 1)) % MR)
    .toSorted((a, b) => b - a);

/** The micro-kernels of up to 16 rows of one panel, divided as equally as can be. */
function within(rows, MR) {
  const parts = Math.ceil(rows / MR);
  let first = 0;
  return range(parts).map((p) => {
    const [height, at] = [Math.floor((rows + parts - 1 - p) / parts), first];
    first += height;
    return { name: kernelName('col', height), a: at ? ` + ${4 * at}` : '', c: at };
  });
}

/** Tiles down panels that lie `panel` bytes apart, so many panels a turn. */
const downPanels = (tier, panels, kernels) => `for (; rows >= ${16 * panels}; rows -= ${16 * panels}) {
  ${calls(tier, kernels)}
  a += ${panels} * panel;
  c += ${1024 * panels};
}
`;

/**
 * Where the rows of several panels divide into full micro-kernels, some of these reach from one panel into the next. Other
 * panels are divided by themselves.
 */
function crossPanels(tier) {
  const { MR } = tier;
  const together = fullPanels(MR);
  const across = range((16 * together) / MR).map((i) => {
    const [panel, lane] = [Math.floor((MR * i) / 16), (MR * i) % 16];
    const inPanel = Math.min(MR, 16 - lane);
    const a = `${panel ? ` + ${panel} * panel` : ''}${lane ? ` + ${4 * lane}` : ''}`;
    return { name: kernelName('col', MR, inPanel), a, c: MR * i, own: () => (inPanel < MR ? ', panel' : '') };
  });
  return `${downPanels(tier, together, across)}${downPanels(tier, 1, within(16, MR))}${rest(
    tier,
    range(15).map((i) => within(i + 1, MR)),
  )}`;
}

/** A tile down panels, of at most FULL_PANELS of them. */
const colTile = (tier) => `
/** C[rows][16] of a tile; see the head of this file. */
export function colTile(rows: i32, ${PARAMETERS}, panel: usize): void {
${goesOn(tier, 'col') ? fullAndRest(tier, 'col') : crossPanels(tier)}
}`;

export function microKernels(name, tier) {
  const heights = range(tier.MR).map((i) => i + 1);
  return indented(`/**
 * Generated by scripts/generate/micro-kernels.mjs for the tier "${name}": ${tier.MR} x ${tier.VECTORS * (dialect(tier).bytes / 4)} register tiles.
 *
 * C[MR][16] = (accumulate ? C + scale * S : S) with S[i][j] = sum over k < K of A[i][k] B[k][j]. Rows of B and C are
 * 64 bytes apart; how A is walked is told by the name ("col" down a panel, "row" along the lanes of rows). After every
 * chunk steps of k, A goes on aSkip bytes and B bSkip bytes farther. The sum runs in the order of k. K is at least 1.
 * "col4and2" has its last two rows in the panel of A that begins \`panel\` bytes farther. A kernel that has \`more\` works
 * on so many more tiles, whose rows follow. What is read from \`ahead\` on, and \`second\` and \`third\` bytes from there, is
 * not used, but will be in a cache; it may be any memory of as many lines.
 *
 * The scale travels as the bits of an f32: a live f32 would hold a vector register through the loop and make a full
 * tile spill.
 */
${['col', 'row'].flatMap((form) => heights.map((MR) => microKernel(tier, form, MR))).join('\n')}
${crossings(tier.MR)
  .map((inPanel) => microKernel(tier, 'col', tier.MR, inPanel))
  .join('\n')}
${colTile(tier)}
${rowTile(tier)}

/** Panels whose rows \`colTile\` divides into full micro-kernels. */
export const FULL_PANELS: i32 = ${fullPanels(tier.MR)};
/** Steps over which "row" kernels read ahead as many lines as they have rows. */
export const AHEAD_STEPS: i32 = ${AHEAD_STEPS};
${peak(tier)}
`);
}

/**
 * The ceiling that every figure is divided by: multiply-adds alone, no memory traffic. Twelve chains are as many as the
 * latency of a multiplication and an addition, 3 cycles each, asks for at two of each a cycle. With 13, all that the
 * registers hold beside a and b, a delay does not count: 12 read up to a fifth less. When two vectors are joined in one
 * register, 24 make 12 chains, where a fused multiply-add needs 8.
 * The chain runs through the product (c = a c + b), or a b would be hoisted out of the loop.
 */
function peak(tier) {
  const { bytes, load, loadSplat, store } = dialect(tier);
  const accumulators = range(tier.JOINED === 2 ? 24 : 13);
  const at = (i) => 32 + bytes * i;
  return `
/** Floating-point operations in one turn of \`peak\`. */
export const PEAK_FLOPS: i32 = ${2 * (bytes / 4) * accumulators.length};

/** The ceiling: n turns of c = a c + b, everything in registers. */
export function peak(n: i32, p: usize): void {
  const a = ${loadSplat('p', 0)};
  const b = ${loadSplat('p', 16)};
  ${accumulators.map((i) => `let c${i} = ${load('p', at(i))};`).join('\n')}
  for (let i = 0; i < n; i++) {
    ${accumulators.map((i) => `c${i} = ${tier.madd('b', 'a', `c${i}`)};`).join('\n')}
  }
  ${[...accumulators]
    .reverse()
    .map((i) => `${store('p', at(i), `c${i}`)};`)
    .join('\n')}
}`;
}
