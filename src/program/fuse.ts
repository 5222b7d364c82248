/**
 * Fusion: what a neighbour can do while a tile is in the first-level cache is not done in a pass of its own. Each rule
 * but `movePoolGradient` replaces two instructions by one that writes the same numbers. Every buffer but a parameter or a
 * state is written once, so an instruction may move up to where its operands are there.
 */
import { areTableAndPlaces } from '../graph/line-map.js';
import type { Buffer, Instruction, InstructionName } from '../graph/lowering.js';
import { accesses, writes } from './dependence.js';
import { createBuffer, type Table } from './emitter.js';
import { Activation, Combine } from './generated/instructions.js';

type Typed<N extends InstructionName> = Instruction<N>;

const isLinear = ({ fields }: Instruction): boolean =>
  'activation' in fields && fields.activation === Activation.linear;

const is = <N extends InstructionName>(instruction: Instruction, name: N): instruction is Typed<N> =>
  instruction.name === name;

/** The instructions of each phase, fused within it. A phase is what one call runs, so nothing moves between them. */
export function fuse(phases: readonly (readonly Instruction[])[], tables: readonly Table[] = []): Instruction[][] {
  const fused = phases.map((phase) => [...phase]);
  for (const phase of fused)
    for (const rule of [fuseActivation, movePoolGradient, fuseActivationGradient, fusePosition, fuseUpdate])
      rule(phase, sharedBy(fused.flat()), () => fused.flat(), tables);
  return fused;
}

function replace(phase: Instruction[], at: number, instruction: Instruction, removed: number): void {
  phase[at] = instruction;
  phase.splice(removed, 1);
}

type Shared = (buffer: Buffer | null) => boolean;

/** Tells whether several instructions read a buffer. What a rule fuses are readers of the one it asks about, so that it holds throughout. */
function sharedBy(instructions: readonly Instruction[]): Shared {
  const once = new Set<Buffer>();
  const more = new Set<Buffer>();
  for (const instruction of instructions) {
    const read = accesses(instruction).filter(({ written }) => !written);
    for (const buffer of new Set(read.map(({ buffer }) => buffer))) (once.has(buffer) ? more : once).add(buffer);
  }
  return (buffer) => buffer !== null && more.has(buffer);
}

/** What computes z: a product whose epilogue has room for an activation. */
const isProduct = (instruction: Instruction): instruction is Typed<'denseForward'> | Typed<'convolve'> =>
  is(instruction, 'denseForward') || (is(instruction, 'convolve') && !instruction.fields.saved);

/** Y = f(X W + b): the activation goes into the product's epilogue; z is kept only if somebody else reads it. */
function fuseActivation(phase: Instruction[], shared: Shared): void {
  for (let i = 0; i < phase.length; i++) {
    const product = phase[i];
    if (!isProduct(product) || !isLinear(product)) continue;
    const { z } = product.fields;
    const j = phase.findIndex((next) => is(next, 'activationForward') && next.fields.x === z && !isLinear(next));
    if (j < 0) continue;
    const { y, activation, alpha } = (phase[j] as Typed<'activationForward'>).fields;
    const fields = { ...product.fields, z: shared(z) ? z : y, y, activation, alpha };
    replace(phase, i, { ...product, fields } as Instruction, j);
  }
}

/** The gradient that a product computes; null for an instruction that computes none by itself. */
function gradientOf(instruction: Instruction): Buffer | null {
  if (is(instruction, 'denseBackwardInput')) return instruction.fields.dx;
  return is(instruction, 'convolve') && !instruction.fields.b ? instruction.fields.z : null;
}

/** dZ = (dY W^T) f'(z): the derivative goes into the epilogue of the product that nobody else reads. */
function fuseActivationGradient(phase: Instruction[], shared: Shared): void {
  for (let i = 0; i < phase.length; i++) {
    const product = phase[i];
    const gradient = gradientOf(product);
    if (!gradient || !isLinear(product)) continue;
    const j = phase.findIndex((next) => is(next, 'activationBackward') && next.fields.dy === gradient);
    if (j < 0 || shared(gradient)) continue;
    const { saved, dx, activation, alpha } = (phase[j] as Typed<'activationBackward'>).fields;
    if (phase.slice(i).some((later) => saved && writes(later, saved))) continue;
    const target = is(product, 'convolve') ? { z: dx, y: dx } : { dx };
    const fields = { ...product.fields, ...target, saved, activation, alpha };
    replace(phase, i, { ...product, fields } as Instruction, j);
  }
}

const isCombination = (instruction: Instruction, kind: keyof typeof Combine): instruction is Typed<'combine'> =>
  is(instruction, 'combine') && instruction.fields.kind === Combine[kind];

