/** What both executors of a model refuse, and a network before them, each in one sentence. */
import { DisposedError, UnsupportedError, ValueError } from '../errors.js';

export const disposed = (operation: string): DisposedError =>
  new DisposedError(`${operation}: expected a network in use, got one that was disposed`);

export const withoutLoss = (operation: string): UnsupportedError =>
  new UnsupportedError(`${operation}: expected a model with a loss`);

export const withoutOptimizer = (operation: string): UnsupportedError =>
  new UnsupportedError(`${operation}: expected a model with an optimizer`);

export const backwardWithoutForward = (): ValueError =>
  new ValueError('backward: expected a forward that was not refused since the parameters changed');

export const stepWithoutBackward = (): ValueError =>
  new ValueError('step: expected a call of backward since the last step');
