/** What the benchmarks, and tests of the built package, take apart. It is no entry point of the package. */
export { panels } from './graph/storage.js';
export { createBuffer } from './program/emitter.js';
export { barriers, encode, recordsBytes } from './program/encode.js';
export { Activation, Elementwise, HEADER, Rule } from './program/generated/instructions.js';
export { showBytes } from './runtime/heap.js';
export { runtimeFor } from './runtime/runtime.js';
export { requestedTier } from './runtime/tiers.js';
export { kernelTiers } from './tier.js';
