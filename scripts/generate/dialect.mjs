/**
 * What the generators of kernels share: how a tier's code spells what is done with a vector, what a kernel consists of,
 * and how its lines are indented.
 */

export const range = (n) => [...Array(n).keys()];

/** Code whose lines are indented by the braces around them, without the empty ones inside of a function. */
export function indented(code) {
  let depth = 0;
  const lines = code.split('\n').flatMap((raw) => {
    const line = raw.trim();
    if (line === '') return depth === 0 ? [''] : [];
    if (line.startsWith('}')) depth--;
    const shown = '  '.repeat(depth) + (line.startsWith('*') ? ' ' : '') + line;
    if (line.endsWith('{')) depth++;
    return [shown];
  });
  return lines.join('\n');
}

/** How the tier's code spells the five things that a micro-kernel does with a vector. */
export function dialect(tier) {
  if (tier.lanes === 'scalar')
    return {
      bytes: 4,
      zero: 'f32(0)',
      load: (p, offset) => `load<f32>(${p}, ${offset})`,
      loadSplat: (p, offset) => `load<f32>(${p}, ${offset})`,
      store: (p, offset, x) => `store<f32>(${p}, ${x}, ${offset})`,
      splatBits: (bits) => `reinterpret<f32>(${bits})`,
    };
  return {
    bytes: 16,
    zero: 'f32x4.splat(0)',
    load: (p, offset) => `v128.load(${p}, ${offset})`,
    loadSplat: (p, offset) => `v128.load32_splat(${p}, ${offset})`,
    store: (p, offset, x) => `v128.store(${p}, ${x}, ${offset})`,
    splatBits: (bits) => `i32x4.splat(${bits})`,
  };
}

/**
 * What a kernel does for a tile: its sums in registers, the `loop` that takes them, and what becomes of C. Of each vector of
 * each line of the tile: the variable that sums it, and the address of its place in C, a variable and an offset in bytes.
 */
export function tileWork(tier, tile, loop) {
  const { zero, load, store, splatBits } = dialect(tier);
  const sums = tile.flat();
  // The higher address of a pair is stored first: V8 joins only such pairs into one 256-bit store.
  const stores = tile.flatMap((line) => line.toReversed().map(({ name, c, offset }) => store(c, offset, name)));
  return `${sums.map(({ name }) => `let ${name} = ${zero};`).join('\n')}
${loop}
const s = ${splatBits('scale')};
if (accumulate) {
  ${sums.map(({ name, c, offset }) => `${name} = ${tier.madd(load(c, offset), name, 's')};`).join('\n')}
}
${stores.join(';\n')};`;
}
