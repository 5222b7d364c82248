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
import { add, either, eq, gt, keep, Lanes, Mask, mul, ne, select, splat, sub } from '../generated/lanes';
import { excess, SUM_BLOCK } from './compensate';
import { Line, Single } from './element';

export function combineUnits(r: usize): i32 {
  const elements = Combine.outputs(r) * Combine.width(r);
  return Combine.batched(r) ? samplePanels * elements : elements;
}

export function combine(r: usize, first: i32, last: i32): void {
  if (Combine.batched(r)) return choose<Line>(r, first, last);
  choose<Single>(r, first, last);
  if (last < combineUnits(r)) return;
  clearRest(Combine.y(r), Combine.features(r));
  clearRest(Combine.position(r), Combine.features(r));
}

/** Zeros from the end of `count` f32 to the end of their last line. */
function clearRest(p: usize, count: i32): void {
  if (p) memory.fill(p + (<usize>count << 2), 0, (-count & 15) << 2);
}

function choose<E>(r: usize, first: i32, last: i32): void {
  switch (Combine.kind(r)) {
    case Combine.SUM: return walk<E, Sum>(r, first, last);
    case Combine.GREATEST: return walk<E, Greatest>(r, first, last);
    case Combine.PICK: return walk<E, Pick>(r, first, last);
    case Combine.UNPICK: return walk<E, Unpick>(r, first, last);
  }
}

/** The panel, its block and the element in it that are worked on. */
let panel: i32 = 0;
let g: i32 = 0;
let inBlock: i32 = 0;

/** Elements `first` to last - 1 of the output, block by block. */
function walk<E, Op>(r: usize, first: i32, last: i32): void {
  const op = changetype<Op>(0);
  const width = Combine.width(r);
  const outputs = Combine.outputs(r);
  const list = Combine.table(r) + (<usize>(outputs + 1) << 2);
  panel = first / width / outputs;
  g = (first / width) % outputs;
  inBlock = first % width;
  for (let i = first; i < last; ) {
    const count = min(width - inBlock, last - i);
    const begins = Combine.table(r) + (<usize>g << 2);
    const set = list + <usize>load<i32>(begins) * op.entryBytes();
    const setEnd = list + <usize>load<i32>(begins, 4) * op.entryBytes();
    op.block<E>(r, set, setEnd, <usize>count * changetype<E>(0).bytes());
    i += count;
    inBlock = 0;
    if (++g == outputs) {
      g = 0;
      panel++;
    }
  }
}

/** Where the elements that are worked on begin in block 0 of x, and from one block to the next. */
// @ts-ignore: decorator
@inline
function source<E>(r: usize): usize {
  return Combine.x(r) + <usize>(panel * Combine.inputs(r) * Combine.width(r) + inBlock) * changetype<E>(0).bytes();
}

// @ts-ignore: decorator
@inline
function blockBytes<E>(r: usize): usize {
  return <usize>Combine.width(r) * changetype<E>(0).bytes();
}

/** Where they begin in the output. */
// @ts-ignore: decorator
@inline
function target<E>(r: usize): usize {
  const element = panel * Combine.features(r) + Combine.first(r) + g * Combine.stride(r) + inBlock;
  return <usize>element * changetype<E>(0).bytes();
}

/** Where the position of the element begins for a block, by its number; where a block has one, all elements share it. */
// @ts-ignore: decorator
@inline
function positionOf<E>(r: usize, block: i32): usize {
  const width = Combine.atWidth(r);
  return Combine.at(r) + <usize>(block * width + (width > 1 ? inBlock : 0)) * changetype<E>(0).bytes();
}

// @ts-ignore: decorator
@inline
function positionStep<E>(r: usize): usize {
  return Combine.atWidth(r) > 1 ? changetype<E>(0).bytes() : 0;
}

// @ts-ignore: decorator
@inline
function storeFour<E>(y: usize, y0: Lanes, y1: Lanes, y2: Lanes, y3: Lanes): void {
  const element = changetype<E>(0);
  element.store(y + 3 * element.next(), y3);
  element.store(y + 2 * element.next(), y2);
  element.store(y + element.next(), y1);
  element.store(y, y0);
}

