/** From a configuration to graphs: one that is trained, one that predicts. Parameters are called '<layer>.<name>'. */
import { LanegradError, ShapeError, ValueError } from '../errors.js';
import { type Assignment, sourcesOf } from '../graph/model.js';
import { apply, type Node, reachable, type Shape, sameShape, showShape, size } from '../graph/node.js';
import { add, mul } from '../graph/ops/elementwise.js';
import { expectingInput, input, parameter, sourceKind, statistic } from '../graph/ops/source.js';
import type { NetworkConfig, OutputConfig } from './config.js';
import type { Range, Scope } from './layer.js';
import { type Layer, layersOf, ruleOf, whereIs } from './layers/index.js';
import { buildLoss, targetsOf } from './loss.js';
import { type Topology, topologyOf } from './topology.js';

/** A parameter's initial range; its stream of the generator is its number in order. */
export interface Initial extends Range {
  readonly name: string;
}

/** A network's graph, as it is trained or as it predicts. */
export interface Mode {
  /** What the output layers give. */
  readonly outputs: readonly Node[];
  /** The losses of each sample; null for an output without one. */
  readonly losses: readonly (Node | null)[];
  /** Their sum, each times its weight; null if there are none. */
  readonly loss: Node | null;
}

/** A layer of the graph that is trained, for summaries and pictures; layers within others follow these. */
export interface LayerReport {
  readonly name: string;
  readonly kind: string;
  readonly inputs: readonly Node[];
  readonly output: Node;
  /** Numbers in its parameters, those that it shares left out. */
  readonly parameters: number;
  /** In products, for one sample. */
  readonly multiplyAdds: number;
}

export interface NetworkGraph {
  readonly inputs: readonly { readonly name: string; readonly node: Node }[];
  /** Targets are null for an output without a loss. */
  readonly outputs: readonly { readonly name: string; readonly config: OutputConfig; readonly targets: Node | null }[];
  /** The weights of the samples; null if there are none. */
  readonly weights: Node | null;
  /** The same object as `inference` where no layer differs. */
  readonly training: Mode;
  readonly inference: Mode;
  readonly initial: readonly Initial[];
  readonly assignments: readonly Assignment[];
  readonly layers: readonly LayerReport[];
}

/** Builds the graphs of a network. Throws `ValueError` or `ShapeError` that name the layer. */
export function buildNetwork(config: NetworkConfig): NetworkGraph {
  return new Builder(config).build();
}

/** What a graph calls an input or the targets of an output: 'x' where there is one, else 'x.<name>'. */
export const columnName = (letter: 'x' | 'y', name: string, names: readonly string[]): string =>
  names.length === 1 ? letter : `${letter}.${name}`;

class Builder {
  readonly #topology: Topology;
  readonly #seed: number;
  readonly #inputs: { name: string; node: Node }[];
  readonly #weights: Node | null;
  /** The outputs that have a loss, by name. */
  readonly #trained: readonly string[];
  /** What inputs and targets go by in the graph. */
  readonly #columns: readonly string[];
  readonly #initial: Initial[] = [];
  readonly #assignments: Assignment[] = [];
  readonly #layers: LayerReport[] = [];
  /** Parameters and statistics by name, and targets by the name of their output: both modes have them in common. */
  readonly #sources = new Map<string, Node>();
  readonly #targets = new Map<string, Node>();
  /** All layers by name, those within others included: others may share their parameters. */
  readonly #named: ReadonlyMap<string, Layer>;
  #streams = 0;

