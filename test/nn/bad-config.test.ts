/** Configurations that make no sense, and networks that do not fit, are refused when they are made. */
import { describe, expect, it } from 'vitest';
import { MemoryError, ShapeError, ValueError } from '../../src/errors.js';
import { activation, adam, dense, type NetworkOptions, network, sgd } from '../../src/index.js';
import { any, CLASSES, config, type ErrorClass, expectRefused, testedTiers, x, y } from './refusals.js';

describe.each(testedTiers)('on %s', (tier) => {
  const create = (options: NetworkOptions = config) => network({ ...options, tier });

  describe('network refuses', () => {
    const layer = (fields: object) => ({ layers: [{ kind: 'dense', units: 4, ...fields }, dense(CLASSES)] });

    it.each<[string, object, ErrorClass, string, string]>([
      ['an unknown field', { momentum: 0.9 }, ValueError, 'network', "got 'momentum'"],
      ['no input', { input: undefined }, ValueError, 'network', 'got undefined'],
      ['an empty input', { input: [] }, ValueError, 'network', 'got []'],
      ['an input of zero features', { input: 0 }, ValueError, 'network', 'got 0'],
      ['a fractional input', { input: [2.5] }, ValueError, 'network', 'got [2.5]'],
      ['an input that is data', { input: Array(1e5).fill(0.5) }, ValueError, 'network', 'got an array of 100000'],
      ['no layers', { layers: [] }, ValueError, 'network', 'got []'],
      ['layers that are none', { layers: dense(4) }, ValueError, 'network', 'got { kind: "dense"'],
      ['an unknown kind of layer', { layers: [{ kind: 'dence', units: 3 }] }, ValueError, 'layer 0', 'got "dence"'],
      ['a layer that is none', { layers: [dense(4), null] }, ValueError, 'layer 1', 'got null'],
      ['an unknown field of a layer', layer({ unit: 3 }), ValueError, 'layer 0 (dense)', "got 'unit'"],
      ['zero units', layer({ units: 0 }), ValueError, 'layer 0 (dense)', 'got 0'],
      ['negative units', layer({ units: -4 }), ValueError, 'layer 0 (dense)', 'got -4'],
      ['fractional units', layer({ units: 2.5 }), ValueError, 'layer 0 (dense)', 'got 2.5'],
      ['units that are text', layer({ units: '4' }), ValueError, 'layer 0 (dense)', 'got "4"'],
      ['units that are a bigint', layer({ units: 4n }), ValueError, 'layer 0 (dense)', 'got 4n'],
      [
        'units that are many',
        layer({ units: Array(999).fill(1) }),
        ValueError,
        'layer 0 (dense)',
        'got an array of 999',
      ],
      ['an unknown activation', layer({ activation: 'rely' }), ValueError, 'layer 0 (dense)', 'got "rely"'],
      [
        'an activation layer of none',
        { layers: [{ kind: 'activation' }] },
        ValueError,
        'layer 0 (activation)',
        'got undefined',
      ],
      ['a negative slope', { layers: [activation('leakyRelu', -0.1)] }, ValueError, 'layer 0 (activation)', 'got -0.1'],
      [
        'an alpha that is NaN',
        layer({ activation: 'elu', alpha: Number.NaN }),
        ValueError,
        'layer 0 (dense)',
        'got NaN',
      ],
      ['an unknown initializer', layer({ initializer: 'xavier' }), ValueError, 'layer 0 (dense)', 'got "xavier"'],
      [
        'an initializer without bounds',
        layer({ initializer: { low: 0 } }),
        ValueError,
        'layer 0 (dense)',
        'got { low: 0 }',
      ],
      [
        'an initializer upside down',
        layer({ initializer: { low: 1, high: 0 } }),
        ValueError,
        'layer 0 (dense)',
        'low <= high',
      ],
      [
        'an initializer beyond f32',
        layer({ initializer: { low: 0, high: 1e39 } }),
        ValueError,
        'layer 0 (dense)',
        '1e+39',
      ],
      ['an unknown loss', { loss: 'mse' }, ValueError, 'network', 'got "mse"'],
      ['a loss named like a method', { loss: 'toString' }, ValueError, 'network', 'got "toString"'],
      ['a label smoothing of 1', { labelSmoothing: 1 }, ValueError, 'network', 'got 1'],
      ['a delta of 0', { loss: 'huber', huberDelta: 0 }, ValueError, 'network', 'got 0'],
      ['an unknown optimizer', { optimizer: { kind: 'sdg' } }, ValueError, 'optimizer', 'got "sdg"'],
      ['an optimizer by its name', { optimizer: 'adam' }, ValueError, 'optimizer', 'got "adam"'],
      ['an optimizer without a loss', { loss: undefined }, ValueError, 'network', 'got adam'],
      [
        'a norm without an optimizer',
        { optimizer: undefined, clipGlobalNorm: 1 },
        ValueError,
        'network',
        'no clipGlobalNorm without an optimizer, got 1',
      ],
      ['nesterov without a momentum', { optimizer: sgd({ nesterov: true }) }, ValueError, 'sgd', 'a momentum'],
      ...['softmaxCrossEntropy', 'softTargetCrossEntropy', 'klDivergence'].map(
        (loss): [string, object, ErrorClass, string, string] => [
          `a single logit for ${loss}`,
          { layers: [dense(1)], loss },
          ShapeError,
          loss,
          'binaryCrossEntropy',
        ],
      ),
      ['a negative learning rate', { optimizer: sgd({ learningRate: -1 }) }, ValueError, 'sgd', 'got -1'],
      ['a learning rate that is NaN', { optimizer: sgd({ learningRate: Number.NaN }) }, ValueError, 'sgd', 'got NaN'],
      ['a beta of 1', { optimizer: adam({ beta1: 1 }) }, ValueError, 'adam', 'got 1'],
      ['an unknown option', { optimizer: { ...adam(), momentum: 0.9 } }, ValueError, 'adam', "got 'momentum'"],
      ['a batch of no rows', { batch: 0 }, ValueError, 'network', 'got 0'],
      ['a negative batch', { batch: -1 }, ValueError, 'network', 'got -1'],
      ['a fractional batch', { batch: 1.5 }, ValueError, 'network', 'got 1.5'],
      ['a negative seed', { seed: -1 }, ValueError, 'network', 'got -1'],
      ['a fractional seed', { seed: 0.5 }, ValueError, 'network', 'got 0.5'],
      ['no threads', { threads: 0 }, ValueError, 'network', 'got 0'],
      ['half a thread', { threads: 0.5 }, ValueError, 'network', 'got 0.5'],
    ])('%s', async (_, options, Class, operation, words) => {
      await expectRefused(() => create(any({ ...config, ...options })), Class, operation, words);
    });

    it('an unknown tier', async () => {
      await expectRefused(() => network({ ...config, tier: any('fast') }), ValueError, 'network', 'got "fast"');
    });

    it.each([undefined, null, 5])('%s instead of a configuration', async (bad) => {
      await expectRefused(() => network(any(bad)), ValueError, 'network', `got ${bad}`);
    });
  });

  describe('a network too large for memory is refused', () => {
    const tooLarge = async (options: Partial<NetworkOptions>, words: string) => {
      await expectRefused(() => create({ ...config, ...options }), MemoryError, words, ' in use');
    };

    it('by its parameters', async () => {
      const options = { ...config, input: 200_000, layers: [dense(200_000), dense(CLASSES)] };
      await expect(create(options)).rejects.toThrow(MemoryError);
    });

    it.skipIf(tier === 'js')('by the state of its optimizer', async () => {
      const layers = [dense(20_000), dense(CLASSES)];
      // 1.5 GiB of parameters, and twice that for the moments.
      await tooLarge({ input: 20_000, layers }, 'compile');
    });

    it.skipIf(tier === 'js').each([1, 2])('by its batch, on %i threads', async (threads) => {
      await tooLarge({ batch: 100_000_000, threads }, 'compile');
    });

    it('and those in memory go on', async () => {
      const net = await create();
      expect(net.trainStep(x, y)).toBeGreaterThan(0);
    });
  });
});
