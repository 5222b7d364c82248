/** What the MNIST examples have in common: from the command line to a trained and saved network. */
import { network } from 'lanegrad';
import { loadMnist } from './data.js';
import { commandLine, UsageError } from './options.js';
import { createProgress } from './progress.js';

/**
 * Trains a network on MNIST as the command line says, saves it, and calls `report(net, test)` unless it was stopped. An
 * example has a `name`, what `commandLine` takes, and of its network the `input`, `layers` and `optimizer`; `prepare`
 * makes of the training set what is trained on. Ctrl-C, and a reader that closes the pipe, stop the training, and what
 * was learnt is saved.
 */
export async function runExample(example, report) {
  const stop = new AbortController();
  process.once('SIGINT', () => {
    process.exitCode = 130;
    stop.abort();
  });
  process.stdout.on('error', (error) => {
    if (error.code !== 'EPIPE') throw error;
    stop.abort();
  });
  try {
    await run(example, stop.signal, report);
  } catch (error) {
    process.exitCode = error instanceof UsageError ? 2 : 1;
    console.error(`${example.name}: ${error.message}`);
  }
}

async function run(example, signal, report) {
  const { help, parse } = commandLine(example);
  const options = parse(process.argv.slice(2));
  if (options.help) {
    console.log(help);
    return;
  }
  const { train, test } = loadMnist();
  const { prepare = (data) => data } = example;
  const net = await network({
    input: example.input,
    layers: example.layers,
    loss: 'softmaxCrossEntropy',
    optimizer: example.optimizer,
    batch: 128,
    seed: options.seed,
    threads: options.threads,
    tier: options.tier,
  });
  try {
    console.log(describeRuntime(net.runtime));
    const history = await trainNetwork(
      net,
      prepare(train),
      test,
      options.epochs,
      example.optimizer.learningRate,
      signal,
    );
    await net.save(options.out);
    if (signal.aborted) console.log(`stopped after ${history.length} of ${options.epochs} epochs`);
    else await report(net, test);
    if (history.length > 0) console.log(`median epoch: ${median(history.map((epoch) => epoch.seconds)).toFixed(3)} s`);
    console.log(`saved: ${options.out}`);
  } finally {
    net.dispose();
  }
}

async function trainNetwork(net, train, test, epochs, learningRate, signal) {
  const progress = createProgress(process.stdout, epochs);
  try {
    return await net.fit(train, {
      epochs,
      validation: test,
      signal,
      onBatch(report) {
        // Half a cosine, down to nothing in the last step: it gains some 0.3 % over a constant rate in five epochs.
        const share = (report.epoch - 1 + report.batch / report.batches) / epochs;
        net.learningRate = learningRate * (0.5 + 0.5 * Math.cos(Math.PI * share));
        progress.onBatch(report);
      },
      onEpoch: progress.onEpoch,
    });
  } finally {
    progress.stop();
  }
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
