/** Second derivatives of activations, where one factor of them is 0 or nearly so and another large. */
import { describe, expect, it } from 'vitest';
import { activation, compile, gradients, input } from '../../src/lanegrad-graph.js';
import { availableTiers } from '../tiers.js';

const curved = ['elu', 'gelu', 'geluTanh', 'silu', 'sigmoid', 'tanh', 'softplus'] as const;

const SCALE = Math.sqrt(2 / Math.PI);
const CUBIC = 0.044715;

/** With 1 - tanh^2 u as 4 e / (1 + e)^2, e = e^(-2|u|). */
function geluTanhCurvature(z: number): number {
  const u = SCALE * (z + CUBIC * z ** 3);
  const e = Math.exp(-2 * Math.abs(u));
  const slope = SCALE * (1 + 3 * CUBIC * z * z);
  return ((4 * e) / (1 + e) ** 2) * (slope + 3 * CUBIC * SCALE * z * z - z * Math.tanh(u) * slope ** 2);
}

describe.each(await availableTiers())('on %s', (tier) => {
  async function curvatures(kind: (typeof curved)[number], z: readonly number[]): Promise<Float32Array> {
    const x = input('x');
    const [slope] = gradients(activation(x, kind), [x]);
    const outputs = gradients(slope, [x]);
    const program = await compile(slope, { batch: z.length, tier, outputs });
    const [{ data }] = program.predict({ x: z });
    program.dispose();
    return data;
  }

  it.each(curved)('that of %s is 0 far out', async (kind) => {
    const far = [1e3, 1e8, 1e10, 1e20, 3e38].flatMap((z) => [z, -z]);
    for (const value of await curvatures(kind, far)) expect(Math.abs(value)).toBe(0);
  });

  it('that of geluTanh keeps its digits where tanh is near 1', async () => {
    const z = Array.from({ length: 401 }, (_, i) => Math.fround(-10 + i / 20));
    const values = await curvatures('geluTanh', z);
    values.forEach((value, i) => {
      expect(Math.abs(value - geluTanhCurvature(z[i]))).toBeLessThan(5e-7);
    });
  });
});