/** y = scale * (sum of the x_s) */
@unmanaged
class Sum {
  @inline
  entryBytes(): usize {
    return 4;
  }

  @inline
  block<E>(r: usize, set: usize, setEnd: usize, length: usize): void {
    const element = changetype<E>(0);
    const next = element.next();
    const stride = blockBytes<E>(r);
    const scale = splat(Combine.scale(r));
    let x = source<E>(r);
    let y = Combine.y(r) + target<E>(r);
    const yEnd = y + length;
    if (setEnd - set == 4) {
      x += load<u32>(set) * stride;
      for (; y < yEnd; y += element.step(), x += element.step()) {
        const x0 = mul(scale, element.load(x));
        const x1 = mul(scale, element.load(x + next));
        const x2 = mul(scale, element.load(x + 2 * next));
        const x3 = mul(scale, element.load(x + 3 * next));
        storeFour<E>(y, x0, x1, x2, x3);
      }
      return;
    }
    for (; y < yEnd; y += element.step(), x += element.step()) {
      let y0 = splat(0);
      let y1 = splat(0);
      let y2 = splat(0);
      let y3 = splat(0);
      let excess0 = splat(0);
      let excess1 = splat(0);
      let excess2 = splat(0);
      let excess3 = splat(0);
      let s = set;
      while (true) {
        let block0 = splat(0);
        let block1 = splat(0);
        let block2 = splat(0);
        let block3 = splat(0);
        for (const blockEnd = min(s + 4 * SUM_BLOCK, setEnd); s < blockEnd; s += 4) {
          const p = x + load<u32>(s) * stride;
          block0 = add(block0, element.load(p));
          block1 = add(block1, element.load(p + next));
          block2 = add(block2, element.load(p + 2 * next));
          block3 = add(block3, element.load(p + 3 * next));
        }
        block0 = sub(block0, excess0);
        block1 = sub(block1, excess1);
        block2 = sub(block2, excess2);
        block3 = sub(block3, excess3);
        const next0 = add(y0, block0);
        const next1 = add(y1, block1);
        const next2 = add(y2, block2);
        const next3 = add(y3, block3);
        if (s < setEnd) {
          excess0 = excess(next0, y0, block0);
          excess1 = excess(next1, y1, block1);
          excess2 = excess(next2, y2, block2);
          excess3 = excess(next3, y3, block3);
        }
        y0 = next0;
        y1 = next1;
        y2 = next2;
        y3 = next3;
        if (s >= setEnd) break;
      }
      y0 = mul(scale, y0);
      y1 = mul(scale, y1);
      y2 = mul(scale, y2);
      y3 = mul(scale, y3);
      storeFour<E>(y, y0, y1, y2, y3);
    }
  }
}

/** Whether x takes the place of the best before it: if it is greater, and if it is NaN, so that a NaN comes through. */
// @ts-ignore: decorator
@inline
function better(x: Lanes, best: Lanes): Mask {
  return either(gt(x, best), ne(x, x));
}

/** y and position, either of which may be null: the greatest x_s, and its place; of equals, that of the first. */
@unmanaged
class Greatest {
  @inline
  entryBytes(): usize {
    return 4;
  }

