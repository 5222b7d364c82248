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

const isMean = (node: Node): boolean => shownOf(node).scale !== 1;
const sumSign = (node: Node): string => (isMean(node) ? 'mean' : 'Σ');
const sumTitle = (node: Node): string => (isMean(node) ? 'mean' : 'sum');

/** Texts for operations by their names; one that has none goes by its name. */
type Texts = Readonly<Record<string, string | ((node: Node) => string)>>;

const signs: Texts = {
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
  sum: sumSign,
  sumAxes: sumSign,
  sumBatch: 'Σ batch',
  sigmoid: 'σ',
  dense: ({ inputs }) => (inputs.length > 2 ? 'xW + b' : 'xW'),
  conv: '∗',
  matmul: '·',
};

const titles: Texts = { conv: 'convolution', sum: sumTitle, sumAxes: sumTitle };

/** How a number among the two operands stands beside the sign. */
const withNumber: Readonly<Record<string, (sign: string, number: string, isFirst: boolean) => string>> = {
  add: (sign, number) => `${sign}${number}`,
  sub: (sign, number, isFirst) => (isFirst ? `${number} ${sign}` : `${sign}${number}`),
  mul: (sign, number) => `${sign}${number}`,
  div: (sign, number, isFirst) => (isFirst ? `${number} ${sign}` : `${sign}${number}`),
  maximum: (sign, number) => `${sign} ${number}`,
  minimum: (sign, number) => `${sign} ${number}`,
};

/** 'avgPool2d' as 'avg pool 2d'. */
const words = (name: string): string => name.replace(/(?<=[a-z])(?=[A-Z]|\d)/g, ' ').toLowerCase();

function textOf(texts: Texts, node: Node): string {
  const name = operationName(node);
  const text = Object.hasOwn(texts, name) ? texts[name] : words(name);
  return typeof text === 'string' ? text : text(node);
}

/** The name of an operation in words. */
export const titleOf = (node: Node): string => textOf(titles, node);

/** The constant number that a node draws inside itself, and its place among the operands; null if there is none. */
export function foldedOperand({ operation, inputs }: Node): { index: number; value: number } | null {
  if (!Object.hasOwn(withNumber, operation.name)) return null;
  const index = inputs.findIndex((x) => sourceKind(x) === 'constant' && x.shape.length === 0);
  if (index < 0 || sourceKind(inputs[1 - index]) === 'constant') return null;
  return { index, value: sourceData(inputs[index])?.[0] as number };
}

/** The sign of an operation; with a number that it takes in, that too. */
export function signOf(node: Node): string {
  const sign = textOf(signs, node);
  const folded = foldedOperand(node);
  if (!folded) return sign;
  return withNumber[node.operation.name](sign, showNumber(folded.value), folded.index === 0);
}
