/** The instructions of each way to use a model, before they are fused and have addresses. */
import type { Derivation, Model } from '../graph/model.js';
import type { Node } from '../graph/node.js';
import { emitElementwise, lineCount } from '../graph/storage.js';
import { Emitter } from './emitter.js';
import { Elementwise, Rule } from './generated/instructions.js';
import type { Listing } from './sequence.js';
import type { Store } from './store.js';

/** A training step at once; forward, backward and step as phases; the loss and the outputs; the outputs alone. */
export type Kind = 'train' | 'split' | 'evaluate' | 'predict';

/** The nodes whose values a sequence computes: those of the forward pass, the gradients, what a step goes by. */
interface Roots {
  readonly forward: readonly Node[];
  readonly backward: readonly Node[];
  readonly step: readonly Node[];
}

export function rootsOf(kind: Kind, { outputs, update }: Model, derivation: Derivation): Roots {
  const { value, evaluation, gradients, directions, assignments } = derivation;
  if (kind === 'predict') return { forward: outputs, backward: [], step: [] };
  if (kind === 'evaluate')
    return { forward: [evaluation.value as Node, ...evaluation.outputs], backward: [], step: [] };
  const step = update ? [...directions.values(), ...assignments.map(({ value }) => value)] : [];
  return { forward: [value as Node], backward: [...gradients.values()], step };
}

/** Lists a sequence; its results are the forward roots, then the gradients where they are returned. */
export function list(kind: Kind, model: Model, derivation: Derivation, store: Store): Listing {
  const { forward, backward, step } = rootsOf(kind, model, derivation);
  const emitter = new Emitter(model.batch, (node) => store.buffer(node));
  const phases = [emitter.instructions];
  const nextPhase = () => {
    if (kind !== 'split') return;
    emitter.instructions = [];
    phases.push(emitter.instructions);
  };
  emitter.feed([...forward, ...backward, ...step]);
  emitter.compute(forward);
  const results = forward.map((node) => emitter.result(node));
  nextPhase();
  emitter.compute([...backward, ...step]);
  if (kind === 'split') results.push(...backward.map((node) => emitter.kept(node)));
  nextPhase();
  if (model.update && (kind === 'train' || kind === 'split')) {
    for (const p of store.trained) {
      const [s0 = null, s1 = null] = store.states(p);
      const g = emitter.buffer(derivation.directions.get(p.name as string) as Node);
      emitter.emit('update', { p: store.buffer(p), g, s0, s1, lines: lineCount(p), rule: Rule[model.update.rule] });
    }
    for (const { target, value } of derivation.assignments)
      emitElementwise(emitter, target, Elementwise.copy, [value], 1);
  }
  return { phases, feeds: emitter.feeds, tables: emitter.tables, results };
}
