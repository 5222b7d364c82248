/** Where in the user's code a node was made, for messages about it. Silent where an engine or a bundler hides it. */

/** Frames that are kept: a layer of a network is some ten calls within lanegrad away from the user's. */
const FRAMES = 16;

/** A call stack. Engines keep frames, and write them out when they are asked for, which is the costly part. */
export interface Origin {
  readonly stack?: unknown;
}

/** The calls that lead here. It takes some 3 us; to read it takes 10, and many times that where a source map leads back. */
export function here(): Origin {
  const { stackTraceLimit } = Error;
  try {
    // Where Error is frozen there are fewer frames.
    Reflect.set(Error, 'stackTraceLimit', FRAMES);
    return new Error();
  } finally {
    Reflect.set(Error, 'stackTraceLimit', stackTraceLimit);
  }
}

/** The first place outside of lanegrad, as file:line; empty if none is known. */
export function placeOf(origin: Origin): string {
  try {
    return placeIn(String(origin.stack));
  } catch {
    // What an application makes of stacks keeps nobody from getting a message.
    return '';
  }
}

function placeIn(stack: string): string {
  if (!LANEGRAD) return '';
  for (const line of stack.split('\n')) {
    const [, url = '', row] = /^(.*?):(\d+):\d+$/.exec(locationIn(line.trim())) ?? [];
    const file = fileOf(url);
    if (file !== '' && !OF_THE_ENGINE.test(file) && !file.startsWith(LANEGRAD)) return `${file}:${row}`;
  }
  return '';
}

const OF_THE_ENGINE = /^node:|^native|<anonymous>/;

/** The `file:line:column` of a frame: `at f (file:1:2)` and `at file:1:2` in V8, `f@file:1:2` elsewhere. */
function locationIn(line: string): string {
  const frame = line.replace(/^at (async )?/, '');
  if (frame === line) return frame.slice(frame.indexOf('@') + 1);
  return frame.endsWith(')') ? frame.slice(frame.lastIndexOf('(') + 1, -1) : frame;
}

const fileOf = (url: string): string => (url.startsWith('file:///') ? decodeURI(url.slice('file://'.length)) : url);

/** The folder above this one, src or dist: what lies there is no user's code. Empty where a stack does not tell. */
const LANEGRAD = ownFolder();

/** From a call of its own and not from `import.meta`: a `blob:` has no folders, and bundlers take a URL for a file to ship. */
function ownFolder(): string {
  for (const line of (new Error().stack ?? '').split('\n')) {
    const [, folder] = /^(.*\/)[^/]*\/[^/]*:\d+:\d+$/.exec(locationIn(line.trim())) ?? [];
    if (folder) return fileOf(folder);
  }
  return '';
}