  constructor({ seed = 0, sampleWeights = false, ...config }: NetworkConfig) {
    this.#topology = topologyOf(config);
    this.#seed = seed;
    const { inputs, layers } = this.#topology;
    const names = inputs.map(({ name }) => name);
    this.#inputs = inputs.map(({ name, shape }) => ({ name, node: input(columnName('x', name, names), shape) }));
    const trained = this.#topology.outputs.filter(({ config }) => config.loss !== undefined).map(({ name }) => name);
    this.#trained = trained;
    this.#columns = [
      ...this.#inputs.map(({ node }) => node.name as string),
      ...trained.map((name) => columnName('y', name, trained)),
    ];
    this.#weights = sampleWeights ? input('weights') : null;
    this.#named = new Map(layers.flatMap(({ name, layer }) => layersOf(name, layer)));
  }

  build(): NetworkGraph {
    const training = this.#mode(true);
    if (this.#weights && !training.loss)
      throw new ValueError('network: expected no sampleWeights without a loss, got true');
    const differs = [...this.#named.values()].some((layer) => ruleOf(layer).differs?.(layer));
    return {
      inputs: this.#inputs,
      outputs: this.#topology.outputs.map((output) => ({ ...output, targets: this.#targets.get(output.name) ?? null })),
      weights: this.#weights,
      training,
      inference: differs ? this.#mode(false, training) : training,
      initial: this.#initial,
      assignments: this.#assignments,
      layers: this.#layers,
    };
  }

  /** The graph that is trained; or the one that predicts, beside that. */
  #mode(training: boolean, other?: Mode): Mode {
    const values = new Map<string, Node>(this.#inputs.map(({ name, node }) => [name, node]));
    for (const { name, layer, from } of this.#topology.layers) {
      const sources = from.map((source) => values.get(source) as Node);
      values.set(name, this.#layer(name, layer, sources, training));
    }
    const outputs = this.#topology.outputs.map(({ name }) => values.get(name) as Node);
    const losses = this.#topology.outputs.map((output, i) => {
      const loss = this.#loss(outputs[i], output);
      const trained = other?.losses[i];
      return loss && trained ? sharing(loss, sourcesOf([trained]).parameters) : loss;
    });
    const weighted = losses.flatMap((loss, i) => {
      const { weight = 1 } = this.#topology.outputs[i].config;
      return loss ? [weight === 1 ? loss : mul(loss, weight)] : [];
    });
    return { outputs, losses, loss: weighted.length > 0 ? weighted.reduce((a, b) => add(a, b)) : null };
  }

  #layer(name: string, layer: Layer, sources: readonly Node[], training: boolean): Node {
    const where = whereIs(name, layer);
    const rule = ruleOf(layer);
    if (rule.merges ? sources.length < 2 : sources.length !== 1)
      throw new ValueError(
        `${where}: expected ${rule.merges ? 'two inputs or more' : 'one input'}, got ${sources.length}`,
      );
    const [first, ...rest] = sources;
    const report = { name, kind: layer.kind, inputs: sources, output: first, parameters: 0, multiplyAdds: 0 };
    if (training) this.#layers.push(report);
    report.output = located(where, () =>
      rule.build(this.#scope(name, layer, training, report), [first, ...rest], layer),
    );
    return report.output;
  }

  #scope(name: string, layer: Layer, training: boolean, report: { parameters: number; multiplyAdds: number }): Scope {
    const owner = this.#owner(name, layer);
    const source = (key: string, shape: Shape, create: (key: string) => Node): Node => {
      const full = `${owner}.${key}`;
      if (!this.#sources.has(full) && owner !== name)
        throw new ValueError(
          `${whereIs(name, layer)}: expected share to name a layer that comes before it and has its '${key}', got ${whereIs(owner, this.#named.get(owner))}`,
        );
      if (this.#columns.includes(full))
        throw new ValueError(
          `${whereIs(name, layer)}: expected another name, since '${full}' is what an input or targets go by, got '${name}'`,
        );
      const node = this.#sources.get(full) ?? create(full);
      if (!sameShape(node.shape, shape))
        throw new ShapeError(
          `share: expected '${full}' of shape ${showShape(shape)}, got ${showShape(node.shape)} in ${whereIs(owner, this.#named.get(owner))}`,
        );
      this.#sources.set(full, node);
      return node;
    };
    return {
      training,
      parameter: (key, shape, initial) =>
        source(key, shape, (full) => {
          report.parameters += size(shape);
          if (typeof initial !== 'number') this.#initial.push({ name: full, ...initial });
          return parameter(
            full,
            shape,
            initial === 0 || typeof initial !== 'number' ? undefined : filled(shape, initial),
          );
        }),
      statistic: (key, shape, initial) => source(key, shape, (full) => statistic(full, shape, filled(shape, initial))),
      assign: (target, value) => {
        if (this.#assignments.some((assignment) => assignment.target === target))
          throw new ValueError(
            `share: expected statistics of its own, got those of ${whereIs(owner, this.#named.get(owner))}`,
          );
        this.#assignments.push({ target, value });
      },
      count: (multiplyAdds) => {
        report.multiplyAdds += multiplyAdds;
      },
      stream: () => ({ seed: this.#seed, stream: this.#streams++ }),
      chain: (x, layers) =>
        layers.reduce((y, inner, index) => {
          // What is shared of a layer is what is within it.
          const shared = owner === name || inner.share !== undefined ? inner : { ...inner, share: `${owner}.${index}` };
          return this.#layer(`${name}.${index}`, shared as Layer, [y], training);
        }, x),
    };
  }

  /** The name of the layer whose parameters a layer uses. */
  #owner(name: string, layer: Layer): string {
    const { kind, share } = layer;
    if (share === undefined) return name;
    const owner = this.#named.get(share);
    if (owner?.kind === kind && owner.share === undefined && share !== name) return share;
    const got = owner
      ? `${whereIs(share, owner)}${owner.share === undefined ? '' : ', which shares itself'}`
      : `'${share}'`;
    throw new ValueError(
      `${whereIs(name, layer)}: expected share to name another layer of kind ${kind} with parameters of its own, got ${got}`,
    );
  }

  /** The loss of each sample at an output, times the sample's weight. */
  #loss(output: Node, { name, config }: Topology['outputs'][number]): Node | null {
    const of = targetsOf(output, config);
    if (!of) return null;
    const { shape, ...expected } = of;
    const targets = this.#targets.get(name) ?? expectingInput(columnName('y', name, this.#trained), shape, expected);
    this.#targets.set(name, targets);
    const loss = buildLoss(output, targets, config);
    return this.#weights ? mul(loss, this.#weights) : loss;
  }
}

const filled = (shape: Shape, value: number): Float32Array => new Float32Array(size(shape)).fill(value);

/** A graph with these parameters in place of others of their names: a loss that is a function makes new ones at each call. */
function sharing(root: Node, parameters: ReadonlyMap<string, Node>): Node {
  const shared = new Map<Node, Node>();
  for (const node of reachable([root])) {
    const inputs = node.inputs.map((input) => shared.get(input) as Node);
    const parameter = sourceKind(node) === 'parameter' ? parameters.get(node.name as string) : undefined;
    const same = inputs.every((input, i) => input === node.inputs[i]);
    shared.set(node, parameter ?? (same ? node : apply(node.operation, inputs, node.attributes, node.name)));
  }
  return shared.get(root) as Node;
}

/** Tells an error with the layer's name in place of that of the operation that found it. */
function located(where: string, build: () => Node): Node {
  try {
    return build();
  } catch (error) {
    if (!(error instanceof LanegradError) || error.message.startsWith('layer ')) throw error;
    const Class = error.constructor as new (message: string, options: ErrorOptions) => LanegradError;
    throw new Class(error.message.replace(/^[^:]+: /, `${where}: `), { cause: error });
  }
}
