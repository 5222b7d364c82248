/** Node.js, and what is compatible with it. */
import { randomUUID } from 'node:crypto';
import { open, readFile as read, rename, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isMainThread, Worker } from 'node:worker_threads';
import { inflateSync } from 'node:zlib';
import { CheckpointError } from '../../errors.js';
import type { Platform, WorkerHandle, WorkerStart } from './platform.js';
import { WORKER_SOURCE } from './worker.js';

const SOURCE = `${WORKER_SOURCE}
const { parentPort, workerData } = require('node:worker_threads')
enter(workerData, () => parentPort.postMessage('ready'))
`;

function startWorker(start: WorkerStart, onExit: (reason: string) => void): WorkerHandle {
  // The process's own flags, also those of NODE_OPTIONS, are not for this text: under --input-type=module it would have no
  // require, and what --import loads first might begin to train, on threads of its own.
  const options = { eval: true, execArgv: [], env: {}, workerData: start, name: `lanegrad ${start.thread}` };
  const worker = new Worker(SOURCE, options);
  let reason = '';
  const ready = new Promise<void>((resolve, reject) => {
    worker.once('message', () => {
      // An idle pool must not keep the process alive.
      worker.unref();
      resolve();
    });
    worker.once('error', (error: Error) => {
      reason = `: ${error.message}`;
      reject(error);
    });
    worker.once('exit', (code) => {
      onExit(`worker ${start.thread} ended with code ${code}${reason}`);
      reject(new Error(`worker ${start.thread} ended before it was ready`));
    });
  });
  ready.catch(() => {});
  return { ready, terminate: () => void worker.terminate() };
}

/** Deno refuses to tell an environment variable that it was not allowed to read. */
function environment(name: string): string | undefined {
  try {
    return process.env[name];
  } catch {
    return undefined;
  }
}

/** What the file system refuses, told about the path that was given: its own message may be about the file beside it. */
const refused = (expected: string, path: string, cause: unknown): CheckpointError => {
  const reason = (cause as Error).message.replace(/, \w+( '.*)?$/s, '');
  return new CheckpointError(`${expected} at '${path}', got ${reason}`, { cause });
};

const pathOf = (file: string | URL): string => (typeof file === 'string' ? file : fileURLToPath(file));

async function readFile(file: string | URL): Promise<Uint8Array> {
  const path = pathOf(file);
  try {
    return await read(path);
  } catch (cause) {
    throw refused('load: expected a file to read', path, cause);
  }
}

/** Under --permission newer releases of Node.js refuse to wait for the disk, whatever may be written: then nobody waits. */
const unlessDenied = (error: NodeJS.ErrnoException): void => {
  if (error.code !== 'ERR_ACCESS_DENIED') throw error;
};

async function writeFile(file: string | URL, bytes: Uint8Array): Promise<void> {
  const path = pathOf(file);
  const beside = `${path}.${randomUUID()}.tmp`;
  try {
    const handle = await open(beside, 'wx');
    try {
      await handle.writeFile(bytes);
      await handle.sync().catch(unlessDenied);
    } finally {
      await handle.close();
    }
    await rename(beside, path);
  } catch (cause) {
    // What kept it from being written may also keep one from looking whether there is anything to remove.
    await rm(beside, { force: true }).catch(() => {});
    throw refused('save: expected a file to write', path, cause);
  }
}

/** Bun has another engine and tells a version of V8 all the same; Deno's takes no flags. */
const { v8: version, bun, deno } = process.versions;
const v8 = version === undefined || bun !== undefined || deno !== undefined ? null : Number.parseInt(version, 10);

/**
 * V8 gives a function that collects to contexts that are made while a flag of its is set. Asking for an array that it would
 * only refuse after collecting is no way here: a refusal ends a worker thread.
 */
function collect(): void {
  const gc = globalThis.gc ?? (v8 === null ? undefined : hiddenCollector());
  // From version 12 on the heap shrinks too, by 5 MB that compiling kernels had left. To older ones options mean a small one.
  if (v8 !== null && v8 >= 12) gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  else gc?.();
}

/** Of 1000 looks by four threads at once some 15 were in vain. */
const LOOKS = 8;

function hiddenCollector(): NodeJS.GCFunction | undefined {
  let gc: NodeJS.GCFunction | undefined;
  // The flag is the process's: another thread that looks may have cleared it in between.
  for (let look = 0; look < LOOKS && !gc; look++) {
    setFlagsFromString('--expose-gc');
    gc = runInNewContext('globalThis.gc');
    setFlagsFromString('--no-expose-gc');
  }
  return gc;
}

export const platform: Platform = {
  cores: availableParallelism,
  environment,
  canSleep: () => true,
  canShare: () => typeof SharedArrayBuffer !== 'undefined',
  v8,
  collect,
  // Engine flags belong to the whole process, so only its main thread sets them.
  setEngineFlag: isMainThread && v8 !== null ? setFlagsFromString : null,
  startWorker,
  // Web streams take 10 ms to load here, atob's way to bytes 5. The copy is no Buffer, whose `slice` would not copy.
  inflate: async (base64) => new Uint8Array(inflateSync(Buffer.from(base64, 'base64'))),
  readFile,
  writeFile,
};
