/** Moving, choosing and comparing elements as NumPy and PyTorch do it, at the edges; what makes no sense is refused. */
import { describe, expect, it } from 'vitest';
import { type LanegradError, ShapeError, ValueError } from '../../src/errors.js';
import * as g from '../../src/lanegrad-graph.js';
import { availableTiers } from '../tiers.js';

type Build = (x: g.Node) => g.Node;

const numbers = (n: number) => Array.from({ length: n }, (_, i) => i);

/** What a function makes of one sample's tensor, and the gradient of the sum of it. */
async function run(tier: Awaited<ReturnType<typeof availableTiers>>[number], x: number[], shape: number[], f: Build) {
  const y = f(g.input('x', shape));
  const program = await g.compile(g.sum(y), { gradients: ['x'], outputs: [y], tier });
  program.forward({ x });
  const gradient = program.backward().get('x') as g.Tensor;
  const [output] = program.predict({ x });
  program.dispose();
  return { shape: output.shape.slice(1), data: [...output.data], gradient: [...gradient.data] };
}

describe.each(await availableTiers())('on %s', (tier) => {
  const x = numbers(12);
  const moves: [string, Build, number[], number[]][] = [
    ['x[1:, ..., ::1]', (t) => g.slice(t, [1, 0, 0]), [1, 3, 2], [6, 7, 8, 9, 10, 11]],
    ['x[:, -2:-1]', (t) => g.slice(t, [0, -2, 0], [2, -1, 2]), [2, 1, 2], [2, 3, 8, 9]],
    ['transpose', (t) => g.transpose(t), [2, 2, 3], [0, 2, 4, 1, 3, 5, 6, 8, 10, 7, 9, 11]],
    ['moveaxis(-1, 0)', (t) => g.permute(t, [-1, 0, 1]), [2, 2, 3], [0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11]],
    ['reshape(3, -1)', (t) => g.reshape(t, [3, -1]), [3, 4], x],
    ['sum(axis=1)', (t) => g.sum(t, 1), [2, 2], [6, 9, 24, 27]],
    ['mean(axis=(0, 2))', (t) => g.mean(t, [0, -1]), [3], [3.5, 5.5, 7.5]],
    ['max(axis=(0, 1))', (t) => g.max(t, [0, 1]), [2], [10, 11]],
    ['min(axis=-1)', (t) => g.min(t, -1), [2, 3], [0, 2, 4, 6, 8, 10]],
    ['argmax(axis=1)', (t) => g.argmax(t, 1), [2, 2], [2, 2, 2, 2]],
    ['x - x.max(axis=0)', (t) => g.sub(t, g.max(t, 0)), [2, 3, 2], [-6, -6, -6, -6, -6, -6, 0, 0, 0, 0, 0, 0]],
    ['clip(2, 5)', (t) => g.clip(t, 2, 5), [2, 3, 2], [2, 2, 2, 3, 4, 5, 5, 5, 5, 5, 5, 5]],
  ];
  it.each(moves)('%s', async (_, f, shape, data) => {
    const result = await run(tier, x, [2, 3, 2], f);
    expect(result.shape).toEqual(shape);
    result.data.forEach((value, i) => {
      expect(value).toBeCloseTo(data[i], 5);
    });
  });

  it('tile and pad', async () => {
    const tiled = await run(tier, [1, 2], [1, 2], (t) => g.pad(g.tile(t, [2, 2]), [[0, 1], [1, 0]])); // biome-ignore format: widths by axis
    expect(tiled.shape).toEqual([3, 5]);
    expect(tiled.data).toEqual([0, 1, 2, 1, 2, 0, 1, 2, 1, 2, 0, 0, 0, 0, 0]);
    expect(tiled.gradient).toEqual([4, 4]);
  });

  it('the first of equals gets the gradient of a maximum', async () => {
    const pooled = await run(tier, [2, 2, 1, 2, 3, 3, 3, 3], [4, 2, 1], (t) => g.maxPool2d(t, { size: 2 }));
    expect(pooled.data).toEqual([2, 3]);
    expect(pooled.gradient).toEqual([1, 0, 0, 0, 1, 0, 0, 0]);
    const whole = await run(tier, [1, 4, 4], [3], (t) => g.max(t));
    expect(whole.gradient).toEqual([0, 1, 0]);
  });

  it('overlapping windows of a padded image', async () => {
    const options = { size: 3, stride: 2, padding: 1 };
    const image = [-1, -2, -3, -4, -5, -6, -7, -8, -9];
    const greatest = await run(tier, image, [3, 3, 1], (t) => g.maxPool2d(t, options));
    expect(greatest.data).toEqual([-1, -2, -4, -5]);
    const averages = await run(tier, image, [3, 3, 1], (t) => g.mul(g.avgPool2d(t, options), 9));
    expect(averages.data.map(Math.round)).toEqual([-12, -16, -24, -28]);
  });

  it('a NaN comes through a maximum, wherever it stands', async () => {
    for (const where of [0, 1, 2]) {
      const x = [3, 2, 1].map((value, i) => (i === where ? -1 : value));
      expect((await run(tier, x, [3], (t) => g.max(g.log(t)))).data).toEqual([Number.NaN]);
      expect((await run(tier, x, [3], (t) => g.argmax(g.log(t)))).data).toEqual([where]);
    }
  });

  it('what is not chosen by where may be infinite or NaN', async () => {
    const f = (t: g.Node) => g.where(g.greater(t, 0), g.log(t), g.reciprocal(g.mul(t, 0)));
    expect((await run(tier, [1, 1], [2], f)).data).toEqual([0, 0]);
    const either = (t: g.Node) => g.where(g.less(t, 0), t, g.log(t));
    expect((await run(tier, [-2, 1], [2], either)).data).toEqual([-2, 0]);
    expect((await run(tier, [-2, 0], [2], (t) => g.keep(g.equal(t, -2), g.log(g.add(t, 3))))).data).toEqual([0, 0]);
  });

  it('derivatives at the bounds of clip and at the corner of abs', async () => {
    expect((await run(tier, [-2, -1, 0, 1, 2], [5], (t) => g.clip(t, -1, 1))).gradient).toEqual([0, 1, 1, 1, 0]);
    expect((await run(tier, [-2, 0, 3], [3], g.abs)).gradient).toEqual([-1, 0, 1]);
  });

  it('gather takes the same row of every sample by an index that samples share', async () => {
    const x = g.input('x', [3]);
    const f = g.gather(x, g.argmax(g.parameter('p', [3], [0, 0, 1])));
    const program = await g.compile(f, { gradients: ['x'], outputs: [f], batch: 4, tier });
    const feeds = { x: numbers(12) };
    expect([...program.predict(feeds)[0].data]).toEqual([2, 5, 8, 11]);
    program.forward(feeds);
    const { data } = program.backward().get('x') as g.Tensor;
    expect([...data]).toEqual([0, 0, 0.25, 0, 0, 0.25, 0, 0, 0.25, 0, 0, 0.25]);
    program.dispose();
  });

  it('gather from a table of all samples takes no memory for each row that may be chosen', async () => {
    const [rows, chosen] = [50_000, 256];
    const numbers = Float32Array.from({ length: 2 * rows }, (_, i) => i);
    const parts = g.gather(g.parameter('t', [rows, 2], numbers), g.input('i', [chosen]));
    const program = await g.compile(g.sum(parts), { outputs: [parts], batch: 2, tier });
    expect(program.plan.bytes).toBeLessThan(16 * 2 ** 20);
    const i = new Uint32Array(2 * chosen).fill(rows - 1);
    i[0] = 1;
    expect([...program.predict({ i })[0].data.subarray(0, 4)]).toEqual([2, 3, 99_998, 99_999]);
    program.forward({ i });
    const { data } = program.backward().get('t') as g.Tensor;
    expect([data[2], data[3], data[4], data[2 * rows - 1]]).toEqual([0.5, 0.5, 0, 255.5]);
    program.dispose();
  });

  it('gather takes another row for every sample', async () => {
    const rows = g.gather(g.input('x', [3, 2]), g.input('i', [2]));
    const program = await g.compile(g.sum(rows), { gradients: ['x'], outputs: [rows], batch: 2, tier });
    const feeds = { x: numbers(12), i: [2, 0, 1, 1] };
    expect([...program.predict(feeds)[0].data]).toEqual([4, 5, 0, 1, 8, 9, 8, 9]);
    program.forward(feeds);
    const { data } = program.backward().get('x') as g.Tensor;
    expect([...data]).toEqual([0.5, 0.5, 0, 0, 0.5, 0.5, 0, 0, 1, 1, 0, 0]);
    expect(() => program.predict({ ...feeds, i: [0, 1, 2, 3] })).toThrow(
      "predict: expected integers 0 to 2 in 'i', got 3 in row 1",
    );
    program.dispose();
  });
});

