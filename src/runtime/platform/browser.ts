/** Browsers, and any other host with web workers. */
import { UnsupportedError } from '../../errors.js';
import type { Platform, WorkerHandle, WorkerStart } from './platform.js';
import { WORKER_SOURCE } from './worker.js';

const SOURCE = `${WORKER_SOURCE}
onmessage = ({ data }) => enter(data, () => postMessage('ready'))
`;

function startWorker(start: WorkerStart, onExit: (reason: string) => void): WorkerHandle {
  const url = URL.createObjectURL(new Blob([SOURCE], { type: 'text/javascript' }));
  const worker = new Worker(url, { name: `lanegrad ${start.thread}` });
  const ready = new Promise<void>((resolve, reject) => {
    worker.onmessage = () => resolve();
    worker.onerror = ({ message }) => {
      const reason = message || 'the page does not allow workers from a blob (worker-src blob: in its policy)';
      onExit(`worker ${start.thread} failed: ${reason}`);
      reject(new Error(reason));
    };
  }).finally(() => URL.revokeObjectURL(url));
  worker.postMessage(start);
  ready.catch(() => {});
  return { ready, terminate: () => worker.terminate() };
}

async function inflate(base64: string): Promise<Uint8Array<ArrayBuffer>> {
  // jsdom has neither.
  if (typeof DecompressionStream === 'undefined' || !Blob.prototype.stream)
    throw new UnsupportedError(
      "kernels: expected a browser with DecompressionStream and Blob.stream, got one without; tests of jest in jsdom need customExportConditions: ['node', 'node-addons'], and tier 'js' runs without them",
    );
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Chromium collects before it refuses an array, one of the most bytes that it does not take for a wrong length. */
function collect(): void {
  try {
    new ArrayBuffer(2 ** 35 - 1);
  } catch {
    // As expected.
  }
}

function noFiles(): never {
  throw new UnsupportedError('files: expected a host with a file system; pass bytes instead of a path');
}

export const platform: Platform = {
  cores: () => globalThis.navigator?.hardwareConcurrency ?? 1,
  environment: () => undefined,
  canSleep: () => typeof document === 'undefined',
  canShare: () => globalThis.crossOriginIsolated === true,
  v8: null,
  collect,
  setEngineFlag: null,
  startWorker,
  inflate,
  readFile: async () => noFiles(),
  writeFile: async () => noFiles(),
};
