/** Turns of the event loop. */

/** Node.js has a turn without the millisecond that a timer takes at least. */
const later: (resolve: () => void) => void = 'setImmediate' in globalThis ? setImmediate : setTimeout;

/** Lets other events happen first. */
export const nextTurn = (): Promise<void> => new Promise((resolve) => void later(resolve));
