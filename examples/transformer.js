/**
 * A transformer encoder of two blocks learns to copy: it reads eight letters and eight blanks, and is to write the letters
 * into the blanks, in their order. Only attention can bring a letter there. All of it is made of operations of
 * `lanegrad/graph`, which knows of no transformer.
 *
 *   npm run example:transformer
 */
import {
  adam,
  add,
  argmax,
  compile,
  dense,
  embedding,
  gelu,
  input,
  layerNorm,
  matmul,
  mul,
  parameter,
  permute,
  reshape,
  slice,
  softmax,
  softmaxCrossEntropy,
} from 'lanegrad/graph';

const ALPHABET = 'abcdefghij';
const BLANK = ALPHABET.length;
const LETTERS = 8;
const LENGTH = 2 * LETTERS;
const WIDTH = 32;
const HEADS = 4;
const BLOCKS = 2;
const BATCH = 64;
const STEPS = 300;

/** Uniform numbers in [0, 1), the same at each run (mulberry32). */
let state = 1;
function random() {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}

/** A trained matrix [rows, columns], drawn uniformly within the limit of Glorot and Bengio (2010). */
function matrix(name, rows, columns) {
  const limit = Math.sqrt(6 / (rows + columns));
  const numbers = Float32Array.from({ length: rows * columns }, () => limit * (2 * random() - 1));
  return parameter(name, [rows, columns], numbers);
}

function linear(name, x, units) {
  return dense(x, matrix(`${name}.weight`, x.shape.at(-1), units), parameter(`${name}.bias`, [units]));
}

function normalized(name, x) {
  const ones = new Float32Array(WIDTH).fill(1);
  return layerNorm(x, parameter(`${name}.gamma`, [WIDTH], ones), parameter(`${name}.beta`, [WIDTH]));
}

/** softmax(Q K^T / sqrt(d)) V in each head, d = width / heads (Vaswani et al., 2017, "Attention is all you need"). */
function attention(name, x) {
  const d = WIDTH / HEADS;
  const [q, k, v] = ['q', 'k', 'v'].map((part) => {
    const all = linear(`${name}.${part}`, x, WIDTH);
    return permute(reshape(all, [LENGTH, HEADS, d]), [1, 0, 2]);
  });
  const scores = mul(matmul(q, k, { transposeB: true }), 1 / Math.sqrt(d));
  const heads = matmul(softmax(scores), v);
  return linear(`${name}.out`, reshape(permute(heads, [1, 0, 2]), [LENGTH, WIDTH]), WIDTH);
}

/** From letters [length] to logits [length, alphabet]; each block normalises what it reads, and adds to the stream. */
function encoder(letters) {
  let x = add(embedding(matrix('letters', ALPHABET.length + 1, WIDTH), letters), matrix('positions', LENGTH, WIDTH));
  for (let block = 0; block < BLOCKS; block++) {
    x = add(x, attention(`${block}.attention`, normalized(`${block}.before`, x)));
    const hidden = gelu(linear(`${block}.up`, normalized(`${block}.between`, x), 4 * WIDTH));
    x = add(x, linear(`${block}.down`, hidden, WIDTH));
  }
  return linear('out', normalized('last', x), ALPHABET.length);
}

const x = input('x', [LENGTH]);
const y = input('y', [LETTERS]);
const logits = slice(encoder(x), [LETTERS, 0]);
const program = await compile(softmaxCrossEntropy(logits, y), {
  batch: BATCH,
  optimizer: adam({ learningRate: 3e-3 }),
  outputs: [argmax(logits, -1)],
});

/** Random letters y, and x, the same with blanks behind. */
function drawSamples() {
  const y = Float32Array.from({ length: BATCH * LETTERS }, () => Math.floor(ALPHABET.length * random()));
  const x = new Float32Array(BATCH * LENGTH).fill(BLANK);
  for (let i = 0; i < BATCH; i++) x.set(y.subarray(i * LETTERS, (i + 1) * LETTERS), i * LENGTH);
  return { x, y };
}

const shown = (letters) => Array.from(letters.subarray(0, LETTERS), (letter) => ALPHABET[letter]).join('');

for (let step = 1; step <= STEPS; step++) {
  const loss = program.trainStep(drawSamples());
  if (step > 1 && step % 50 > 0) continue;
  const { x, y } = drawSamples();
  const [{ data }] = program.predict({ x });
  const right = data.filter((letter, i) => letter === y[i]).length / data.length;
  const figures = `loss ${loss.toFixed(4)}  letters right ${(100 * right).toFixed(1).padStart(5)} %`;
  console.log(`step ${String(step).padStart(3)}  ${figures}  ${shown(y)} -> ${shown(data)}`);
}
program.dispose();
