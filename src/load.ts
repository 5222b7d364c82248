/** Networks from the files that `save` writes. */
import { platform } from '#platform';
import { checkRunOptions, type RunOptions } from './compile.js';
import { graphOf, network } from './create.js';
import { CheckpointError, ValueError } from './errors.js';
import { sourcesOf, type Tensor } from './graph/model.js';
import { sameShape, showShape } from './graph/node.js';
import { decodeSafetensors } from './io/safetensors.js';
import type { Network } from './network.js';
import type { NetworkGraph } from './nn/build.js';
import type { NetworkConfig } from './nn/config.js';

/**
 * A network from a file of `save`, or from its bytes. Throws `CheckpointError` if the file is damaged or was not
 * written by `save`.
 */
export async function load<Prediction = Tensor>(
  source: string | Uint8Array,
  options: RunOptions = {},
): Promise<Network<Prediction>> {
  checkRunOptions(options);
  if (typeof source !== 'string' && !(source instanceof Uint8Array))
    throw new ValueError(`load: expected a path or bytes, got ${String(source)}`);
  const bytes = typeof source === 'string' ? await platform.readFile(source) : source;
  const { tensors, metadata } = decodeSafetensors(bytes);
  const text = metadata.lanegrad;
  if (text === undefined)
    throw new CheckpointError("load: expected metadata 'lanegrad' with a configuration, got none");
  const { config, graph } = parseConfig(text);
  checkTensors(graph, tensors);
  const net = (await network({ ...config, ...options })) as unknown as Network<Prediction>;
  try {
    net.setParameters(tensors);
    return net;
  } catch (cause) {
    net.dispose();
    throw new CheckpointError(`load: expected the parameters of this configuration: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/** Throws `CheckpointError` unless the tensors are what the configuration keeps: before memory is taken for them. */
function checkTensors({ training, inference }: NetworkGraph, tensors: ReadonlyMap<string, Tensor>): void {
  const roots = [training, inference].flatMap(({ loss, outputs }) => (loss ? [loss, ...outputs] : outputs));
  const { parameters, statistics } = sourcesOf(roots);
  for (const [kind, nodes] of Object.entries({ parameter: parameters, statistic: statistics }))
    for (const [name, { shape }] of nodes) {
      const tensor = tensors.get(name);
      if (!tensor) throw new CheckpointError(`load: expected the ${kind} '${name}', got none`);
      if (!sameShape(tensor.shape, shape))
        throw new CheckpointError(
          `load: expected '${name}' of shape ${showShape(shape)}, got ${showShape(tensor.shape)}`,
        );
    }
}

/** The configuration in a file, and its graph. Throws `CheckpointError` if it is none that `network()` would take. */
function parseConfig(text: string): { config: NetworkConfig; graph: NetworkGraph } {
  try {
    const config = JSON.parse(text);
    if (typeof config !== 'object' || config === null)
      throw new ValueError(`expected an object, got ${text.slice(0, 40)}`);
    return { config, graph: graphOf(config) };
  } catch (cause) {
    throw new CheckpointError(`load: expected a configuration in metadata 'lanegrad': ${(cause as Error).message}`, {
      cause,
    });
  }
}