  @inline
  block<E>(r: usize, set: usize, setEnd: usize, length: usize): void {
    const element = changetype<E>(0);
    const next = element.next();
    const stride = blockBytes<E>(r);
    const offset = target<E>(r);
    let x = source<E>(r);
    for (let i: usize = 0; i < length; i += element.step(), x += element.step()) {
      const first = x + load<u32>(set) * stride;
      let best0 = element.load(first);
      let best1 = element.load(first + next);
      let best2 = element.load(first + 2 * next);
      let best3 = element.load(first + 3 * next);
      let at0 = splat(0);
      let at1 = splat(0);
      let at2 = splat(0);
      let at3 = splat(0);
      let place: f32 = 1;
      for (let s = set + 4; s < setEnd; s += 4, place++) {
        const p = x + load<u32>(s) * stride;
        const x0 = element.load(p);
        const x1 = element.load(p + next);
        const x2 = element.load(p + 2 * next);
        const x3 = element.load(p + 3 * next);
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
      if (Combine.y(r)) storeFour<E>(Combine.y(r) + offset + i, best0, best1, best2, best3);
      if (Combine.position(r)) storeFour<E>(Combine.position(r) + offset + i, at0, at1, at2, at3);
    }
  }
}

/** y = the x_s at this place. Lanes differ in it, so they go one by one. */
@unmanaged
class Pick {
  @inline
  entryBytes(): usize {
    return 4;
  }

  @inline
  block<E>(r: usize, set: usize, setEnd: usize, length: usize): void {
    const stride = blockBytes<E>(r);
    let x = source<E>(r);
    let y = Combine.y(r) + target<E>(r);
    let at = positionOf<E>(r, panel * Combine.outputs(r) + g);
    for (const yEnd = y + length; y < yEnd; at += positionStep<E>(r)) {
      for (let lane: usize = 0; lane < changetype<E>(0).bytes(); lane += 4, x += 4, y += 4) {
        const s = set + (<usize>(<i32>load<f32>(at + lane)) << 2);
        store<f32>(y, load<f32>(x + load<u32>(s) * stride));
      }
    }
  }
}

/** y = the sum of the x_s whose own place in the set is the one beside s. */
@unmanaged
class Unpick {
  @inline
  entryBytes(): usize {
    return 8;
  }

  @inline
  block<E>(r: usize, set: usize, setEnd: usize, length: usize): void {
    const element = changetype<E>(0);
    const next = element.next();
    const bytes = element.bytes();
    const stride = blockBytes<E>(r);
    const atBlock = <usize>Combine.atWidth(r) * bytes;
    const atStep = positionStep<E>(r);
    let x = source<E>(r);
    let y = Combine.y(r) + target<E>(r);
    let at = positionOf<E>(r, panel * Combine.inputs(r));
    if (setEnd - set == 8) {
      const place = splat(<f32>load<i32>(set, 4));
      x += load<u32>(set) * stride;
      at += load<u32>(set) * atBlock;
      for (const yEnd = y + length; y < yEnd; at += atStep) {
        for (let i: usize = 0; i < bytes; i += element.step()) {
          const q = at + i;
          const y0 = keep(eq(element.load(q), place), element.load(x));
          const y1 = keep(eq(element.load(q + next), place), element.load(x + next));
          const y2 = keep(eq(element.load(q + 2 * next), place), element.load(x + 2 * next));
          const y3 = keep(eq(element.load(q + 3 * next), place), element.load(x + 3 * next));
          storeFour<E>(y, y0, y1, y2, y3);
          x += element.step();
          y += element.step();
        }
      }
      return;
    }
    for (const yEnd = y + length; y < yEnd; at += atStep) {
      for (let i: usize = 0; i < bytes; i += element.step()) {
        let y0 = splat(0);
        let y1 = splat(0);
        let y2 = splat(0);
        let y3 = splat(0);
        for (let s = set; s < setEnd; s += 8) {
          const block = load<u32>(s);
          const place = splat(<f32>load<i32>(s, 4));
          const p = x + block * stride;
          const q = at + block * atBlock + i;
          y0 = add(y0, keep(eq(element.load(q), place), element.load(p)));
          y1 = add(y1, keep(eq(element.load(q + next), place), element.load(p + next)));
          y2 = add(y2, keep(eq(element.load(q + 2 * next), place), element.load(p + 2 * next)));
          y3 = add(y3, keep(eq(element.load(q + 3 * next), place), element.load(p + 3 * next)));
        }
        storeFour<E>(y, y0, y1, y2, y3);
        x += element.step();
        y += element.step();
      }
    }
  }
}
