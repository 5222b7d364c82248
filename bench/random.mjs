/** Random numbers to compute with, where it matters only that they differ. */

/** Between -0.5 and 0.5. */
export const random = () => Math.random() - 0.5;

/** An array of numbers between -limit and limit; `Float32Array.from` would take several times as long. */
export function randoms(length, limit = 0.5) {
  const values = new Float32Array(length);
  for (let i = 0; i < length; i++) values[i] = 2 * limit * random();
  return values;
}
