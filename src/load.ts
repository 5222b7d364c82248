/** Networks from the files that `save` writes. */
import { platform } from '#platform';
import { bytesOf, isPath } from './bytes.js';
import { parseTraining } from './checkpoint.js';
import { type RunOptions, runFields } from './compile.js';
import { compileNetwork, graphOf, trainedParameters } from './create.js';
import { CheckpointError, ValueError } from './errors.js';
import { checkFields } from './fields.js';
import { sourcesOf, statesOf, type Tensor } from './graph/model.js';
import { type Node, sameShape, showShape } from './graph/node.js';
import { decodeSafetensors } from './io/safetensors.js';
import { Network } from './network.js';
import type { NetworkGraph } from './nn/build.js';
import type { NetworkConfig } from './nn/config.js';
import { updateRule } from './optim/optimizer.js';

/**
 * A network from a file of `save`, named by its path or a `file:` URL, or from its bytes, which goes on where it was saved:
 * the file says all of it but what runs it. Throws `CheckpointError` if the file cannot be read, is damaged or was not
 * written by `save`, `ValueError` for unknown options.
 */
export async function load<Prediction = Tensor>(
  source: string | URL | Uint8Array | ArrayBuffer,
  options: RunOptions = {},
): Promise<Network<Prediction>> {
  checkFields('load', options, runFields);
  const bytes = isPath(source)
    ? await platform.readFile(source)
    : bytesOf('load', 'a path, a file: URL or bytes', source);
  const { tensors, metadata } = decodeSafetensors(bytes);
  const text = metadata.lanegrad;
  if (text === undefined)
    throw new CheckpointError("load: expected metadata 'lanegrad' with a configuration, got none");
  const { config, graph } = parseConfig(text);
  const training = parseTraining(metadata.training);
  const { kept, states } = sorted(tensors, graph, training && config);
  const compiled = await compileNetwork({ ...config, ...options });
  const { executable } = compiled;
  try {
    executable.setParameters(kept);
    if (training) {
      executable.resume(training.steps, states);
      executable.learningRate = training.learningRate;
    }
  } catch (cause) {
    executable.dispose();
    throw new CheckpointError(`load: expected the parameters of this configuration: ${(cause as Error).message}`, {
      cause,
    });
  }
  return new Network(compiled.config, compiled.graph, executable, training?.epochs);
}

type Tensors = ReadonlyMap<string, Tensor>;

/**
 * The tensors that a configuration keeps, and those that its optimiser does if training is to go on. Throws
 * `CheckpointError` unless they are these, before memory is taken for them.
 */
function sorted(
  tensors: Tensors,
  graph: NetworkGraph,
  trained: NetworkConfig | null,
): { kept: Tensors; states: Tensors } {
  const roots = [graph.training, graph.inference].flatMap(({ loss, outputs }) => (loss ? [loss, ...outputs] : outputs));
  const { parameters, statistics } = sourcesOf(roots);
  const update = trained?.optimizer ? updateRule(trained.optimizer) : null;
  const states = statesOf([...trainedParameters(graph).values()], update);
  const left = new Map(tensors);
  const take = (kind: string, name: string, { shape }: Node): [string, Tensor] => {
    const tensor = left.get(name);
    if (!tensor) throw new CheckpointError(`load: expected the ${kind} '${name}', got none`);
    if (!sameShape(tensor.shape, shape))
      throw new CheckpointError(
        `load: expected '${name}' of shape ${showShape(shape)}, got ${showShape(tensor.shape)}`,
      );
    left.delete(name);
    return [name, tensor];
  };
  const result = {
    kept: new Map([
      ...[...parameters].map(([name, node]) => take('parameter', name, node)),
      ...[...statistics].map(([name, node]) => take('statistic', name, node)),
    ]),
    states: new Map([...states].map(([name, { parameter }]) => take("optimizer's", name, parameter))),
  };
  const [extra] = left.keys();
  if (extra !== undefined) throw new CheckpointError(`load: expected tensors of this configuration, got '${extra}'`);
  return result;
}

/** The configuration in a file, and its graph. Throws `CheckpointError` unless `network()` would take it. */
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
