/** What the library asks of its host. `node.ts` and `browser.ts` answer; package.json's `#platform` chooses. */

export interface WorkerStart {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly control: number;
  readonly thread: number;
}

/** A thread of the pool. */
export interface WorkerHandle {
  /** Resolves once the worker is about to enter its loop; rejects when it cannot. */
  readonly ready: Promise<void>;
  terminate(): void;
}

export interface Platform {
  /** Threads that the machine runs at once. */
  cores(): number;
  /** An environment variable; undefined where there are none. */
  environment(name: string): string | undefined;
  /** Whether the calling thread may sleep: a browser's main thread may not. */
  canSleep(): boolean;
  /** Whether memory can be shared with a worker. */
  canShare(): boolean;
  /** The major version of V8, where that is the engine and tells it; else null. */
  readonly v8: number | null;
  /** Has the engine collect at once what nobody holds any more, where it can be made to. */
  collect(): void;
  /** Sets an engine flag; null where the engine takes none. */
  readonly setEngineFlag: ((flag: string) => void) | null;
  /** Starts a worker that instantiates the kernels and enters their loop. `onExit` tells why it ended. */
  startWorker(start: WorkerStart, onExit: (reason: string) => void): WorkerHandle;
  /** The bytes of zlib data in base64. */
  inflate(base64: string): Promise<Uint8Array<ArrayBuffer>>;
  /** Throws `CheckpointError` where there is no file to read. */
  readFile(file: string | URL): Promise<Uint8Array>;
  /** Writes beside the target, then renames into place: nothing is lost when writing fails, which throws `CheckpointError`. */
  writeFile(file: string | URL, bytes: Uint8Array): Promise<void>;
}
