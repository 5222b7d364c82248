/** The training loop. */
import { DivergenceError, MemoryError, ValueError } from '../errors.js';
import { anything, checkFields, type FieldsOf, flag, optional, positiveInteger, type Requirement } from '../fields.js';
import type { Executable, Samples, Snapshot } from '../graph/model.js';
import { Generator } from '../random.js';
import { showBytes } from '../runtime/heap.js';
import { nextTurn } from '../turn.js';
import { type Checked, type Columns, type Dataset, rowsOf } from './data.js';
import type { Evaluation } from './metrics.js';
import type { Ports } from './ports.js';

export interface BatchReport {
  /** From 1. */
  readonly epoch: number;
  /** From 1, of `batches`. */
  readonly batch: number;
  readonly batches: number;
  /** The loss before this batch's step. */
  readonly loss: number;
  /** Samples seen in this epoch. */
  readonly samples: number;
}

export interface EpochReport {
  /** From 1. */
  readonly epoch: number;
  /** The mean of the samples' losses, each before the step on its batch. */
  readonly loss: number;
  /** After the epoch, on the validation data; null without any. */
  readonly validation: Evaluation | null;
  /** Spent on training alone, which begins once the samples are in place. */
  readonly seconds: number;
  readonly samplesPerSecond: number;
}

export interface FitOptions {
  /** By default 1. */
  readonly epochs?: number | undefined;
  /** Data to evaluate after each epoch, or the share of the training data, from its end, that is held out for that. */
  readonly validation?: Dataset | number | undefined;
  /** Whether the samples come in a new order in each epoch, drawn from the network's seed; by default yes. */
  readonly shuffle?: boolean | undefined;
  /** Called after each batch. A promise is awaited. */
  readonly onBatch?: ((report: BatchReport) => unknown) | undefined;
  /** Called after each epoch. A promise is awaited; what it changes is what the next epoch begins with. */
  readonly onEpoch?: ((report: EpochReport) => unknown) | undefined;
  /** Stops after the batch at hand: `fit` returns the epochs that were completed. */
  readonly signal?: AbortSignal | undefined;
}

/** What `fit` needs of a network. */
export interface Trainable {
  readonly executable: Executable;
  readonly ports: Ports;
  readonly seed: number;
  /** Epochs that the network has been trained for, so that a second `fit` draws new orders. */
  epochs: number;
  evaluate(samples: Checked): Evaluation;
}

/** A state that training may go back to: at the start of an epoch, when the network had been trained for `epochs`. */
interface Start {
  readonly epoch: number;
  readonly epochs: number;
  readonly snapshot: Snapshot;
}

/** The generator's stream for the order of samples in an epoch; initial parameters have the streams below. */
const SHUFFLE_STREAM = 2 ** 31;
/** Milliseconds of training after which other events get their turn. */
const TURN_MS = 50;

/** Trains on the data; see `Network.fit`. */
export async function fit(net: Trainable, data: Dataset, options: FitOptions): Promise<EpochReport[]> {
  checkFields('fit', options, fitFields, elsewhere);
  const { training, validation } = split(net.ports, data, options.validation);
  // What validation takes of memory is refused now, if at all, and not after an epoch.
  if (validation) net.executable.prepareEvaluation('fit (validation)');
  const samples = prepared(net, training.columns);
  try {
    return await train(net, { samples, rows: training.rows, validation }, options);
  } finally {
    samples.dispose();
  }
}

async function train(
  net: Trainable,
  { samples, rows, validation }: { samples: Samples; rows: number; validation: Checked | null },
  { epochs = 1, shuffle = true, signal, onBatch, onEpoch }: FitOptions,
): Promise<EpochReport[]> {
  const { executable, ports } = net;
  const batches = Math.ceil(rows / ports.batch);
  const history: EpochReport[] = [];
  let turn = performance.now();
  let good = startOf(net, 1);
  // The last step of an epoch may be the one that went too far: a start is good once a loss from there was finite. Until
  // then the one before is kept, and from then on it is what the next one is written over.
  let next = epochs > 1 ? startOf(net, 1) : good;
  const diverge = (what: string, where: string): never => {
    const step = executable.steps;
    executable.restore(good.snapshot);
    net.epochs = good.epochs;
    throw new DivergenceError(
      `fit: expected ${what} in step ${step} (${where}); the network is back at the start of epoch ${good.epoch}; try a smaller learning rate, or scale the inputs`,
    );
  };

  for (let epoch = 1; epoch <= epochs && !signal?.aborted; epoch++) {
    if (epoch > 1) next = startOf(net, epoch, next.snapshot);
    const order = new Uint32Array(rows).map((_, i) => i);
    if (shuffle) new Generator(net.seed, SHUFFLE_STREAM + net.epochs).shuffle(order);
    let total = 0;
    let seconds = 0;
    for (let index = 0; index < batches; index++) {
      if (signal?.aborted) return history;
      const began = performance.now();
      const taken = order.subarray(index * ports.batch, Math.min(rows, (index + 1) * ports.batch));
      const loss = samples.trainStep(taken);
      seconds += (performance.now() - began) / 1000;
      if (!Number.isFinite(loss)) diverge(`a finite loss, got ${loss}`, `epoch ${epoch}, batch ${index + 1}`);
      if (index === 0 && epoch > 1) [good, next] = [next, good];
      total += loss * taken.length;
      const seen = Math.min(rows, (index + 1) * ports.batch);
      await onBatch?.({ epoch, batch: index + 1, batches, loss, samples: seen });
      if (performance.now() - turn > TURN_MS) {
        await nextTurn();
        turn = performance.now();
      }
    }
    const evaluation = validation && net.evaluate(validation);
    if (evaluation && !Number.isFinite(evaluation.loss))
      diverge(`a finite validation loss, got ${evaluation.loss}`, `epoch ${epoch}`);
    net.epochs++;
    if (!executable.allFinite()) diverge('finite parameters', `epoch ${epoch}`);
    const report = {
      epoch,
      loss: total / rows,
      validation: evaluation,
      seconds,
      samplesPerSecond: rows / seconds,
    };
    history.push(report);
    await onEpoch?.(report);
  }
  return history;
}

