/**
 * Trains 784-128-10 on the whole of MNIST, shows what it has learnt, and saves it.
 *
 *   npm start -- --help
 */
import { adam, dense } from 'lanegrad';
import { confusionTable, pictures, predictedClasses } from './mnist/report.js';
import { runExample } from './mnist/train.js';

const example = {
  name: 'mnist',
  purpose: 'Trains 784-128-10 on MNIST, shows what it has learnt, and saves it.',
  command: 'npm start',
  epochs: 5,
  out: 'mnist.safetensors',
  input: 784,
  layers: [dense(128, 'relu'), dense(10)],
  optimizer: adam({ learningRate: 3e-3 }),
};

await runExample(example, (net, test) => {
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
});
