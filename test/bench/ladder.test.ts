/** The ladder's scenarios run on every side that there is here, on the built package. */
import { expect, it } from 'vitest';

// JavaScript without types.
const ladder = '../../bench/ladder';
const { findLimits, emptyRecords, runScenario } = await import(`${ladder}/run.mjs`);
const { convolutions } = await import(`${ladder}/convolutions.mjs`);
const { cnn, perceptron } = await import('../../bench/networks.mjs' as string);
const { batches, products } = await import(`${ladder}/products.mjs`);
const { trainingStep } = await import(`${ladder}/steps.mjs`);
const { multiplyAdds } = await import(`${ladder}/limits.mjs`);
const { chooseSides } = await import(`${ladder}/sides.mjs`);

const { sides } = await chooseSides(['plain', 'scalar', 'simd'], 1);
const effort = { rounds: 1, sliceMs: 1, budgetMs: 100, longestMs: Infinity };

it.each([
  products(17, 19, 5),
  batches([1, 20], 33, 16),
  convolutions(9, { H: 5, W: 6, C: 3, k: 3, N: 17, pad: 1 }),
  trainingStep(perceptron(5, 7, 3), 9, 'SGD'),
  trainingStep(cnn, 3, 'Adam'),
])('$title', async (scenario) => {
  const records = emptyRecords();
  findLimits(multiplyAdds, sides, effort, records);
  const { figures, rows } = await runScenario(scenario, sides, effort, records);
  expect(rows.map(({ name }: { name: string }) => name)).toEqual(['plain JS', 'scalar', 'simd']);
  for (const { cells } of rows) {
    expect(cells).toHaveLength(figures.length);
    for (const { best, median, rate, share, multiple, samples } of cells) {
      expect(Math.min(best, rate, share, multiple, ...samples)).toBeGreaterThan(0);
      expect(median).toBeGreaterThanOrEqual(best);
    }
  }
});

it('leaves out what would take too long, and says so', async () => {
  const records = emptyRecords();
  records.fastest.set('plain JS', 1e-9);
  const { rows } = await runScenario(products(16, 16, 16), sides.slice(0, 2), { ...effort, longestMs: 100 }, records);
  expect(rows[0].note).toMatch(/^left out with --quick: a call takes some/);
  expect(rows[1].cells[0].multiple).toBeNull();
});
