/** More digits than there are: a digit that is moved by a pixel is still that digit. */

const SIDE = 28;
const MOVES = [-1, 0, 1].flatMap((dy) => [-1, 0, 1].map((dx) => [dy, dx])).filter(([dy, dx]) => dy !== 0 || dx !== 0);

/** All rows, and all of them again, each moved by one pixel in one of eight directions in turn. */
export function withMoved({ x, y }) {
  const rows = y.length;
  const more = { x: new Float32Array(2 * x.length), y: new Uint8Array(2 * rows) };
  more.x.set(x);
  more.y.set(y);
  more.y.set(y, rows);
  for (let row = 0; row < rows; row++) {
    const [dy, dx] = MOVES[row % MOVES.length];
    for (let line = Math.max(0, -dy); line < SIDE - Math.max(0, dy); line++) {
      const from = (row * SIDE + line) * SIDE;
      const kept = x.subarray(from + Math.max(0, -dx), from + SIDE - Math.max(0, dx));
      more.x.set(kept, x.length + from + dy * SIDE + Math.max(0, dx));
    }
  }
  return more;
}
