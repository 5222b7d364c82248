/** Where in the user's code a node was made, for messages about it. Silent where an engine or a bundler hides it. */

/** Frames that are kept: a layer of a network is some ten calls within lanegrad away from the user's. */
const FRAMES = 16;

/**
 * The first place outside of lanegrad among the calls that lead here, as file:line; empty if none is known. It is read at
 * once, in some 10 us: V8 keeps alive what the calls of an error worked on until its stack is asked for.
 */
export function here(): string {
  const { stackTraceLimit } = Error;
  try {
    // Where Error is frozen there are fewer frames.
    Reflect.set(Error, 'stackTraceLimit', FRAMES);
    return placeIn(new Error().stack);
  } catch {
    // What an application makes of stacks keeps nobody from making nodes.
    return '';
  } finally {
    Reflect.set(Error, 'stackTraceLimit', stackTraceLimit);
  }
}

/** The first place outside of lanegrad in a stack. */
export function placeIn(stack = ''): string {
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
