/** A network as a table: its layers, their outputs, parameters, memory and work. */
import type { MemoryPlan } from './graph/model.js';
import { showShape, size } from './graph/node.js';
import { LINE_BYTES, panels } from './graph/storage.js';
import type { NetworkGraph } from './nn/build.js';
import { showBytes } from './runtime/heap.js';

const count = (n: number): string => n.toLocaleString('en-US');

/** The first columns are words, the others numbers, which stand at the right. */
const WORDS = 3;

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column < WORDS ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
      .join('  ')
      .trimEnd(),
  );
}

/**
 * A line for each input and layer: its name and kind, the shape of its output for a sample, numbers in its parameters,
 * memory of its output for a batch, and multiply-adds of its products for a sample. Then the sums, and the memory that
 * the network takes in all.
 */
export function summarize({ inputs, layers }: NetworkGraph, batch: number, plan: MemoryPlan): string {
  const memory = (shape: readonly number[]): number => LINE_BYTES * size(shape) * panels(batch);
  const rows = [
    ...inputs.map(({ name, node }) => ({ name, kind: 'input', output: node, parameters: 0, multiplyAdds: 0 })),
    ...layers,
  ];
  const total = (of: (row: (typeof rows)[number]) => number): number => rows.reduce((sum, row) => sum + of(row), 0);
  const [head, ...body] = table([
    ['layer', 'kind', 'output', 'parameters', `outputs of ${batch}`, 'multiply-adds'],
    ...rows.map(({ name, kind, output: { shape }, parameters, multiplyAdds }) => [
      name,
      kind,
      showShape(shape),
      count(parameters),
      showBytes(memory(shape)),
      count(multiplyAdds),
    ]),
    [
      'total',
      '',
      '',
      count(total(({ parameters }) => parameters)),
      showBytes(total(({ output }) => memory(output.shape))),
      count(total(({ multiplyAdds }) => multiplyAdds)),
    ],
  ]);
  const rule = '-'.repeat(Math.max(head.length, ...body.map(({ length }) => length)));
  const { bytes, parameters, states, activations } = plan;
  return [
    head,
    rule,
    ...body.slice(0, -1),
    rule,
    ...body.slice(-1),
    `memory: ${showBytes(bytes)}, of it ${showBytes(parameters)} of parameters, ${showBytes(states)} of optimizer state, ${showBytes(activations)} of activations`,
  ].join('\n');
}
