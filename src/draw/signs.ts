/** What stands in a node: the sign of its operation, as people write it. */
import { type Node, operationName } from '../graph/node.js';
import { sourceData, sourceKind } from '../graph/ops/source.js';
import { showNumber } from './numbers.js';

/** Signs of operations by name; one that has none goes by its name. */
const signs: Readonly<Record<string, string>> = {
  neg: '×−1',
  square: 'x²',
  sqrt: '√',
  reciprocal: '1/x',
  add: '+',
  sub: '−',
  mul: '×',
  div: '÷',
  maximum: 'max',
  minimum: 'min',
  sum: 'Σ',
  sumBatch: 'Σ batch',
  sigmoid: 'σ',
  matmul: '@',
};

/** Operations of two operands, which take a number into their sign: `+1`, `1−`. */
const infix = new Set(['add', 'sub', 'mul', 'div']);
const prefix = new Set(['maximum', 'minimum']);

/** 'softmaxCrossEntropy' as 'softmax cross entropy'. */
const words = (name: string): string => name.replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/** The name of an operation in words. */
export const titleOf = (node: Node): string => words(operationName(node));

/** The constant number that a node draws inside itself, and its place among the operands; null if there is none. */
export function foldedOperand({ operation, inputs }: Node): { index: number; value: number } | null {
  if (!infix.has(operation.name) && !prefix.has(operation.name)) return null;
  const index = inputs.findIndex((x) => sourceKind(x) === 'constant' && x.shape.length === 0);
  if (index < 0 || sourceKind(inputs[1 - index]) === 'constant') return null;
  return { index, value: sourceData(inputs[index])?.[0] as number };
}

/** The sign of an operation; of an exponent or a number that it takes in, that too. */
export function signOf(node: Node): string {
  const name = operationName(node);
  const sign = Object.hasOwn(signs, name) ? signs[name] : words(name);
  const { exponent } = node.attributes as { exponent?: number };
  if (name === 'dense') return node.inputs.length > 2 ? 'xW + b' : 'xW';
  if (exponent !== undefined) return `x^${showNumber(exponent)}`;
  const folded = foldedOperand(node);
  if (!folded) return sign;
  const number = showNumber(folded.value);
  if (prefix.has(node.operation.name)) return `${sign} ${number}`;
  return folded.index === 0 && (name === 'sub' || name === 'div') ? `${number} ${sign}` : `${sign}${number}`;
}
