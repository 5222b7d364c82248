import { apply, type Node } from '../../../src/graph/node.js';
import * as losses from '../../../src/graph/ops/loss.js';
import { integers, uniform } from '../../numbers.js';
import { type Case, type Draw, each, named, type Operand, signed } from './operands.js';

const [, lossGradientOperation] = losses.lossOperations;

/** Each loss, with all that it can be told. */
const lossKinds: [string, (z: Node, t: Node) => Node, Draw | 'labels'][] = [
  ['softmaxCrossEntropy', (z, t) => losses.softmaxCrossEntropy(z, t), 'labels'],
  ['softmaxCrossEntropy, smoothing 0.1', (z, t) => losses.softmaxCrossEntropy(z, t, 0.1), 'labels'],
  ['binaryCrossEntropy', losses.binaryCrossEntropy, (generator, count) => uniform(generator, count, 0, 1)],
  ['meanSquaredError', losses.meanSquaredError, signed],
  ['meanAbsoluteError', losses.meanAbsoluteError, signed],
  ['huber', (z, t) => losses.huber(z, t), signed],
  ['huber, delta 0.3', (z, t) => losses.huber(z, t, 0.3), signed],
];

const targetsOf = (n: number, draw: Draw | 'labels'): Operand =>
  draw === 'labels'
    ? { ...each([], (generator, count) => integers(generator, count, n)), smooth: false }
    : each([n], draw);

/** Each loss, and its gradient times one number a sample as an operation of its own. */
export const lossCases = (n: number): Case[] =>
  lossKinds.flatMap(([name, f, draw]) => {
    const operands = [each([n]), targetsOf(n, draw)];
    return [
      named(name, operands, f),
      named(`the gradient of ${name}`, [...operands, each([])], (z, t, dy) =>
        apply(lossGradientOperation, [z, t, dy], f(z, t).attributes as never),
      ),
    ];
  });
