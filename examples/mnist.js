/**
 * Trains 784-128-10 on the whole of MNIST, shows what it has learnt, and saves it.
 *
 *   npm start -- --help
 */
import { adam, dense, network } from 'lanegrad';
import { loadMnist } from './mnist/data.js';
import { help, parseOptions, UsageError } from './mnist/options.js';
import { createProgress } from './mnist/progress.js';
import { confusionTable, pictures, predictedClasses } from './mnist/report.js';

const LEARNING_RATE = 3e-3;

/** Aborted by Ctrl-C, or by a reader that closes the pipe: the training stops, and what was learnt is saved. */
const stop = new AbortController();
process.once('SIGINT', () => {
  process.exitCode = 130;
  stop.abort();
});
process.stdout.on('error', (error) => {
  if (error.code !== 'EPIPE') throw error;
  stop.abort();
});

async function main() {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) {
    console.log(help);
    return;
  }
  const { train, test } = loadMnist();
  const net = await network({
    input: 784,
    layers: [dense(128, 'relu'), dense(10)],
    loss: 'softmaxCrossEntropy',
    optimizer: adam({ learningRate: LEARNING_RATE }),
    batch: 128,
    seed: options.seed,
    threads: options.threads,
    tier: options.tier,
  });
  try {
    console.log(describeRuntime(net.runtime));
    const history = await trainNetwork(net, train, test, options);
    await net.save(options.out);
    if (stop.signal.aborted) console.log(`stopped after ${history.length} of ${options.epochs} epochs`);
    else report(net, test);
    if (history.length > 0) console.log(`median epoch: ${median(history.map((epoch) => epoch.seconds)).toFixed(3)} s`);
    console.log(`saved: ${options.out}`);
  } finally {
    net.dispose();
  }
}

async function trainNetwork(net, train, test, { epochs }) {
  const progress = createProgress(process.stdout, epochs);
  try {
    return await net.fit(train, {
      epochs,
      validation: test,
      signal: stop.signal,
      onBatch(report) {
        // Half a cosine, down to nothing in the last step: it gains some 0.3 % over a constant rate in five epochs.
        const share = (report.epoch - 1 + report.batch / report.batches) / epochs;
        net.learningRate = LEARNING_RATE * (0.5 + 0.5 * Math.cos(Math.PI * share));
        progress.onBatch(report);
      },
      onEpoch: progress.onEpoch,
    });
  } finally {
    progress.stop();
  }
}

function report(net, test) {
  const predicted = predictedClasses(net.predict(test.x));
  const rows = [...test.y.keys()];
  const wrong = rows.filter((row) => predicted[row] !== test.y[row]);
  const right = rows.filter((row) => predicted[row] === test.y[row]);
  const shown = [...right.slice(0, 3), ...wrong.slice(0, 3)];

  console.log('\nThe first digits that it reads, and the first that it misreads:\n');
  console.log(`${pictures(test, predicted, shown, process.stdout.columns ?? 132)}`);
  console.log(`${confusionTable(test.y, predicted)}\n`);
  const { loss, accuracy } = net.evaluate(test);
  console.log(`test accuracy: ${(100 * accuracy).toFixed(2)} %, loss ${loss.toFixed(4)}`);
}

function describeRuntime({ tier, threads, reason }) {
  const count = threads === 1 ? '1 thread' : `${threads} threads`;
  return `tier ${tier}, ${count}${reason ? ` (${reason})` : ''}`;
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

try {
  await main();
} catch (error) {
  process.exitCode = error instanceof UsageError ? 2 : 1;
  console.error(`mnist: ${error.message}`);
}
