/** Softmax and its relatives at the ends of f32, on every tier; elsewhere the cases of `test/graph/cases` check them. */
import { describe, expect, it } from 'vitest';
import { Softmax } from '../../src/program/generated/instructions.js';
import { fromPanels, tiers, toPanels } from './harness.js';

function run(tier: string, kind: keyof typeof Softmax, x: number[]): number[] {
  const N = x.length;
  const outputs = kind === 'logSumExp' ? 1 : N;
  const y = new Float32Array(16 * outputs).fill(NaN);
  const fields = { x: toPanels(1, N, x), y, features: N, N, inner: 1, kind: Softmax[kind] };
  tiers.get(tier)?.execute('softmax', fields);
  return [...fromPanels(1, outputs, y)];
}

describe.each([...tiers.keys()])('on %s', (tier) => {
  it('large numbers neither overflow nor cancel', () => {
    expect(run(tier, 'softmax', [3e38, -3e38])).toEqual([1, 0]);
    expect(run(tier, 'logSoftmax', [1e6, 1e6 + 3])[1]).toBeCloseTo(-Math.log1p(Math.exp(-3)), 7);
    expect(run(tier, 'logSumExp', [3e38, -3e38])).toEqual([Math.fround(3e38)]);
  });

  it('minus infinity has probability 0, and is the logarithm of an empty sum', () => {
    expect(run(tier, 'softmax', [-Infinity, 1])).toEqual([0, 1]);
    expect(run(tier, 'logSoftmax', [-Infinity, 1])).toEqual([-Infinity, 0]);
    expect(run(tier, 'logSumExp', [-Infinity, -Infinity])).toEqual([-Infinity]);
  });

  it('infinity and NaN make NaN', () => {
    for (const kind of ['softmax', 'logSoftmax', 'logSumExp'] as const)
      for (const x of [
        [Infinity, 1],
        [NaN, 1],
        [1, NaN],
      ])
        expect(run(tier, kind, x).some(Number.isNaN)).toBe(true);
  });
});
