/**
 * What moves blocks of elements and reduces over sets of them: slices, permutations, sums over axes, pools. A tensor is
 * cut into blocks of `width` elements that stay together. For each block g of the output, a table of i32 names a set
 * S(g) of blocks of x, as a range of one list (compressed sparse rows):
 *
 *   begins[outputs + 1], then the list     S(g) = list[begins[g]] ... list[begins[g + 1] - 1]
 *
 *   sum        y_g = scale * (sum of the x_s, s in S(g))
 *   greatest   y_g = the greatest x_s; position_g = its place in S(g)
 *   pick       y_g = the x_s whose place in S(g) is at_g
 *   unpick     y_g = the sum of the x_s whose at_s is the place that stands beside s: the list holds pairs. The adjoint
 *              of pick
 *
 * Block g of y lies `first + g * stride` elements from the start of its panel of `features` elements.
 */
import { samplePanels } from '../batch';
import { Combine } from '../generated/instructions';
import { add, either, eq, gt, keep, Lanes, Mask, mul, ne, select, splat } from '../generated/lanes';
import { Line, Single } from './element';

/** The set S(g) as bytes from its first entry to its end, and the bytes from one block of x to the next. */
let begin: usize = 0;
let end: usize = 0;
let blockBytes: usize = 0;

export function combineUnits(r: usize): i32 {
  const elements = Combine.outputs(r) * Combine.width(r);
  return Combine.batched(r) ? samplePanels * elements : elements;
}

export function combine(r: usize, first: i32, last: i32): void {
  if (Combine.batched(r)) return walk<Line>(r, first, last);
  walk<Single>(r, first, last);
  if (last < combineUnits(r)) return;
  clearRest(Combine.y(r), Combine.features(r));
  clearRest(Combine.position(r), Combine.features(r));
}

/** Zeros from the end of `count` f32 to the end of their last line. */
function clearRest(p: usize, count: i32): void {
  if (p) memory.fill(p + (<usize>count << 2), 0, (-count & 15) << 2);
}

/** Elements `first` to last - 1 of the output, block by block. */
function walk<E>(r: usize, first: i32, last: i32): void {
  const bytes = changetype<E>(0).bytes();
  const width = Combine.width(r);
  const outputs = Combine.outputs(r);
  const list = Combine.table(r) + (<usize>(outputs + 1) << 2);
  const entryShift: usize = Combine.kind(r) == Combine.UNPICK ? 3 : 2;
  blockBytes = <usize>width * bytes;

  let panel = first / width / outputs;
  let g = (first / width) % outputs;
  let inBlock = first % width;
  for (let i = first; i < last; ) {
    const count = min(width - inBlock, last - i);
    const p = Combine.table(r) + (<usize>g << 2);
    begin = list + (<usize>load<i32>(p) << entryShift);
    end = list + (<usize>load<i32>(p, 4) << entryShift);
    block<E>(r, panel, g, inBlock, <usize>count * bytes);
    i += count;
    inBlock = 0;
    if (++g == outputs) {
      g = 0;
      panel++;
    }
  }
}

/** `length` bytes of block g, from its element `inBlock` on. */
function block<E>(r: usize, panel: i32, g: i32, inBlock: i32, length: usize): void {
  const bytes = changetype<E>(0).bytes();
  const inputs = Combine.inputs(r);
  const x = Combine.x(r) + <usize>(panel * inputs * Combine.width(r) + inBlock) * bytes;
  const out = <usize>(panel * Combine.features(r) + Combine.first(r) + g * Combine.stride(r) + inBlock) * bytes;
  const y = Combine.y(r) + out;
  switch (Combine.kind(r)) {
    case Combine.SUM:
      if (end - begin == 4) return scaled<E>(Combine.scale(r), x + load<u32>(begin) * blockBytes, y, length);
      return sum<E>(Combine.scale(r), x, y, length);
    case Combine.GREATEST:
      return greatest<E>(x, Combine.y(r) ? y : 0, Combine.position(r) ? Combine.position(r) + out : 0, length);
  }
  // Where positions are one a block, all elements of the block share it.
  const atWidth = Combine.atWidth(r);
  const inAt = atWidth > 1 ? inBlock : 0;
  const atStep = atWidth > 1 ? bytes : 0;
  if (Combine.kind(r) == Combine.PICK) {
    const at = Combine.at(r) + <usize>((panel * Combine.outputs(r) + g) * atWidth + inAt) * bytes;
    return pick<E>(x, at, atStep, y, length);
  }
  const at = Combine.at(r) + <usize>(panel * inputs * atWidth + inAt) * bytes;
  unpick<E>(x, at, <usize>atWidth * bytes, atStep, y, length);
}

/** y = scale * x */
function scaled<E>(scale: f32, x: usize, y: usize, length: usize): void {
  const next = changetype<E>(0).next();
  for (const yEnd = y + length; y < yEnd; y += changetype<E>(0).step(), x += changetype<E>(0).step()) {
    const x0 = mul(splat(scale), changetype<E>(0).load(x));
    const x1 = mul(splat(scale), changetype<E>(0).load(x + next));
    const x2 = mul(splat(scale), changetype<E>(0).load(x + 2 * next));
    const x3 = mul(splat(scale), changetype<E>(0).load(x + 3 * next));
    storeFour<E>(y, x0, x1, x2, x3);
  }
}

// @ts-ignore: decorator
@inline
function storeFour<E>(y: usize, x0: Lanes, x1: Lanes, x2: Lanes, x3: Lanes): void {
  changetype<E>(0).store(y + 3 * changetype<E>(0).next(), x3);
  changetype<E>(0).store(y + 2 * changetype<E>(0).next(), x2);
  changetype<E>(0).store(y + changetype<E>(0).next(), x1);
  changetype<E>(0).store(y, x0);
}

