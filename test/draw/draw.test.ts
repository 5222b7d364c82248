/** The pictures: everything is in them, in its place, and the numbers are those of the textbook. */
import { describe, expect, it, vi } from 'vitest';
import { draw, drawStructure } from '../../src/draw/index.js';
import { UnsupportedError, ValueError } from '../../src/errors.js';
import * as nn from '../../src/index.js';
import {
  add,
  constant,
  dense,
  evaluate,
  exp,
  input,
  maximum,
  mul,
  type Node,
  neg,
  parameter,
  reciprocal,
  relu,
  sigmoid,
  softmaxCrossEntropy,
  sub,
  tanh,
} from '../../src/lanegrad-graph.js';

/** The texts of a picture by their class. Fails where tags are not closed in order, or a text is not escaped. */
function texts(svg: string): { all: string[]; value: string[]; gradient: string[] } {
  const open: string[] = [];
  for (const [, closing, name, end] of svg.matchAll(/<(\/?)([a-z]+)(?:\s+[a-zA-Z:-]+="[^"<>]*")*\s*(\/?)>/g))
    if (closing) expect(open.pop()).toBe(name);
    else if (!end) open.push(name);
  expect(open).toEqual([]);
  expect(svg.replace(/<[^<>]*>/g, '')).not.toMatch(/[<>]|&(?!amp;|lt;|gt;|quot;)/);
  expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  const matches = [...svg.matchAll(/<text x="[^"]*" y="[^"]*"(?: class="([a-z ]+)")?>([^<]*)<\/text>/g)];
  const drawn = matches.filter(([, style]) => !style?.includes('key'));
  const of = (name?: string) => drawn.filter(([, style]) => !name || style === name).map(([, , text]) => text);
  return { all: of(), value: of('value'), gradient: of('gradient') };
}

const sorted = (labels: readonly string[]): string[] => [...labels].sort();
const inputs = (...names: string[]): Node[] => names.map((name) => input(name));

describe('(x + y) z at x = -2, y = 5, z = -4', () => {
  const [x, y, z] = inputs('x', 'y', 'z');
  const q = add(x, y);
  const f = mul(q, z);
  const numbers = evaluate(f, { x: -2, y: 5, z: -4 });

  it('has every node, value and gradient', async () => {
    const { all, value, gradient } = texts(await draw(f, { ...numbers, names: new Map([[q, 'q']]) }));
    expect(all).toEqual(expect.arrayContaining(['x', 'y', 'z', '+', '×', 'q']));
    expect(sorted(value)).toEqual(sorted(['-2', '5', '-4', '3', '-12']));
    expect(sorted(gradient)).toEqual(sorted(['-4', '-4', '3', '-4', '1']));
  });

  it('is drawn without numbers, and with those of any map', async () => {
    expect(texts(await draw(f)).all).toHaveLength(5);
    expect(texts(await draw(f, { values: new Map([[q, 3]]) })).value).toEqual(['3']);
    expect(texts(await draw([f, q], { gradients: new Map([[f, 1]]) })).gradient).toEqual(['1']);
  });

  it('has its inputs in order from top to bottom, left of all else', async () => {
    const svg = await draw(f, numbers);
    const [px, py, pz, plus] = ['x', 'y', 'z', '\\+'].map((name) => {
      const [, ...place] = svg.match(new RegExp(`<text x="([^"]*)" y="([^"]*)"[^>]*>${name}</text>`)) ?? [];
      return place.map(Number);
    });
    expect([px[0], py[0], pz[0]]).toEqual([px[0], px[0], px[0]]);
    expect(px[1] < py[1] && py[1] < pz[1] && px[0] < plus[0]).toBe(true);
  });
});

describe('1 / (1 + e^-(w0 x0 + w1 x1 + w2)) at w = 2, -3, -3 and x = -1, -2', () => {
  const [w0, x0, w1, x1, w2] = inputs('w0', 'x0', 'w1', 'x1', 'w2');
  const s = add(add(mul(w0, x0), mul(w1, x1)), w2);
  const feeds = { w0: 2, x0: -1, w1: -3, x1: -2, w2: -3 };
  const values = ['2', '-1', '-3', '-2', '-3', '-2', '6', '4', '1'];
  const gradients = ['-0.20', '0.39', '-0.39', '-0.59', '0.20', '0.20', '0.20', '0.20', '0.20'];

  it('is a chain of small nodes', async () => {
    const f = reciprocal(add(exp(neg(s)), 1));
    const { all, value, gradient } = texts(await draw(f, evaluate(f, feeds)));
    expect(all).toEqual(expect.arrayContaining(['×−1', 'exp', '+1', '1/x']));
    expect(sorted(value)).toEqual(sorted([...values, '-1', '0.37', '1.37', '0.73']));
    expect(sorted(gradient)).toEqual(sorted([...gradients, '-0.20', '-0.53', '-0.53', '1']));
  });

  it('is the same with one node', async () => {
    const f = sigmoid(s);
    const { all, value, gradient } = texts(await draw(f, evaluate(f, feeds)));
    expect(all).toContain('σ');
    expect(sorted(value)).toEqual(sorted([...values, '0.73']));
    expect(sorted(gradient)).toEqual(sorted([...gradients, '1']));
  });
});

describe('what flows', () => {
  it('through max(0, 4) goes to the 4 alone', async () => {
    const [x, y] = inputs('x', 'y');
    const f = maximum(x, y);
    const { gradient } = texts(await draw(f, evaluate(f, { x: 0, y: 4 })));
    expect(sorted(gradient)).toEqual(['0', '1', '1']);
  });

  it('back from several uses is the sum of what stands on their wires', async () => {
    const x = input('x');
    const f = sub(10, add(mul(x, x), mul(3, x)));
    const { all, gradient } = texts(await draw(f, evaluate(f, { x: 5 })));
    expect(all).toEqual(expect.arrayContaining(['10 −', '×3']));
    expect(sorted(gradient)).toEqual(sorted(['-13', '-5', '-5', '-3', '-1', '-1', '-1', '1']));
  });
});

describe('a network', () => {
  const w = (name: string, ...shape: number[]) => parameter(name, shape, new Float32Array(shape[0] * shape[1]).fill(1));
  const hidden = relu(dense(input('x', [2]), w('<w>', 2, 3), parameter('b', [3])));
  const loss = softmaxCrossEntropy(dense(hidden, w('v', 3, 2)), input('y'));

  it('has shapes and norms on its wires', async () => {
    const { value, gradient } = texts(await draw(loss, evaluate(loss, { x: [3, -4], y: 1 })));
    expect(value).toEqual(expect.arrayContaining(['[2] ‖5‖', '[2, 3] ‖2.45‖', '[3] ‖0‖', '0.69']));
    // No gradient flows to a label.
    expect(gradient).toHaveLength(value.length - 1);
  });

  it('has the samples in its shapes where there are several', async () => {
    const { value } = texts(await draw(loss, evaluate(loss, { x: [3, -4, 1, 1], y: [1, 0] })));
    expect(value).toContain('[2, 2] ‖5.20‖');
  });

  it('has boxes of their own for what has several uses', async () => {
    const z = dense(input('x', [2]), w('w', 2, 2));
    expect(texts(await drawStructure(relu(tanh(z)))).all).toContain('dense, tanh, relu');
    expect(texts(await drawStructure([relu(z), z])).all).toEqual(expect.arrayContaining(['dense', 'relu']));
    expect(texts(await drawStructure(add(relu(z), tanh(z)))).all).toEqual(expect.arrayContaining(['dense', 'tanh']));
  });

  it('has a box for each operation and its activation, with parameters and shape', async () => {
    const { all } = texts(await drawStructure(loss));
    expect(sorted(all)).toEqual(
      sorted([
        ...['x', '→ [2]', 'y', '→ number'],
        ...['dense, relu', '&lt;w&gt; [2, 3]', 'b [3]', '→ [3]'],
        ...['dense', 'v [3, 2]', '→ [2]', 'softmax cross entropy', '→ number'],
      ]),
    );
  });
});

describe('a network of layers', () => {
  const { batchNorm, conv2d, flatten, residual } = nn;

  it('has a box for each layer, whatever operations it is made of', async () => {
    const net = await nn.network({
      input: [4, 4, 1],
      layers: [
        conv2d(2, 3, 'relu', { padding: 'same', bias: false }),
        residual([batchNorm(), nn.activation('tanh'), nn.activation('linear')]),
        flatten(),
        nn.dense(3),
      ],
      loss: 'softmaxCrossEntropy',
      tier: 'js',
    });
    const { all } = texts(await drawStructure(net));
    expect(sorted(all)).toEqual(
      sorted([
        ...['x', '→ [4, 4, 1]', 'y', '→ number'],
        ...['0: conv2d, relu', '0.weight [3, 3, 1, 2]', '→ [4, 4, 2]'],
        ...['1.0: batchNorm', '1.0.weight [2]', '1.0.bias [2]', '→ [4, 4, 2]'],
        ...['1.1: tanh', '→ [4, 4, 2]', '1: residual', '→ [4, 4, 2]'],
        ...['2: flatten', '→ [32]', '3: dense', '3.weight [32, 3]', '3.bias [3]', '→ [3]'],
        ...['softmax cross entropy', '→ number'],
      ]),
    );
    expect(net.graph.inputs.map(({ name }) => name)).toEqual(['x']);
  });

  it('has all of its inputs and outputs, those without a loss too, and a wire for each use', async () => {
    const net = await nn.network({
      inputs: { a: 2, b: 2 },
      layers: {
        both: nn.from(['a', 'b'], nn.multiply()),
        left: nn.from('both', nn.dense(1, 'linear', { bias: false })),
        right: { ...nn.from('both', nn.dense(1, 'linear', { bias: false })), share: 'left' },
      },
      outputs: { left: { loss: 'meanSquaredError' }, right: {} },
      tier: 'js',
    });
    const svg = await drawStructure(net);
    const { all } = texts(svg);
    expect(all.filter((text) => !text.startsWith('→'))).toEqual(
      expect.arrayContaining([
        'x.a',
        'x.b',
        'both: multiply',
        'left: dense',
        'right: dense',
        'y',
        'mean squared error',
      ]),
    );
    expect(all.filter((text) => text === 'left.weight [2, 1]')).toHaveLength(2);
    // a, b, left and right from both, the output and its targets to the loss.
    expect(svg.match(/class="wire"/g)).toHaveLength(6);
  });
});

describe('a picture', () => {
  it('of a parameter or a constant alone has a box for it', async () => {
    expect(texts(await drawStructure(parameter('p', [3]))).all).toEqual(['p', '→ [3]']);
    expect(texts(await drawStructure(constant(1))).all).toHaveLength(2);
  });

  it('has no character that XML has no place for', async () => {
    const svg = await draw(neg(input('a\u0000b\ud800c<')));
    expect(texts(svg).all).toContain('a\ufffdb\ufffdc&lt;');
  });
});

describe('what cannot be drawn', () => {
  it.each([
    ['no node', () => draw('f' as never)],
    ['no nodes', () => drawStructure([])],
    ['values that are no map', () => draw(input('x'), { values: { x: 1 } as never })],
  ])('is refused: %s', async (_, call) => {
    await expect(call).rejects.toThrow(ValueError);
  });

  it('is said where dagre is missing', async () => {
    vi.doMock('@dagrejs/dagre', () => {
      throw new Error('Cannot find package');
    });
    await expect(draw(input('x'))).rejects.toThrow(UnsupportedError);
    await expect(draw(input('x'))).rejects.toThrow(/npm install @dagrejs\/dagre/);
    vi.doUnmock('@dagrejs/dagre');
  });
});
