import { apply } from '../../../src/graph/node.js';
import { activation, activationNames, activationOperations } from '../../../src/graph/ops/activation.js';
import { apart, type Case, type Draw, layouts, named, signed } from './operands.js';

const [, activationGradientOperation] = activationOperations;

export function activationCases(n: number): Case[] {
  const alphas: Readonly<Record<string, number[]>> = { leakyRelu: [0.01, 0.3, 0], elu: [1, 0.7] };
  return activationNames.flatMap((kind) =>
    (alphas[kind] ?? [undefined]).flatMap((alpha) => [
      ...layouts(n).map((layout) =>
        named(`${kind} ${alpha ?? ''}`, [layout(apart)], (z) => activation(z, kind, alpha)),
      ),
      // What an activation saves of elu is above -alpha; nothing else is asked of it.
      ...layouts(n).map((layout) => {
        const saved: Draw = (generator, count) => apart(generator, count).map((z) => 0.3 * z);
        const draw = kind === 'elu' ? saved : apart;
        return named(`the gradient of ${kind} ${alpha ?? ''}`, [layout(draw), layout(signed)], (x, dy) =>
          apply(activationGradientOperation, [x, dy], { kind, alpha: alpha ?? 0 }),
        );
      }),
    ]),
  );
}