/** Whether two combinations differ in nothing but what they write: the maxima of the same sets, and their places. */
const sameButWritten = (a: Typed<'combine'>, b: Typed<'combine'>): boolean =>
  Object.entries(a.fields).every(
    ([field, value]) => field === 'y' || field === 'position' || value === b.fields[field as keyof typeof b.fields],
  );

/** Whether `unpick` goes back over the sets of these maxima, by a place for each of them: those of `gather` are others. */
function goesBack({ fields }: Typed<'combine'>, greatest: Typed<'combine'>, tables: readonly Table[]): boolean {
  const { width, inputs, outputs, batched } = greatest.fields;
  const valuesOf = (table: Buffer | null) => tables.find(({ buffer }) => buffer === table)?.values;
  const [table, places] = [valuesOf(greatest.fields.table), valuesOf(fields.table)];
  if (!table || !places || fields.batched !== batched || fields.width !== width || fields.atWidth !== width)
    return false;
  if (fields.inputs !== outputs || fields.outputs !== inputs) return false;
  return areTableAndPlaces(table, places, greatest.fields);
}

/**
 * The gradient of max(f(z)) over windows goes to the elements that were chosen, where f' is told from the maxima as well
 * as from f(z): it is taken where there are fewer of them, before they are spread, and may go into a product there. Where
 * windows overlap, what is added up has then been multiplied already, and may round otherwise.
 */
function movePoolGradient(
  phase: Instruction[],
  shared: Shared,
  all: () => Instruction[],
  tables: readonly Table[],
): void {
  for (let i = 0; i < phase.length; i++) {
    const unpick = phase[i];
    // Without samples, combinations work on numbers, and activations on lines.
    if (!isCombination(unpick, 'unpick') || !unpick.fields.batched) continue;
    const { x: dy, y: spread, at, inputs, width } = unpick.fields;
    const j = phase.findIndex((next) => is(next, 'activationBackward') && next.fields.dy === spread);
    const known = all();
    // Maxima that are taken later only, for something else, are not there yet.
    const chosen = known.slice(0, known.indexOf(unpick)).filter((other) => isCombination(other, 'greatest'));
    const position = chosen.find(({ fields }) => fields.position === at);
    const greatest = chosen.find((other) => other.fields.y && position && sameButWritten(other, position));
    if (j < 0 || !dy || !greatest || !goesBack(unpick, greatest, tables) || shared(spread)) continue;
    const derivative = phase[j] as Typed<'activationBackward'>;
    if (derivative.fields.saved !== greatest.fields.x) continue;
    const dx = createBuffer('activationGradient', dy.bytes, 'scratch');
    const fields = { ...derivative.fields, saved: greatest.fields.y, dy, dx, features: inputs * width };
    phase.splice(j, 1);
    phase.splice(
      i,
      1,
      { ...derivative, fields } as Instruction,
      { ...unpick, fields: { ...unpick.fields, x: dx, y: derivative.fields.dx } } as Instruction,
    );
  }
}

/** The greatest elements and their places are found in one pass: that of the two which comes first and may be needed first. */
function fusePosition(phase: Instruction[]): void {
  for (let i = 0; i < phase.length; i++) {
    const first = phase[i];
    if (!isCombination(first, 'greatest') || (first.fields.y && first.fields.position)) continue;
    const j = phase.findIndex(
      (next, at) =>
        at > i &&
        isCombination(next, 'greatest') &&
        sameButWritten(next, first) &&
        !(first.fields.y ? next.fields.y : next.fields.position),
    );
    if (j < 0) continue;
    const second = phase[j] as Typed<'combine'>;
    const y = first.fields.y ?? second.fields.y;
    const position = first.fields.position ?? second.fields.position;
    replace(phase, i, { ...first, fields: { ...first.fields, y, position } }, j);
  }
}

/**
 * W and the optimiser's state are updated by the tile of dW that is in the cache, and dW never reaches memory: if
 * nobody else reads dW, and nobody reads the old W after this product.
 */
function fuseUpdate(phase: Instruction[], shared: Shared): void {
  for (let j = phase.length - 1; j >= 0; j--) {
    const update = phase[j];
    if (!is(update, 'update')) continue;
    const { p, g, s0, s1, rule } = update.fields;
    const i = phase.findIndex((product) => is(product, 'denseBackwardWeight') && product.fields.dw === g);
    if (i < 0 || g?.life !== 'scratch' || shared(g)) continue;
    const after = phase.slice(i + 1, j);
    if (after.some((next) => p && accesses(next).some(({ buffer }) => buffer === p))) continue;
    const product = phase[i] as Typed<'denseBackwardWeight'>;
    replace(phase, i, { ...product, fields: { ...product.fields, dw: null, rule, w: p, s0, s1 } }, j);
  }
}
