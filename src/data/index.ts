export { type IdxArray, type IdxData, readIdx } from './idx.js';
