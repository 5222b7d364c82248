import { stopGradient } from '../../../src/graph/ops/stop.js';
import { type Case, layouts, named, signed } from './operands.js';

/** It has a derivative of none but 0, which is not that of its value. */
export const stopCases = (n: number): Case[] =>
  layouts(n).map((layout) => named('stopGradient', [{ ...layout(signed), smooth: false }], stopGradient));
