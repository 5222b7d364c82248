/** What a convolutional network has learnt and what it misreads, as one SVG. */

const SIDE = 28;
/** Pixels of a filter's number, of a digit's pixel, and between pictures. */
const NUMBER = 12;
const PIXEL = 3;
const GAP = 16;
const CAPTION = 18;
const PER_LINE = 5;

const rectangle = (x, y, size, fill) => `<rect x="${x}" y="${y}" width="${size}" height="${size}" fill="${fill}"/>`;
const text = (x, y, content, style = '') => `<text x="${x}" y="${y}"${style}>${content}</text>`;
const shade = (level) => `rgb(${[level, level, level].map((share) => Math.round(255 * share)).join(',')})`;

/** Blue below 0, white at 0, red above, as strong as a share of the greatest magnitude. */
function diverging(share) {
  const pale = Math.round(255 * (1 - Math.abs(share)));
  return share < 0 ? `rgb(${pale},${pale},255)` : `rgb(255,${pale},${pale})`;
}

/** Filter f of a weight [kh, kw, channels, filters], of its first channel. */
function filterPicture({ shape: [kh, kw, channels, filters], data }, f, x, y) {
  const at = (i, j) => data[(i * kw + j) * channels * filters + f];
  const numbers = Array.from({ length: kh * kw }, (_, i) => at(Math.floor(i / kw), i % kw));
  const greatest = Math.max(...numbers.map(Math.abs));
  const cells = numbers.map((number, i) => {
    const [row, column] = [Math.floor(i / kw), i % kw];
    return rectangle(x + NUMBER * column, y + NUMBER * row, NUMBER, diverging(number / greatest));
  });
  return `${cells.join('')}<rect x="${x}" y="${y}" width="${NUMBER * kw}" height="${NUMBER * kh}" fill="none" stroke="#999"/>`;
}

/** A digit, dark on light, with what was read and what it is. */
function digitPicture({ pixels, predicted, label, certainty }, x, y) {
  const inked = [...pixels.keys()].filter((i) => pixels[i] > 0);
  const cells = inked.map((i) => {
    const [row, column] = [Math.floor(i / SIDE), i % SIDE];
    return rectangle(x + PIXEL * column, y + PIXEL * row, PIXEL, shade(1 - pixels[i]));
  });
  const extent = SIDE * PIXEL;
  const frame = `<rect x="${x}" y="${y}" width="${extent}" height="${extent}" fill="none" stroke="#ccc"/>`;
  const caption = `read ${predicted} (${Math.round(100 * certainty)} %), is ${label}`;
  return `${cells.join('')}${frame}${text(x + extent / 2, y + extent + 14, caption, ' text-anchor="middle" font-size="11"')}`;
}

/**
 * `weight` holds the filters, [kh, kw, channels, filters]; `mistakes` the digits that were misread: their `pixels`, what
 * was `predicted` with what `certainty`, and the `label`.
 */
export function gallery(weight, mistakes) {
  const [kh, kw, , filters] = weight.shape;
  const filterStep = NUMBER * kw + GAP;
  const digitStep = { x: SIDE * PIXEL + 2 * GAP, y: SIDE * PIXEL + CAPTION + GAP };
  const digitsTop = GAP + CAPTION + NUMBER * kh + GAP + CAPTION;
  const width = GAP + Math.max(filters * filterStep, PER_LINE * digitStep.x);
  const height = digitsTop + Math.ceil(mistakes.length / PER_LINE) * digitStep.y + GAP;
  const drawnFilters = Array.from({ length: filters }, (_, f) =>
    filterPicture(weight, f, GAP + f * filterStep, GAP + CAPTION),
  );
  const drawnDigits = mistakes.map((mistake, i) => {
    const [row, column] = [Math.floor(i / PER_LINE), i % PER_LINE];
    return digitPicture(mistake, 2 * GAP + column * digitStep.x, digitsTop + row * digitStep.y);
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="Helvetica, Arial, sans-serif" font-size="13" role="img">
<title>Filters and mistakes of a convolutional network</title>
<rect width="${width}" height="${height}" fill="#fff"/>
${text(GAP, GAP + 4, 'The first filters: blue below 0, red above')}
${drawnFilters.join('\n')}
${text(GAP, digitsTop - 10, 'Digits that it misreads, those that it is most certain of first')}
${drawnDigits.join('\n')}
</svg>
`;
}
