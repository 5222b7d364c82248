/** What stands in a node: the sign of its operation, as people write it. */
import { type Node, operationName } from '../graph/node.js';
import { sourceData, sourceKind } from '../graph/ops/source.js';
import { showNumber } from './numbers.js';

/** What attributes say of an operation, as far as it shows. */
interface Shown {
  readonly exponent?: number;
  readonly scale?: number;
}

const shownOf = (node: Node): Shown => node.attributes as Shown;

const sumOrMean = (node: Node): string => (shownOf(node).scale === 1 ? 'Σ' : 'mean');

/** Signs of operations by name; one that has none goes by its name. */
const signs: Readonly<Record<string, string | ((node: Node) => string)>> = {
  neg: '×−1',
  square: 'x²',
  sqrt: '√',
  reciprocal: '1/x',
  pow: (node) => `x^${showNumber(shownOf(node).exponent as number)}`,
  add: '+',
  sub: '−',
  mul: '×',
  div: '÷',
  maximum: 'max',
  minimum: 'min',
  sum: sumOrMean,
  sumAxes: sumOrMean,
  sumBatch: 'Σ batch',
  sigmoid: 'σ',
  dense: ({ inputs }) => (inputs.length > 2 ? 'xW + b' : 'xW'),
  conv: '∗',
  matmul: '·',
};

/** How a number among the two operands stands beside the sign. */
const withNumber: Readonly<Record<string, (sign: string, number: string, isFirst: boolean) => string>> = {
  add: (sign, number) => `${sign}${number}`,
  sub: (sign, number, isFirst) => (isFirst ? `${number} ${sign}` : `${sign}${number}`),
  mul: (sign, number) => `${sign}${number}`,
  div: (sign, number, isFirst) => (isFirst ? `${number} ${sign}` : `${sign}${number}`),
  maximum: (sign, number) => `${sign} ${number}`,
  minimum: (sign, number) => `${sign} ${number}`,
};

/** 'softmaxCrossEntropy' as 'softmax cross entropy'. */
const words = (name: string): string => name.replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/** The name of an operation in words. */
export function titleOf(node: Node): string {
  const name = operationName(node);
  if (name === 'conv') return 'convolution';
  return signs[name] === sumOrMean && sumOrMean(node) === 'mean' ? 'mean' : words(name);
}

/** The constant number that a node draws inside itself, and its place among the operands; null if there is none. */
export function foldedOperand({ operation, inputs }: Node): { index: number; value: number } | null {
  if (!Object.hasOwn(withNumber, operation.name)) return null;
  const index = inputs.findIndex((x) => sourceKind(x) === 'constant' && x.shape.length === 0);
  if (index < 0 || sourceKind(inputs[1 - index]) === 'constant') return null;
  return { index, value: sourceData(inputs[index])?.[0] as number };
}

/** The sign of an operation; with a number that it takes in, that too. */
export function signOf(node: Node): string {
  const name = operationName(node);
  const known = Object.hasOwn(signs, name) ? signs[name] : words(name);
  const sign = typeof known === 'string' ? known : known(node);
  const folded = foldedOperand(node);
  return folded ? withNumber[name](sign, showNumber(folded.value), folded.index === 0) : sign;
}
