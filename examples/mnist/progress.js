/** Shows the training as it goes: a bar for each epoch on a terminal, a plain line for each in a pipe. */
import { Presets, SingleBar } from 'cli-progress';

/** The callbacks that `fit` takes, and `stop` for a training that ends in the middle of an epoch. */
export function createProgress(stream, epochs) {
  return stream.isTTY ? bars(stream, epochs) : lines(stream, epochs);
}

function bars(stream, epochs) {
  const bar = new SingleBar(
    {
      stream,
      format: 'epoch {epoch} {bar} {percentage} %  loss {loss}  accuracy {accuracy}  {rate} samples/s',
      barsize: 12,
      linewrap: true,
    },
    Presets.shades_classic,
  );
  let start = 0;
  return {
    onBatch({ epoch, batch, batches, loss, samples }) {
      if (batch === 1) {
        start = performance.now();
        bar.start(batches, 0, { epoch: `${epoch}/${epochs}`, loss: '-', accuracy: '-', rate: '-' });
      }
      const seconds = (performance.now() - start) / 1000;
      bar.update(batch, { loss: loss.toFixed(4), rate: whole(samples / seconds) });
    },
    onEpoch(report) {
      bar.update(figures(report));
      bar.stop();
    },
    stop: () => bar.stop(),
  };
}

function lines(stream, epochs) {
  return {
    onBatch() {},
    onEpoch(report) {
      const { loss, accuracy, rate } = figures(report);
      stream.write(`epoch ${report.epoch}/${epochs}  loss ${loss}  accuracy ${accuracy}  ${rate} samples/s\n`);
    },
    stop() {},
  };
}

function figures({ loss, validation, samplesPerSecond }) {
  return { loss: loss.toFixed(4), accuracy: percent(validation.accuracy), rate: whole(samplesPerSecond) };
}

function whole(value) {
  return Math.round(value).toLocaleString('en-US');
}

function percent(share) {
  return `${(100 * share).toFixed(2)} %`;
}
