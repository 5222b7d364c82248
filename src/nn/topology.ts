/** From a configuration to layers in an order in which each comes after what it takes. */
import { ValueError } from '../errors.js';
import { checkFields, show } from '../fields.js';
import type { Shape } from '../graph/node.js';
import { type InputShape, type NetworkConfig, type OutputConfig, outputFields } from './config.js';
import { checkLayer, type Layer, layersOf, whereIs } from './layers/index.js';
import { lossFields } from './loss.js';

export interface Topology {
  readonly inputs: readonly { readonly name: string; readonly shape: Shape }[];
  readonly layers: readonly { readonly name: string; readonly layer: Layer; readonly from: readonly string[] }[];
  readonly outputs: readonly { readonly name: string; readonly config: OutputConfig }[];
}

/** What the input and the output of a chain are called. */
const CHAIN = { input: 'x', output: 'y' };

/**
 * The layers of a configuration, in order. Throws `ValueError` for one that is no network: unknown or unused names,
 * cycles, two of one name.
 */
export function topologyOf(config: NetworkConfig): Topology {
  const { layers } = config;
  if (Array.isArray(layers) && layers.length > 0) return chain(config, layers);
  const byName = (layers ?? {}) as Readonly<Record<string, Layer>>;
  // A single layer is an object too, but its kind is a word.
  if (typeof byName.kind === 'string' || Object.keys(byName).length === 0)
    throw new ValueError(`network: expected at least one layer, in a list or by name, got ${show(layers)}`);
  return named(config, byName);
}

function chain(config: NetworkConfig, layers: readonly Layer[]): Topology {
  for (const field of ['inputs', 'outputs'] as const)
    if (config[field] !== undefined)
      throw new ValueError(`network: expected ${field} beside named layers alone, got them beside a list of layers`);
  const shape = shapeOf('input', config.input);
  const linked = layers.map((layer: Layer, index) => {
    const name = String(index);
    checkLayer(name, layer);
    if (layer.from !== undefined)
      throw new ValueError(`${whereIs(name, layer)}: expected no from in a list of layers, got ${show(layer.from)}`);
    return { name, layer, from: [index === 0 ? CHAIN.input : String(index - 1)] };
  });
  return {
    inputs: [{ name: CHAIN.input, shape }],
    layers: linked,
    outputs: [{ name: String(layers.length - 1), config }],
  };
}

function named(config: NetworkConfig, layers: Readonly<Record<string, Layer>>): Topology {
  for (const field of ['input', ...Object.keys(lossFields)] as (keyof NetworkConfig)[])
    if (config[field] !== undefined)
      throw new ValueError(`network: expected inputs and outputs beside named layers, got ${field}`);
  const inputs = entries('inputs', config.inputs).map(([name, given]) => ({
    name,
    shape: shapeOf(`inputs.${name}`, given),
  }));
  const outputs = entries('outputs', config.outputs).map(([name, config]) => {
    checkFields(`outputs.${name}`, config, outputFields);
    if (config.weight !== undefined && config.loss === undefined)
      throw new ValueError(`outputs.${name}: expected no weight without a loss, got ${show(config.weight)}`);
    return { name, config };
  });
  const sources = new Map<string, readonly string[]>(inputs.map(({ name }) => [name, []]));
  for (const [name, layer] of entries('layers', layers)) {
    checkLayer(name, layer);
    if (sources.has(name))
      throw new ValueError(`network: expected one input or layer of each name, got two of '${name}'`);
    if (layer.from === undefined)
      throw new ValueError(`${whereIs(name, layer)}: expected from, the name of an input or a layer, got none`);
    sources.set(name, typeof layer.from === 'string' ? [layer.from] : layer.from);
  }
  for (const { name } of outputs)
    if (!Object.hasOwn(layers, name)) throw new ValueError(`outputs: expected names of layers, got '${name}'`);

  const order = inOrder(
    sources,
    outputs.map(({ name }) => name),
    layers,
  );
  const needed = new Set(outputs.map(({ name }) => name));
  for (const name of [...order].reverse())
    if (needed.has(name)) for (const source of sources.get(name) as readonly string[]) needed.add(source);
  for (const name of sources.keys())
    if (!needed.has(name))
      throw new ValueError(
        `network: expected every input and layer to be used by an output, got '${name}', which no output needs`,
      );
  return {
    inputs,
    layers: order
      .filter((name) => Object.hasOwn(layers, name))
      .map((name) => ({ name, layer: layers[name], from: sources.get(name) as readonly string[] })),
    outputs,
  };
}

/** The names of the outermost layers whose parameters a layer, or one within it, uses. */
const ownersOf = (name: string, layers: Readonly<Record<string, Layer>>): string[] =>
  layersOf(name, layers[name])
    .map(([, { share }]) => share?.split('.')[0] ?? name)
    .filter((owner) => owner !== name && Object.hasOwn(layers, owner) && layers[owner].share === undefined);

/**
 * All that the outputs need, each after its sources and after what it shares. The order does not depend on that of the
 * configuration's keys.
 */
function inOrder(
  sources: ReadonlyMap<string, readonly string[]>,
  outputs: readonly string[],
  layers: Readonly<Record<string, Layer>>,
): string[] {
  const done = new Set<string>();
  const path: { readonly name: string; readonly sharer: string | undefined }[] = [];
  const visit = (name: string, sharer?: string): void => {
    if (done.has(name)) return;
    const start = path.findIndex((step) => step.name === name);
    path.push({ name, sharer });
    if (start >= 0) refuseCycle(path.slice(start), layers);
    for (const source of sources.get(name) as readonly string[]) {
      if (!sources.has(source))
        throw new ValueError(
          `${whereIs(name, layers[name])}: expected from to name inputs or layers (${[...sources.keys()].join(', ')}), got '${source}'`,
        );
      visit(source);
    }
    if (Object.hasOwn(layers, name)) for (const owner of ownersOf(name, layers)) visit(owner, name);
    path.pop();
    done.add(name);
  };
  for (const name of outputs) visit(name);
  return [...done];
}

/** Refuses layers of which each but the first is taken by the one before it, or shared where that is named. */
function refuseCycle(
  cycle: readonly { readonly name: string; readonly sharer: string | undefined }[],
  layers: Readonly<Record<string, Layer>>,
): never {
  for (const { name, sharer } of cycle.slice(1))
    if (sharer !== undefined)
      throw new ValueError(
        `${whereIs(sharer, layers[sharer])}: expected share to name a layer that does not depend on it, got ${whereIs(name, layers[name])}`,
      );
  const names = cycle.map(({ name }) => name).join(' from ');
  throw new ValueError(`network: expected layers without a cycle, got ${names}`);
}

/** The names and values of an object, in the order of the names. */
function entries<T>(what: string, values: Readonly<Record<string, T>> | undefined): [string, T][] {
  if (typeof values !== 'object' || values === null || Array.isArray(values) || Object.keys(values).length === 0)
    throw new ValueError(`network: expected ${what} by name, got ${show(values)}`);
  const sorted = Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [name] of sorted)
    if (name === '' || name.includes('.'))
      throw new ValueError(`${what}: expected names without dots that are not empty, got '${name}'`);
  return sorted;
}

function shapeOf(what: string, given: InputShape | undefined): Shape {
  const shape = typeof given === 'number' ? [given] : given;
  if (!Array.isArray(shape) || shape.length === 0 || !shape.every((n) => Number.isInteger(n) && n > 0))
    throw new ValueError(`network: expected ${what} of positive integers, got ${show(given)}`);
  return shape;
}
