/** Files that are damaged, or that `save` has not written, are refused by `load`. */
import { describe, expect, it } from 'vitest';
import { CheckpointError, ValueError } from '../../src/errors.js';
import { dense, load, network } from '../../src/index.js';
import { decodeSafetensors, encodeSafetensors } from '../../src/io/safetensors.js';
import { any, config, expectRefused, testedTiers } from './refusals.js';

describe.each(testedTiers)('on %s', (tier) => {
  const create = () => network({ ...config, tier });

  describe('load refuses', () => {
    const saved = create().then((net) => net.save());
    const refusesBytes = (bytes: unknown, words: string) =>
      expect(load(any(bytes), { tier })).rejects.toThrow(
        expect.objectContaining({ name: 'CheckpointError', message: expect.stringContaining(words) }),
      );

    it('a file that is cut short, wherever', async () => {
      const bytes = await saved;
      for (let length = 0; length < bytes.length; length++)
        await expect(load(bytes.subarray(0, length), { tier })).rejects.toThrow(CheckpointError);
    });

    it('a header with lying offsets', async () => {
      const bytes = await saved;
      const text = new TextDecoder().decode(bytes);
      const lies = [
        ['[0,160]', '[0,164]'],
        ['[0,160]', '[4,164]'],
        ['[0,160]', '[0,999]'],
        ['"shape":[5,8]', '"shape":[8,8]'],
        ['"shape":[5,8]', '"shape":[5,9]'],
      ];
      for (const [truth, lie] of lies) {
        const at = text.indexOf(truth);
        expect(at).toBeGreaterThan(0);
        const copy = bytes.slice();
        copy.set(new TextEncoder().encode(lie), at);
        await refusesBytes(copy, 'expected');
      }
    });

    const tensors = async () => (await create()).parameters();
    const withConfig = async (text: string | undefined) =>
      encodeSafetensors(await tensors(), text === undefined ? {} : { lanegrad: text });
    const json = (changes: object) => JSON.stringify({ ...config, ...changes });

    it.each<[string, string | undefined, string]>([
      ['no configuration', undefined, 'got none'],
      ['a configuration that is not JSON', '{', 'JSON'],
      ['a configuration that is a number', '5', 'got 5'],
      ['a configuration that is null', 'null', 'got null'],
      ['a configuration without layers', '{}', 'got undefined'],
      ['a configuration of another network', json({ input: 6 }), '0.weight'],
      ['a configuration with a layer more', json({ layers: [dense(8), dense(3), dense(3)] }), '2.weight'],
      ['a configuration with a layer less', json({ layers: [dense(8)] }), '1.weight'],
      ['a configuration with an unknown field', json({ rows: 3 }), "got 'rows'"],
      ['a configuration with a batch of no rows', json({ batch: 0 }), 'got 0'],
      ['a configuration with an unknown optimizer', json({ optimizer: { kind: 'lion' } }), 'got "lion"'],
      ['a configuration that chooses the tier', json({ tier: 'js' }), "got 'tier'"],
    ])('%s', async (_, text, words) => {
      await refusesBytes(await withConfig(text), words);
    });

    it('parameters that are not finite', async () => {
      const values = await tensors();
      const { shape, data } = values.get('1.bias') as { shape: number[]; data: Float32Array };
      values.set('1.bias', { shape, data: data.map(() => Number.NaN) });
      await refusesBytes(encodeSafetensors(values, { lanegrad: json({}) }), '1.bias');
    });

    it('an optimiser that has lost something, or a tensor too many', async () => {
      const { tensors, metadata } = decodeSafetensors(await saved);
      expect(tensors.delete('0.bias.v')).toBe(true);
      await refusesBytes(encodeSafetensors(tensors, metadata), "expected the optimizer's '0.bias.v', got none");
      const { tensors: more } = decodeSafetensors(await saved);
      await refusesBytes(
        encodeSafetensors(more.set('2.bias', { shape: [], data: new Float32Array(1) }), metadata),
        '2.bias',
      );
    });

    it('states that are not finite', async () => {
      const { tensors, metadata } = decodeSafetensors(await saved);
      tensors.get('1.weight.m')?.data.fill(Number.NaN, 3, 4);
      await refusesBytes(encodeSafetensors(tensors, metadata), "'1.weight.m', got NaN at index 3");
    });

    it.each([
      ['no JSON', '{', 'JSON'],
      ['not an object', '5', 'got 5'],
      ['another field', '{ "steps": 1, "epochs": 0, "learningRate": 1, "rate": 1 }', "got 'rate'"],
      ['steps that are none', '{ "steps": -1, "epochs": 0, "learningRate": 1 }', 'steps'],
      ['half an epoch', '{ "steps": 1, "epochs": 0.5, "learningRate": 1 }', 'epochs'],
      ['no learning rate', '{ "steps": 1, "epochs": 0 }', 'learningRate'],
    ])('training that is %s', async (_, training, words) => {
      const { tensors, metadata } = decodeSafetensors(await saved);
      await refusesBytes(encodeSafetensors(tensors, { ...metadata, training }), words);
    });

    it.each<[unknown, string]>([
      [undefined, 'undefined'],
      [null, 'null'],
      [5, '5'],
      [{}, '{}'],
    ])('%s instead of bytes', async (bad, shown) => {
      await expectRefused(() => load(any(bad), { tier }), ValueError, 'load', `got ${shown}`);
    });

    it('bytes that were transferred', async () => {
      const bytes = (await saved).slice();
      structuredClone(bytes, { transfer: [bytes.buffer] });
      for (const detached of [bytes, bytes.buffer])
        await expectRefused(() => load(detached, { tier }), ValueError, 'load', 'got a detached buffer');
    });

    it('options that are wrong, as the options that they are', async () => {
      const bytes = await saved;
      await expectRefused(() => load(bytes, { tier, threads: 0 }), ValueError, 'load', 'got 0');
      await expectRefused(() => load(bytes, { tier: any('fast') }), ValueError, 'load', 'got "fast"');
      for (const field of ['batch', 'seed', 'loss'])
        await expectRefused(
          () => load(bytes, any({ [field]: 7 })),
          ValueError,
          'load',
          `tier, threads, got '${field}'`,
        );
    });
  });
});
