/** Where and how figures were measured, as plain data. */
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';

const { version, devDependencies } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

export const machine = {
  cpu: cpus()[0]?.model.trim() ?? 'unknown processor',
  cores: availableParallelism(),
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  system: `${type()} ${release()}, ${process.arch}`,
};

export const versions = {
  node: process.versions.node,
  v8: process.versions.v8,
  lanegrad: version,
  tinybench: devDependencies.tinybench,
};

export const method = ({ rounds, longestMs }) =>
  `All sides take turns in ${rounds} rounds${longestMs < Infinity ? ' (--quick: few, so expect some noise)' : ''}. ` +
  'A figure is that of the best sample; a share is of the limit, the best that was seen of it so far in the run.';
