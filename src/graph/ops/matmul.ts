/** Products between activations: for each sample its own, so that attention can be written. */
import { ShapeError } from '../../errors.js';
import { checkFields, type FieldsOf, flag, optional } from '../../fields.js';
import { apply, checkNodes, type Node, of, type Shape, sameShape, showShape, size } from '../node.js';
import type { Operation } from '../operation.js';
import { LINE_BYTES } from '../storage.js';
import { mul } from './elementwise.js';
import { sum } from './reduce.js';

export interface MatmulOptions {
  /** Whether a's last two axes are [K, M]. */
  readonly transposeA?: boolean | undefined;
  /** Whether b's last two axes are [N, K]. */
  readonly transposeB?: boolean | undefined;
}

const matmulFields: FieldsOf<MatmulOptions> = { transposeA: optional(flag), transposeB: optional(flag) };

interface MatmulAttributes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** The extents of a product, and how many lines lie between neighbours: in a row of A, in a column of B, and across. */
function layout(a: Shape, b: Shape, { transposeA, transposeB }: MatmulAttributes) {
  const [aRows, aColumns] = a.slice(-2);
  const [bRows, bColumns] = b.slice(-2);
  const [M, K] = transposeA ? [aColumns, aRows] : [aRows, aColumns];
  const [L, N] = transposeB ? [bColumns, bRows] : [bRows, bColumns];
  const [aRow, aStep] = transposeA ? [1, M] : [K, 1];
  const [bColumn, bStep] = transposeB ? [K, 1] : [1, N];
  return { leading: a.slice(0, -2), M, K, L, N, aRow, aStep, bColumn, bStep };
}

const matmulOperation: Operation<MatmulAttributes> = {
  name: 'matmul',
  shape([a, b], attributes) {
    const { leading, M, K, L, N } = layout(a.shape, b.shape, attributes);
    if (!a.batched || !b.batched)
      throw new ShapeError(
        'matmul: expected two values for each sample, got one for all samples; dense takes a weight',
      );
    if (a.shape.length < 2 || K !== L || !sameShape(leading, b.shape.slice(0, -2)))
      throw new ShapeError(
        `matmul: expected shapes [..., M, K] and [..., K, N]${showTransposed(attributes)}, got ${showShape(a.shape)} and ${showShape(b.shape)}`,
      );
    return [...leading, M, N];
  },
  // With A and B as they are multiplied: dA = dC B^T and dB = A^T dC; a transposed operand's gradient is transposed.
  vjp(node, dc, [needsA, needsB], { transposeA, transposeB }) {
    const [a, b] = node.inputs;
    const da = () =>
      transposeA
        ? matmul(b, dc, { transposeA: transposeB, transposeB: true })
        : matmul(dc, b, { transposeB: !transposeB });
    const db = () =>
      transposeB
        ? matmul(dc, a, { transposeA: true, transposeB: transposeA })
        : matmul(a, dc, { transposeA: !transposeA });
    return [needsA ? da() : null, needsB ? db() : null];
  },
  evaluate(node, [a, b], evaluation, attributes) {
    const c = evaluation.allocate(node);
    const [x, y] = node.inputs.map(({ shape }) => shape);
    const { M, K, N, aRow, aStep, bColumn, bStep } = layout(x, y, attributes);
    for (let i = 0; i < c.length; i++) {
      const head = Math.floor(i / (M * N));
      const m = Math.floor(i / N) % M;
      let total = 0;
      for (let k = 0; k < K; k++)
        total += a[head * M * K + m * aRow + k * aStep] * b[head * K * N + (i % N) * bColumn + k * bStep];
      c[i] = total;
    }
    return c;
  },
  lower(node, lowering, attributes) {
    const [a, b] = node.inputs;
    const { leading, M, K, N, ...steps } = layout(a.shape, b.shape, attributes);
    lowering.emit('matmul', {
      a: lowering.buffer(a),
      b: lowering.buffer(b),
      c: lowering.buffer(node),
      M,
      K,
      N,
      heads: size(leading),
      aRow: LINE_BYTES * steps.aRow,
      aStep: LINE_BYTES * steps.aStep,
      bColumn: LINE_BYTES * steps.bColumn,
      bStep: LINE_BYTES * steps.bStep,
    });
  },
};

const showTransposed = ({ transposeA, transposeB }: MatmulAttributes): string => {
  const names = [...(transposeA ? ['the first'] : []), ...(transposeB ? ['the second'] : [])];
  return names.length ? `, ${names.join(' and ')} transposed` : '';
};

/**
 * The matrix product of two values that every sample has of its own: C_mn = sum_k A_mk B_kn, of shape [..., M, N], with
 * a of shape [..., M, K] and b of shape [..., K, N], or their last two axes the other way round where they are said to
 * be transposed. The axes in front are the same, and each of their elements (a head, say) has a product of its own.
 * Throws `ShapeError` where these do not fit, and for a value without samples: `dense` multiplies by a weight.
 */
export function matmul(a: Node, b: Node, options: MatmulOptions = {}): Node {
  checkFields('matmul', options, matmulFields);
  const { transposeA = false, transposeB = false } = options;
  return apply(matmulOperation, [a, b], { transposeA, transposeB });
}

/** The sum of the products of all elements, sum_i a_i b_i: one number, of each sample if either has samples. */
export function dot(a: Node, b: Node): Node {
  checkNodes('dot', [a, b]);
  if (!sameShape(a.shape, b.shape))
    throw new ShapeError(
      `dot: expected two tensors of one shape, got ${showShape(a.shape)} and ${showShape(b.shape)}${of(a, b)}`,
    );
  return sum(mul(a, b));
}

export const matmulOperations = [matmulOperation];
