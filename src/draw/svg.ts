/** A diagram as SVG. */
import type { Diagram, Item, KeyEntry, Wire } from './diagram.js';
import { type Layout, layOut, type PlacedItem, type PlacedWire, type Point, type Size } from './layout.js';

/** In pixels. */
const FONT = 15;
const SMALL = 13;
/** The mean width of a character as a share of the font's size, that of digits in the widest of common fonts. */
const CHARACTER = 0.62;
const RADIUS = 20;
const MARGIN = 16;
/** Of a box: between its outline and its text, and from line to line. */
const PADDING = 7;
const LINE = 19;
/** Between a wire and the text beside it. */
const GAP = 5;

/** Within a page its rules are those of these pictures alone. */
const STYLE = `
  .lanegrad text { font: ${FONT}px Helvetica, Arial, sans-serif; fill: #111; text-anchor: middle; dominant-baseline: central; }
  .lanegrad .note { font-size: ${SMALL}px; fill: #555; }
  .lanegrad .value { font-size: ${SMALL}px; fill: #137333; }
  .lanegrad .gradient { font-size: ${SMALL}px; fill: #c5221f; }
  .lanegrad .value, .lanegrad .gradient { paint-order: stroke; stroke: #fff; stroke-width: 4px; }
  .lanegrad .title { font-weight: bold; }
  .lanegrad .name { text-anchor: end; }
  .lanegrad .key { text-anchor: start; }
  .lanegrad .circle { fill: #fff; stroke: #333; stroke-width: 1.5px; }
  .lanegrad .box { fill: #f1f5fb; stroke: #48678f; stroke-width: 1.5px; }
  .lanegrad .fork, .lanegrad .arrow { fill: #666; }
  .lanegrad .wire { fill: none; stroke: #666; stroke-width: 1.3px; }`;

