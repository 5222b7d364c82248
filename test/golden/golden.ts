/** Reads golden files; README.md in this folder describes them. */
import { readdirSync, readFileSync } from 'node:fs';
import type { Layer, Tensor } from '../../src/index.js';

export interface GoldenArray {
  readonly shape: readonly number[];
  readonly data?: readonly number[];
  readonly base64?: string;
  readonly dtype?: 'f32' | 'f64';
}

type Named<T> = Readonly<Record<string, T>>;

export interface Golden {
  readonly case: string;
  readonly about: string;
  readonly network: { readonly input: number[]; readonly layers: Layer[]; readonly loss: string } & Named<unknown>;
  readonly optimizer: { readonly kind: string } & Named<unknown>;
  readonly clipGlobalNorm: number | null;
  readonly steps: number;
  readonly learningRates: readonly number[];
  readonly parameters: Named<GoldenArray>;
  readonly batches: readonly { readonly x: GoldenArray; readonly y: GoldenArray }[];
  readonly expect: {
    readonly losses: readonly number[];
    readonly gradients: Named<GoldenArray>;
    readonly inputGradient: GoldenArray | null;
    readonly logits: GoldenArray;
    readonly finalParameters: Named<GoldenArray>;
    readonly gradientNorms?: readonly number[];
    readonly runningStats?: Named<GoldenArray>;
    readonly evalLogits: GoldenArray;
  };
  readonly f32Deviation: {
    readonly losses: number;
    readonly gradients: Named<number>;
    readonly inputGradient: number | null;
    readonly logits: number;
    readonly finalParameters: Named<number>;
    readonly gradientNorms?: number;
    readonly runningStats?: Named<number>;
    readonly evalLogits: number;
  };
}

const folder = new URL('.', import.meta.url);

/** All golden files of this folder. */
export const goldens: Golden[] = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .sort()
  .map((name) => JSON.parse(readFileSync(new URL(name, folder), 'utf8')));

/** The numbers of an array, in f64. */
export function numbers({ data, base64, dtype }: GoldenArray): Float64Array {
  if (data) return Float64Array.from(data);
  const bytes = Uint8Array.from(Buffer.from(base64 as string, 'base64'));
  return dtype === 'f64' ? new Float64Array(bytes.buffer) : Float64Array.from(new Float32Array(bytes.buffer));
}

export const tensors = (arrays: Named<GoldenArray>): Map<string, Tensor> =>
  new Map(
    Object.entries(arrays).map(([name, array]) => [
      name,
      { shape: array.shape, data: Float32Array.from(numbers(array)) },
    ]),
  );

/** The largest difference, as a share of the tolerance that README.md gives; NaN if there is a NaN. */
export function excess(actual: ArrayLike<number>, expected: ArrayLike<number>, f32Deviation: number): number {
  if (actual.length !== expected.length) return Infinity;
  let difference = 0;
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    const d = Math.abs(actual[i] - expected[i]);
    if (!(d <= difference)) difference = d;
    largest = Math.max(largest, Math.abs(expected[i]));
  }
  return difference / (4 * f32Deviation + 2e-6 * largest + 1e-7);
}
