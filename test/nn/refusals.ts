/** Checks that a bad input is refused by the right error, and that nothing is changed by it. */
import { expect } from 'vitest';
import type { LanegradError } from '../../src/errors.js';
import { adam, dense, type Network, type NetworkOptions, network } from '../../src/index.js';
import { bits } from '../numbers.js';
import { availableTiers } from '../tiers.js';

export type ErrorClass = new (message: string) => LanegradError;

export const INPUT = 5;
export const CLASSES = 3;
export const BATCH = 4;

export const config: NetworkOptions = {
  input: INPUT,
  layers: [dense(8, 'relu'), dense(CLASSES)],
  loss: 'softmaxCrossEntropy',
  optimizer: adam(),
  batch: BATCH,
};

export const rowsOf = (rows: number, size: number) => Float32Array.from({ length: rows * size }, (_, i) => Math.sin(i));

/** A good batch: labels for `config`, targets for a loss that takes them. */
export const x = rowsOf(BATCH, INPUT);
export const y = [0, 2, 1, 2];
export const targets = rowsOf(BATCH, CLASSES);

/** What a test gives and TypeScript would not let through. */
export const any = (value: unknown) => value as never;

export const changed = (values: ArrayLike<number>, index: number, value: unknown): number[] =>
  Array.from(values, (element, i) => (i === index ? any(value) : element));

const [best] = await availableTiers();
export const testedTiers = ['js', best] as const;

/** Expects an error of this class whose sentence begins with the operation, tells what was expected, and `words`. */
export async function expectRefused(
  call: () => unknown,
  Class: ErrorClass,
  operation: string,
  words: string,
): Promise<void> {
  const error = await Promise.resolve()
    .then(call)
    .then(
      () => expect.fail('expected an error'),
      (thrown: Error) => thrown,
    );
  expect(error).toBeInstanceOf(Class);
  expect(error.message).toMatch(/^[^:]+: expected /);
  expect(error.message.slice(0, error.message.indexOf(':'))).toBe(operation);
  expect(error.message).toContain(words);
}

const state = (net: Network) => [...net.parameters()].map(([name, { data }]) => [name, ...bits(data)]);

/**
 * A network sees what is bad, beside a twin that does not: it must be as before, to the last bit, and both must then
 * take the same step. So neither parameters nor the optimiser's state have changed.
 */
export const refusalsOf =
  (options: NetworkOptions, targets: ArrayLike<number>) =>
  async (call: (net: Network) => unknown, Class: ErrorClass, operation: string, words: string): Promise<void> => {
    const [net, twin] = [await network(options), await network(options)];
    for (const each of [net, twin]) each.trainStep(x, targets);
    const before = state(net);
    await expectRefused(() => call(net), Class, operation, words);
    expect(state(net)).toEqual(before);
    expect(net.trainStep(x, targets)).toBe(twin.trainStep(x, targets));
    expect(net.steps).toBe(twin.steps);
    expect(state(net)).toEqual(state(twin));
    net.dispose();
    twin.dispose();
  };
