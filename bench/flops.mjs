/** Floating-point operations of a network of dense layers, for one sample: a multiply-add counts as two. */

export const forwardFlops = (sizes) => sizes.slice(1).reduce((sum, N, i) => sum + 2 * sizes[i] * N, 0);

/** Three products a layer, but none for the gradient of the input. */
export const trainFlops = (sizes) => 3 * forwardFlops(sizes) - 2 * sizes[0] * sizes[1];
