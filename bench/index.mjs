/**
 * npm run bench: the ladder from plain JavaScript to the widest kernels and more threads. Tables in the terminal, charts
 * in bench/report/index.html, samples in a file of JSON; `--help` lists the options.
 */
import { writeFile } from 'node:fs/promises';
import { runCommand } from './command.mjs';
import { multiplyAdds } from './ladder/limits.mjs';
import { products } from './ladder/products.mjs';
import { emptyRecords, findLimits, runScenario } from './ladder/run.mjs';
import { scenarios } from './ladder/scenarios.mjs';
import { chooseSides } from './ladder/sides.mjs';
import { machine, method, versions } from './machine.mjs';
import { efforts } from './measure.mjs';
import { readOptions, usage } from './options.mjs';
import { writePage } from './report/page.mjs';
import { scenarioTable } from './report/table.mjs';

const PAGE = new URL('report/index.html', import.meta.url);

async function bench({ quick, shape, tiers, threads, json }) {
  const effort = quick ? efforts.quick : efforts.full;
  const { sides, missing } = await chooseSides(tiers, threads);
  const result = { date: new Date().toISOString(), machine, versions, method: method(effort), missing, scenarios: [] };
  console.log(`${machine.cpu}, ${machine.cores} cores; Node.js ${versions.node}; lanegrad ${versions.lanegrad}`);
  console.log(
    `${result.method}\nColumns: figure, times as fast as plain JS, share of the limit, which stands on the right.\n`,
  );
  for (const { name, reason } of missing) console.log(`${name}: ${reason}\n`);

  const records = emptyRecords();
  result.ceilings = findLimits(multiplyAdds, sides, effort, records);
  const ceilings = result.ceilings.map(({ key, rate }) => `${key} ${rate.toFixed(1)}`);
  console.log(`ceilings, GFLOP/s of multiply-adds in registers, one thread: ${ceilings.join(', ')}\n`);

  for (const scenario of shape ? [products(...shape)] : scenarios) {
    const measured = await runScenario(scenario, sides, effort, records);
    result.scenarios.push(measured);
    console.log(`${scenarioTable(measured)}\n`);
  }

  await writeFile(json, JSON.stringify(result));
  await writePage(PAGE, result);
  console.log(`${Math.round(performance.now() / 1000)} s\ncharts: ${PAGE}\nsamples: ${json}`);
}

await runCommand(usage, readOptions, bench);
// Worker threads that wait for jobs would keep the process.
process.exit();