/** The network as it is, written over an earlier copy if there is one. Throws `MemoryError` if there is no room for one. */
function startOf({ executable, epochs }: Trainable, epoch: number, over?: Snapshot): Start {
  try {
    return { epoch, epochs, snapshot: executable.snapshot(over) };
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    const { parameters, states } = executable.plan;
    const bytes = showBytes(parameters + states);
    throw new MemoryError(`fit: expected ${bytes} for a copy of what is trained, got ${cause.message}`, { cause });
  }
}

const callback: Requirement = { holds: (x) => typeof x === 'function', text: 'a function' };

/** What other libraries call options of theirs. */
const elsewhere = {
  batchSize: 'batch is what the network was made with',
  validationSplit: 'that is validation',
  validationData: 'that is validation',
  callbacks: 'there are onBatch and onEpoch',
};

/** The fields of `FitOptions`; the validation data are checked with the others. */
const fitFields: FieldsOf<FitOptions> = {
  epochs: optional(positiveInteger),
  validation: anything,
  shuffle: optional(flag),
  onBatch: optional(callback),
  onEpoch: optional(callback),
  signal: optional({
    holds: (x) => typeof (x as AbortSignal | null)?.aborted === 'boolean',
    text: 'an AbortSignal',
  }),
};

/** The data to train on, and the data to evaluate; the numbers of that are finite. */
function split(
  ports: Ports,
  data: Dataset,
  validation: FitOptions['validation'],
): { training: Checked; validation: Checked | null } {
  const all = ports.check('fit', data);
  if (validation === undefined) return { training: all, validation: null };
  if (typeof validation !== 'number') {
    const others = ports.check('fit (validation)', validation);
    ports.checkFinite('fit (validation)', others.columns);
    return { training: all, validation: others };
  }
  const { rows, columns } = all;
  const held = Math.round(rows * validation);
  if (!(validation > 0 && validation < 1) || held === 0 || held === rows)
    throw new ValueError(
      `fit: expected a validation share in (0, 1) that leaves rows on both sides, got ${validation} of ${rows} rows`,
    );
  const part = (from: number, to: number): Checked => ({
    rows: to - from,
    columns: rowsOf(columns, ports.sizes, from, to),
  });
  const heldOut = part(rows - held, rows);
  try {
    ports.checkFinite('fit', heldOut.columns);
  } catch (error) {
    // It shall tell the row among all.
    ports.checkFinite('fit', columns);
    throw error;
  }
  return { training: part(0, rows - held), validation: heldOut };
}

/** The samples, ready for steps on any rows of them. Throws if a number is not finite. */
function prepared({ executable, ports }: Trainable, columns: Columns): Samples {
  const taken = Object.fromEntries(ports.taken.map((name) => [name, columns[name]]));
  const placed = executable.place(taken);
  // The kernels look while they copy, faster than JavaScript does; it finds the number that is not finite.
  if (placed?.finite) return placed;
  placed?.dispose();
  ports.checkFinite('fit', columns);
  return gathered(executable, ports, taken);
}

/** Samples that stay where they are: those of each batch are gathered where the network reads them. */
function gathered(executable: Executable, { batch, sizes }: Ports, columns: Columns): Samples {
  const sources = Object.entries(columns).map(([name, values]) => ({
    name,
    size: sizes[name],
    source: values instanceof Float32Array ? values : Float32Array.from(values),
  }));
  const gather = (rows: Uint32Array): Columns => {
    const piece: Record<string, Float32Array> = {};
    for (const { name, size, source } of sources) {
      const target = executable.view(name);
      rows.forEach((row, i) => {
        if (size === 1) target[i] = source[row];
        else target.set(source.subarray(row * size, (row + 1) * size), i * size);
      });
      piece[name] = rows.length === batch ? target : target.subarray(0, rows.length * size);
    }
    return piece;
  };
  return { finite: true, trainStep: (rows) => executable.trainStep(gather(rows)), dispose: () => {} };
}
