/** The errors that lanegrad throws: one base, one class a reason. The message names the operation, what was expected and what came. */

export class LanegradError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** An array's length or rank, or a layer's or operation's shape, does not fit. */
export class ShapeError extends LanegradError {}

/** A number, name or option is outside what is allowed. */
export class ValueError extends LanegradError {}

/** The object was used after `dispose()`. */
export class DisposedError extends LanegradError {}

/** The engine or machine lacks what was asked for. */
export class UnsupportedError extends LanegradError {}

/** A network does not fit into memory. */
export class MemoryError extends LanegradError {}

/** A file is damaged or does not belong to this network. */
export class CheckpointError extends LanegradError {}

/** A worker thread died or did not answer. */
export class WorkerError extends LanegradError {}

/** The loss became NaN or infinite. */
export class DivergenceError extends LanegradError {}