const widthOf = (text: string, font: number): number => text.length * font * CHARACTER;

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
/** What XML 1.0 has no place for, not even escaped. */
const UNWRITABLE = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;
const escapeText = (text: string): string =>
  text.replace(UNWRITABLE, '\ufffd').replace(/[&<>"]/g, (character) => escapes[character]);

/** A coordinate: tenths of a pixel are enough. */
const at = (x: number): string => String(Math.round(10 * x) / 10);

const textAt = (x: number, y: number, text: string, style: string): string =>
  `<text x="${at(x)}" y="${at(y)}"${style && ` class="${style}"`}>${escapeText(text)}</text>`;

/** Names stand in a column of one width, at its right side, so that their wires begin in one line. */
function sizeOf({ kind, text, notes }: Item, nameWidth: number): Size {
  const width = widthOf(text, FONT);
  if (kind === 'circle') return { width: Math.max(2 * RADIUS, width + RADIUS), height: 2 * RADIUS };
  if (kind === 'name') return { width: Math.max(width, nameWidth), height: 2 * SMALL };
  if (kind === 'box') {
    const widest = Math.max(width, ...notes.map((note) => widthOf(note, SMALL)));
    return { width: widest + 4 * PADDING, height: 2 * PADDING + LINE * (notes.length + 1) };
  }
  return kind === 'fork' ? { width: 6, height: 6 } : { width: 1, height: 1 };
}

function labelSize({ above, below }: Wire): Size {
  const width = Math.max(widthOf(above, SMALL), widthOf(below, SMALL));
  return width === 0 ? { width: 0, height: 0 } : { width: width + 8, height: 2 * (SMALL + GAP) };
}

function drawItem({ item, x, y, width, height }: PlacedItem): string {
  const { kind, text, notes } = item;
  const title = textAt(x, y, text, '');
  const left = at(x - width / 2);
  const top = at(y - height / 2);
  const rectangle = `x="${left}" y="${top}" width="${at(width)}" height="${at(height)}"`;
  switch (kind) {
    case 'circle': {
      const outline = `<rect class="circle" ${rectangle} rx="${RADIUS}"/>`;
      return outline + title + notes.map((note) => textAt(x, y - RADIUS - 9, note, 'note')).join('');
    }
    case 'box': {
      const line = (i: number): number => y - height / 2 + PADDING + LINE * (i + 0.5);
      const lines = notes.map((note, i) => textAt(x, line(i + 1), note, 'note'));
      return `<rect class="box" ${rectangle} rx="6"/>${textAt(x, line(0), text, 'title')}${lines.join('')}`;
    }
    case 'name':
      return textAt(x + width / 2, y, text, 'name');
    case 'fork':
      return `<circle class="fork" cx="${at(x)}" cy="${at(y)}" r="3"/>`;
    case 'end':
      return '';
  }
}

/** Where the outline of an item meets the line from its middle, or from that of a rounded end, to a point outside. */
function border({ item, x, y, width, height }: PlacedItem, to: Point): Point {
  if (item.kind === 'end' || item.kind === 'fork') return { x, y };
  if (item.kind === 'name') return { x: x + width / 2 + GAP, y };
  if (item.kind === 'box') {
    const scale = Math.min(width / 2 / Math.abs(to.x - x), height / 2 / Math.abs(to.y - y));
    return { x: x + (to.x - x) * scale, y: y + (to.y - y) * scale };
  }
  const middle = x + Math.sign(to.x - x) * (width / 2 - RADIUS);
  const distance = Math.hypot(to.x - middle, to.y - y);
  return { x: middle + ((to.x - middle) * RADIUS) / distance, y: y + ((to.y - y) * RADIUS) / distance };
}

/** The corners of a wire. It is level where its labels stand. */
function corners({ from, to, points, label }: PlacedWire): Point[] {
  const inner = label
    ? points.flatMap((point) =>
        Math.abs(point.x - label.x) < 1
          ? [-0.5, 0.5].map((side) => ({ x: label.x + side * label.width, y: label.y }))
          : [point],
      )
    : points;
  const start = border(from, inner[0] ?? to);
  return [start, ...inner, border(to, inner.at(-1) ?? from)];
}

function drawWire(placed: PlacedWire): string {
  const path = corners(placed).map(({ x, y }, i) => `${i === 0 ? 'M' : 'L'}${at(x)} ${at(y)}`);
  const marker = placed.wire.to.kind === 'fork' ? '' : ' marker-end="url(#arrow)"';
  return `<path class="wire" d="${path.join(' ')}"${marker}/>`;
}

function drawLabels({ wire, label }: PlacedWire): string {
  if (!label) return '';
  const offset = GAP + SMALL / 2;
  const above = wire.above && textAt(label.x, label.y - offset, wire.above, 'value');
  return above + (wire.below && textAt(label.x, label.y + offset, wire.below, 'gradient'));
}

function bounds({ items, wires }: Layout): { left: number; top: number; right: number; bottom: number } {
  const points = wires.flatMap((wire) => wire.points);
  const rectangles = [...items, ...wires.flatMap(({ label }) => label ?? [])];
  const xs = [...points.map(({ x }) => x), ...rectangles.flatMap(({ x, width }) => [x - width / 2, x + width / 2])];
  const ys = [...points.map(({ y }) => y), ...rectangles.flatMap(({ y, height }) => [y - height / 2, y + height / 2])];
  return { left: Math.min(...xs), top: Math.min(...ys), right: Math.max(...xs), bottom: Math.max(...ys) };
}

const keyWidth = (key: readonly KeyEntry[]): number =>
  key.reduce((width, { text }) => width + widthOf(text, SMALL) + MARGIN, 0);

function drawKey(key: readonly KeyEntry[], left: number, y: number): string {
  const start = (i: number): number => left + keyWidth(key.slice(0, i));
  return key.map(({ text, style }, i) => textAt(start(i), y, text, `${style} key`)).join('');
}

/** The picture of a diagram. Throws `UnsupportedError` if dagre is not installed. */
export async function renderSvg(diagram: Diagram, description: string): Promise<string> {
  const { items, key } = diagram;
  const names = items.filter(({ kind }) => kind === 'name').map(({ text }) => widthOf(text, FONT));
  const layout = await layOut(diagram, (item) => sizeOf(item, Math.max(0, ...names)), labelSize);
  const { left, top, right, bottom } = bounds(layout);
  const [x, y] = [Math.floor(left - MARGIN), Math.floor(top - MARGIN)];
  const width = Math.ceil(Math.max(right - left, keyWidth(key)) + 2 * MARGIN);
  const height = Math.ceil(bottom - top + 2 * MARGIN + (key.length > 0 ? LINE : 0));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${x} ${y} ${width} ${height}" width="${width}" height="${height}" role="img" class="lanegrad">
<title>${escapeText(description)}</title>
<style>${STYLE}
</style>
<defs><marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path class="arrow" d="M0 0.5 L8 4 L0 7.5 Z"/></marker></defs>
<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="#fff"/>
${layout.wires.map(drawWire).join('\n')}
${layout.items.map(drawItem).join('\n')}
${layout.wires.map(drawLabels).filter(Boolean).join('\n')}
${drawKey(key, left, y + height - MARGIN)}
</svg>
`;
}
