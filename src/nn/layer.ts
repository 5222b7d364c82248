/** What a layer is: plain data for the user, and a rule that makes graph of it. */
import type { Fields } from '../fields.js';
import type { Node, Shape } from '../graph/node.js';

/** What every layer may say. */
export interface LayerBase<Kind extends string> {
  readonly kind: Kind;
  /** Among named layers: the input or layer whose output this one takes, or several of them. */
  readonly from?: string | readonly string[] | undefined;
  /** The name of a layer of the same kind whose parameters this one uses; among listed layers, the index of one before it. */
  readonly share?: string | undefined;
}

/** A layer's options: what its function takes besides the arguments that have a place of their own. */
export type LayerOptions<L extends LayerBase<string>, Placed extends keyof L = never> = Partial<
  Omit<L, keyof LayerBase<string> | Placed>
>;

/** What a parameter's numbers start as: uniform in [low, high), drawn from the network's seed. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

/** What a layer's rule may ask for. */
export interface Scope {
  /** Whether the graph is the one that is trained, or the one that predicts. */
  readonly training: boolean;
  /** The parameter '<layer>.<name>', drawn from a range, or the same number everywhere. */
  parameter(name: string, shape: Shape, initial: Range | number): Node;
  /** The statistic '<layer>.<name>', which starts as the same number everywhere. */
  statistic(name: string, shape: Shape, initial: number): Node;
  /** What a training step gives to a statistic. */
  assign(target: Node, value: Node): void;
  /** Says that the layer makes this many multiply-adds a sample in products. */
  count(multiplyAdds: number): void;
  /** A stream of masks that no other layer draws from. */
  stream(): { readonly seed: number; readonly stream: number };
  /** The output of layers within this one, called '<layer>.0', '<layer>.1', .... */
  chain(x: Node, layers: readonly LayerBase<string>[]): Node;
}

/** The rules of a family of layers, by kind. */
export type RulesOf<L extends LayerBase<string>> = {
  readonly [Kind in L['kind']]: LayerRule<Extract<L, { readonly kind: Kind }>>;
};

export interface LayerRule<L extends LayerBase<string>> {
  /** What the layer may say besides `LayerBase`. */
  readonly fields: Fields;
  /** Whether it takes two inputs or more; all others take one. */
  readonly merges?: boolean;
  /** Whether it means something else in training than in prediction; without this rule it does not. */
  readonly differs?: (layer: L) => boolean;
  /** Its output. Errors are told with the layer's name in place of the operation's. */
  readonly build: (scope: Scope, inputs: readonly [Node, ...Node[]], layer: L) => Node;
}
