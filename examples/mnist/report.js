/** Shows what a network has learnt, in characters. */

const SIDE = 28;
const CLASSES = 10;
const SHADES = ' .:-=+*#%@';

/** Digits fit into a box of 20 x 20 pixels. Characters are twice as high as wide, so one shows two pixels. */
const BOX = 20;
const GAP = '  ';

/** The class with the highest probability in each row. */
export function predictedClasses({ shape: [rows, classes], data }) {
  return Uint8Array.from({ length: rows }, (_, row) => {
    const probabilities = data.subarray(row * classes, (row + 1) * classes);
    return probabilities.indexOf(Math.max(...probabilities));
  });
}

/** The given rows of a data set as pictures, as many side by side as there are columns for. */
export function pictures({ x, y }, predicted, rows, columns) {
  const perLine = Math.max(1, Math.floor((columns + GAP.length) / (BOX + GAP.length)));
  const cells = rows.map((row) => [
    ...picture(x.subarray(row * SIDE * SIDE, (row + 1) * SIDE * SIDE)),
    `predicted ${predicted[row]}, is ${y[row]}`.padEnd(BOX),
  ]);
  const lines = [];
  for (let i = 0; i < cells.length; i += perLine) {
    const group = cells.slice(i, i + perLine);
    for (const line of group[0].keys())
      lines.push(
        group
          .map((cell) => cell[line])
          .join(GAP)
          .trimEnd(),
      );
    lines.push('');
  }
  return lines.join('\n');
}

/** What was predicted for each true class, and the share that is right. */
export function confusionTable(y, predicted) {
  const counts = Array.from({ length: CLASSES }, () => new Array(CLASSES).fill(0));
  predicted.forEach((guess, row) => {
    counts[y[row]][guess] += 1;
  });
  const cell = (content) => String(content).padStart(6);
  return [
    '  true  predicted',
    `${cell('')} ${counts.map((_, label) => cell(label)).join('')}    right`,
    ...counts.map((row, label) => {
      const right = (100 * row[label]) / row.reduce((sum, count) => sum + count);
      return `${cell(label)} ${row.map((count) => cell(count || '.')).join('')}  ${right.toFixed(1).padStart(5)} %`;
    }),
  ].join('\n');
}

function picture(pixels) {
  const [top, left] = corner(pixels);
  const shade = (row, column) => pixels[(top + row) * SIDE + left + column];
  return Array.from({ length: BOX / 2 }, (_, line) =>
    Array.from({ length: BOX }, (_, column) => {
      const mean = (shade(2 * line, column) + shade(2 * line + 1, column)) / 2;
      return SHADES[Math.round(mean * (SHADES.length - 1))];
    }).join(''),
  );
}

/** Where a box begins that has the digit in its middle. */
function corner(pixels) {
  const inked = [...pixels.keys()].filter((i) => pixels[i] > 0);
  const middle = (positions) => {
    const center = (Math.min(...positions) + Math.max(...positions) + 1) / 2;
    return Math.min(SIDE - BOX, Math.max(0, Math.round(center - BOX / 2)));
  };
  return [middle(inked.map((i) => Math.floor(i / SIDE))), middle(inked.map((i) => i % SIDE))];
}