/** y = scale * (sum of the x_s) */
function sum<E>(scale: f32, x: usize, y: usize, length: usize): void {
  const list = begin;
  const listEnd = end;
  const bytes = blockBytes;
  const next = changetype<E>(0).next();
  for (const yEnd = y + length; y < yEnd; y += changetype<E>(0).step(), x += changetype<E>(0).step()) {
    let y0 = splat(0);
    let y1 = splat(0);
    let y2 = splat(0);
    let y3 = splat(0);
    for (let s = list; s < listEnd; s += 4) {
      const p = x + load<u32>(s) * bytes;
      y0 = add(y0, changetype<E>(0).load(p));
      y1 = add(y1, changetype<E>(0).load(p + next));
      y2 = add(y2, changetype<E>(0).load(p + 2 * next));
      y3 = add(y3, changetype<E>(0).load(p + 3 * next));
    }
    y0 = mul(splat(scale), y0);
    y1 = mul(splat(scale), y1);
    y2 = mul(splat(scale), y2);
    y3 = mul(splat(scale), y3);
    storeFour<E>(y, y0, y1, y2, y3);
  }
}

/** Whether x takes the place of the best before it: if it is greater, and if it is NaN, so that a NaN comes through. */
// @ts-ignore: decorator
@inline
function better(x: Lanes, best: Lanes): Mask {
  return either(gt(x, best), ne(x, x));
}

/** y and position, either of which may be null: the greatest x_s, and its place; of equals, that of the first. */
function greatest<E>(x: usize, y: usize, position: usize, length: usize): void {
  const list = begin;
  const listEnd = end;
  const bytes = blockBytes;
  const next = changetype<E>(0).next();
  for (let offset: usize = 0; offset < length; offset += changetype<E>(0).step()) {
    const p = x + offset + load<u32>(list) * bytes;
    let best0 = changetype<E>(0).load(p);
    let best1 = changetype<E>(0).load(p + next);
    let best2 = changetype<E>(0).load(p + 2 * next);
    let best3 = changetype<E>(0).load(p + 3 * next);
    let at0 = splat(0);
    let at1 = splat(0);
    let at2 = splat(0);
    let at3 = splat(0);
    let place: f32 = 1;
    for (let s = list + 4; s < listEnd; s += 4, place++) {
      const p = x + offset + load<u32>(s) * bytes;
      const x0 = changetype<E>(0).load(p);
      const x1 = changetype<E>(0).load(p + next);
      const x2 = changetype<E>(0).load(p + 2 * next);
      const x3 = changetype<E>(0).load(p + 3 * next);
      const better0 = better(x0, best0);
      const better1 = better(x1, best1);
      const better2 = better(x2, best2);
      const better3 = better(x3, best3);
      best0 = select(better0, x0, best0);
      best1 = select(better1, x1, best1);
      best2 = select(better2, x2, best2);
      best3 = select(better3, x3, best3);
      at0 = select(better0, splat(place), at0);
      at1 = select(better1, splat(place), at1);
      at2 = select(better2, splat(place), at2);
      at3 = select(better3, splat(place), at3);
    }
    if (y) storeFour<E>(y + offset, best0, best1, best2, best3);
    if (position) storeFour<E>(position + offset, at0, at1, at2, at3);
  }
}

/** y = the x_s at this place. Lanes differ in it, so they go one by one. */
function pick<E>(x: usize, at: usize, atStep: usize, y: usize, length: usize): void {
  const list = begin;
  const bytes = blockBytes;
  for (const yEnd = y + length; y < yEnd; at += atStep) {
    for (let lane: usize = 0; lane < changetype<E>(0).bytes(); lane += 4, x += 4, y += 4) {
      const s = list + (<usize>(<i32>load<f32>(at + lane)) << 2);
      store<f32>(y, load<f32>(x + load<u32>(s) * bytes));
    }
  }
}

/** y = the sum of the x_s whose own place in the set is the one beside s. */
function unpick<E>(x: usize, at: usize, atBlock: usize, atStep: usize, y: usize, length: usize): void {
  const list = begin;
  const listEnd = end;
  const bytes = blockBytes;
  const next = changetype<E>(0).next();
  for (const yEnd = y + length; y < yEnd; at += atStep) {
    for (let offset: usize = 0; offset < changetype<E>(0).bytes(); offset += changetype<E>(0).step()) {
      let y0 = splat(0);
      let y1 = splat(0);
      let y2 = splat(0);
      let y3 = splat(0);
      for (let s = list; s < listEnd; s += 8) {
        const block = load<u32>(s);
        const place = splat(<f32>load<i32>(s, 4));
        const p = x + block * bytes;
        const q = at + block * atBlock + offset;
        y0 = add(y0, keep(eq(changetype<E>(0).load(q), place), changetype<E>(0).load(p)));
        y1 = add(y1, keep(eq(changetype<E>(0).load(q + next), place), changetype<E>(0).load(p + next)));
        y2 = add(y2, keep(eq(changetype<E>(0).load(q + 2 * next), place), changetype<E>(0).load(p + 2 * next)));
        y3 = add(y3, keep(eq(changetype<E>(0).load(q + 3 * next), place), changetype<E>(0).load(p + 3 * next)));
      }
      storeFour<E>(y, y0, y1, y2, y3);
      x += changetype<E>(0).step();
      y += changetype<E>(0).step();
    }
  }
}
