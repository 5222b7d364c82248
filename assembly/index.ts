/** What the kernels show to JavaScript. */
export { run } from './program';
export { dispatch, work } from './jobs';
export { fail, setScratch, CONTROL_BYTES, MAX_THREADS } from './threads';
export { SCRATCH_BYTES } from './batch';
export { fillUniform } from './random';
export { allFinite } from './ops/pack';
export { rehearse } from './rehearse';
export { lineTile } from './generated/line-tile';
export * from './generated/micro-kernels';
export * from './generated/sparse-kernels';

/** Where memory that the kernels themselves do not use begins. */
export const HEAP_BASE: i32 = <i32>__heap_base;