describe('refused', () => {
  const x = g.input('x', [2, 3]);
  const image = g.input('image', [4, 4, 1]);
  const refusals: [string, () => g.Node, new (message: string) => LanegradError, string][] = [
    ['an axis that is none', () => g.sum(x, 2), ShapeError, 'sum: expected an axis of shape [2, 3], got 2'],
    ['an axis twice', () => g.mean(x, [1, -1]), ValueError, 'mean: expected every axis once'],
    ['other elements', () => g.reshape(x, [4, -1]), ShapeError, 'reshape: expected a shape of 6 elements'],
    ['a begin too few', () => g.slice(x, [1]), ShapeError, 'slice: expected a begin for each axis'],
    ['an empty slice', () => g.slice(x, [1, 1], [2, 1]), ValueError, 'slice: expected a range of at least one'],
    ['half an index', () => g.slice(x, [0.5, 0]), ValueError, 'slice: expected a range'],
    ['negative padding', () => g.pad(x, [[0, -1], [0, 0]]), ValueError, 'pad: expected two numbers'], // biome-ignore format: one line
    ['a missing axis', () => g.permute(x, [0]), ShapeError, 'permute: expected an axis for each axis of the shape'],
    ['a transposed vector', () => g.transpose(g.input('v', [3])), ShapeError, 'transpose: expected at least two axes'],
    ['no repeats', () => g.tile(x, [0, 1]), ValueError, 'tile: expected numbers of repeats of at least 1'],
    ['a shape that x does not fit into', () => g.broadcast(x, [3, 3]), ShapeError, 'broadcast: expected a shape'],
    ['a shape that is broadcast itself', () => g.broadcast(x, [1, 3]), ShapeError, 'broadcast: expected a shape'],
    ['nothing', () => g.concat([]), ValueError, 'concat: expected a list of at least one tensor'],
    ['other rows', () => g.concat([x, g.input('y', [2, 2])]), ShapeError, 'concat: expected shapes that differ'],
    ['operands', () => g.add(x, g.input('y', [2])), ShapeError, 'add: expected shapes that go together'],
    ['a matrix', () => g.maxPool2d(x, { size: 2 }), ShapeError, 'maxPool2d: expected an image'],
    ['a large window', () => g.avgPool2d(image, { size: 5 }), ShapeError, 'avgPool2d: expected a window within'],
    ['much padding', () => g.maxPool2d(image, { size: 2, padding: 2 }), ValueError, 'maxPool2d: expected a padding'],
    ['no stride', () => g.maxPool2d(image, { size: 2, stride: 0 }), ValueError, 'maxPool2d: expected stride'],
    ['bounds the wrong way round', () => g.clip(x, 1, -1), ValueError, 'clip: expected low below high'],
    ['a computed index', () => g.gather(x, g.square(g.input('i'))), ValueError, 'gather: expected an index'],
    ['an index of a number', () => g.gather(g.input('s'), g.input('i')), ShapeError, 'gather: expected a tensor'],
  ];
  it.each(refusals)('%s', (_, build, type, words) => {
    let error: unknown;
    try {
      build();
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(type);
    expect((error as Error).message).toContain(words);
  });
});
