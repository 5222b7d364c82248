/** Extents over the axes of an image, as layers are given them. */
import { listOf, positiveInteger, type Requirement } from '../fields.js';

/** A number, or a pair of them. */
export const orPair = (one: Requirement): Requirement => ({
  holds: (x) => one.holds(x) || (listOf(one, '').holds(x) && (x as unknown[]).length === 2),
  text: `${one.text} or a pair of them`,
});

/** Of a window, and how far it moves. */
export const extents = orPair(positiveInteger);
