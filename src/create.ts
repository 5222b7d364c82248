/** From a configuration to a network that is ready. */
import { compileModel, type RunOptions, runFields } from './compile.js';
import { ValueError } from './errors.js';
import { byName, checkFields } from './fields.js';
import { type Executable, sourcesOf, type Tensor } from './graph/model.js';
import type { Node } from './graph/node.js';
import { Network } from './network.js';
import { buildNetwork, type NetworkGraph } from './nn/build.js';
import { elsewhere, type NetworkConfig, networkFields, type OutputConfig } from './nn/config.js';
import { checkOptimizer, updateRule } from './optim/optimizer.js';
import { seedWords } from './random.js';

export type NetworkOptions = NetworkConfig & RunOptions;

const BATCH = 32;

type IsUnion<T, Member = T> = T extends Member ? ([Member] extends [T] ? false : true) : never;

/** What `predict` returns: a tensor, or for several `outputs` of a configuration one of each by its name. */
export type PredictionOf<Outputs> =
  IsUnion<keyof Outputs> extends true ? { readonly [Name in keyof Outputs]: Tensor } : Tensor;

/**
 * Makes a network. Its parameters are drawn from the seed: the same seed gives the same bits on every tier.
 *
 * Throws `ValueError` or `ShapeError` for a configuration that makes no sense, `MemoryError` for a network that does
 * not fit into memory, `UnsupportedError` for a tier that cannot run here.
 */
export async function network<Outputs extends Readonly<Record<string, OutputConfig>>>(
  options: NetworkOptions & { readonly outputs?: Outputs | undefined },
): Promise<Network<PredictionOf<Outputs>>> {
  const { config, graph, executable } = await compileNetwork(byName('network', options, 'a configuration'));
  for (const [stream, { name, low, high }] of graph.initial.entries())
    executable.fillUniform(name, config.seed as number, stream, low, high);
  return new Network(config, graph, executable);
}

/** What a network is made of, its parameters not yet set. The configuration is a copy: `save` writes it. */
export async function compileNetwork({ tier, threads, ...given }: NetworkOptions): Promise<{
  config: NetworkConfig;
  graph: NetworkGraph;
  executable: Executable;
}> {
  checkFields('network', { tier, threads }, runFields);
  const graph = graphOf(given);
  const { optimizer, batch = BATCH, seed = 0 } = given;
  const config = frozenCopy({ ...given, batch, seed });
  const { training, inference, assignments } = graph;
  const { loss } = training;
  const model = {
    loss,
    outputs: inference.outputs,
    gradients: [...trainedParameters(graph).keys()],
    update: loss && optimizer ? updateRule(optimizer) : null,
    batch,
    assignments,
    ...(config.clipGlobalNorm !== undefined && { clipGlobalNorm: config.clipGlobalNorm }),
    ...(inference.loss && { evaluation: { loss: inference.loss, outputs: evaluated(graph) } }),
  };
  const executable = await compileModel(model, { tier, threads });
  if (optimizer) executable.learningRate = optimizer.learningRate;
  return { config, graph, executable };
}

/** The parameters that training changes. */
export const trainedParameters = ({ training: { loss } }: NetworkGraph): ReadonlyMap<string, Node> =>
  loss ? sourcesOf([loss]).parameters : new Map();

/** What is evaluated besides the loss: all outputs, then each loss by itself where there are several. */
const evaluated = ({ inference: { outputs, losses } }: NetworkGraph): Node[] => {
  const several = losses.filter((loss) => loss !== null);
  return [...outputs, ...(several.length > 1 ? several : [])];
};

/** The graph of a configuration. Throws `ValueError` or `ShapeError` if it makes no sense. */
export function graphOf(config: NetworkConfig): NetworkGraph {
  checkFields('network', config, networkFields, elsewhere);
  const { optimizer, clipGlobalNorm, seed = 0 } = config;
  seedWords('network', seed);
  if (optimizer !== undefined) checkOptimizer(optimizer);
  else if (clipGlobalNorm !== undefined)
    throw new ValueError(`network: expected no clipGlobalNorm without an optimizer, got ${clipGlobalNorm}`);
  const graph = buildNetwork(config);
  if (optimizer !== undefined && !graph.training.loss)
    throw new ValueError(`network: expected no optimizer without a loss, got ${optimizer.kind}`);
  return graph;
}

/** A copy of plain data that nobody can change. */
function frozenCopy<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  const copy = Array.isArray(value)
    ? value.map(frozenCopy)
    : Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, frozenCopy(inner)]));
  return Object.freeze(copy) as T;
}
