/** The names of the tiers. */

/** The tiers that run as WebAssembly, fastest first. */
export const kernelTiers = ['wide', 'relaxed', 'simd', 'scalar'] as const;
export type KernelTier = (typeof kernelTiers)[number];

/** `js` is plain JavaScript, without WebAssembly; the others are sets of kernels. */
export const tierNames = [...kernelTiers, 'js'] as const;
export type TierName = (typeof tierNames)[number];
