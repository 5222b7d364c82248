/** A way around layers. */
import { ShapeError } from '../../errors.js';
import { listOf } from '../../fields.js';
import { sameShape, showShape } from '../../graph/node.js';
import { add } from '../../graph/ops/elementwise.js';
import type { LayerBase, LayerRule, RulesOf } from '../layer.js';
import type { Layer } from './index.js';

/** y = x + f(x), where f is a chain of layers that keeps the shape of x (He et al., 2016). */
export interface ResidualLayer extends LayerBase<'residual'> {
  readonly layers: readonly Layer[];
}

/** x + (the layers' output for x). The parameters within are called '<layer>.<index within>.weight' and so on. */
export const residual = (layers: readonly Layer[]): ResidualLayer => ({ kind: 'residual', layers });

const residualRule: LayerRule<ResidualLayer> = {
  fields: { layers: listOf({ holds: (x) => typeof x === 'object' && x !== null, text: '' }, 'a list of layers') },
  build(scope, [x], { layers }) {
    const y = scope.chain(x, layers);
    if (sameShape(x.shape, y.shape)) return add(x, y);
    throw new ShapeError(
      `residual: expected layers that keep the shape ${showShape(x.shape)}, got ${showShape(y.shape)}`,
    );
  },
};

export const residualRules: RulesOf<ResidualLayer> = { residual: residualRule };
