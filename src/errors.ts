/** The errors that lanegrad throws: one base, one class a reason. The message names the operation, what was expected and what came. */

export class LanegradError extends Error {
  /** Written out, since a class loses its own name where code is minified. */
  override readonly name: string = 'LanegradError';
}

/** An array's length or rank, or a layer's or operation's shape, does not fit. */
export class ShapeError extends LanegradError {
  override readonly name = 'ShapeError';
}

/** A number, name or option is outside what is allowed. */
export class ValueError extends LanegradError {
  override readonly name = 'ValueError';
}

/** The object was used after `dispose()`. */
export class DisposedError extends LanegradError {
  override readonly name = 'DisposedError';
}

/** The engine or machine lacks what was asked for. */
export class UnsupportedError extends LanegradError {
  override readonly name = 'UnsupportedError';
}

/** A network does not fit into memory. */
export class MemoryError extends LanegradError {
  override readonly name = 'MemoryError';
}

/** A file cannot be read or written, is damaged or does not belong to this network. */
export class CheckpointError extends LanegradError {
  override readonly name = 'CheckpointError';
}

/** A worker thread died or did not answer. */
export class WorkerError extends LanegradError {
  override readonly name = 'WorkerError';
}

/** A loss or a parameter became NaN or infinite. */
export class DivergenceError extends LanegradError {
  override readonly name = 'DivergenceError';
}
