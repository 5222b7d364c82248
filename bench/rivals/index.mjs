/** npm run bench:rivals: the same work for lanegrad and for other libraries. `--help` lists the options. */
import { writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { runCommand } from '../command.mjs';
import { machine, versions } from '../machine.mjs';
import { installRivals } from './install.mjs';
import { runJob, Speeds } from './measure.mjs';
import { readOptions, usage } from './options.mjs';
import { aboutTable, jobTable, overview } from './report.mjs';
import { chooseSides } from './sides.mjs';

/** Programs that want to run, on average: a machine at rest has none. */
const BUSY = 0.5;

async function compare({ jobs, names, threads, effort, json }) {
  const sides = chooseSides(names);
  if (sides.some(({ packages }) => packages)) installRivals();
  console.log(`${machine.cpu}, ${machine.cores} cores; Node.js ${versions.node}; lanegrad ${versions.lanegrad}`);
  console.log(
    `Each side is a process of its own and has its turn in each of ${effort.rounds} rounds, while the others wait. ` +
      'Ratios are of the best samples.\n',
  );
  const [load] = loadavg();
  if (load > BUSY)
    console.log(`The load of the last minute was ${load.toFixed(1)}: other work makes all figures worse.\n`);
  const results = [];
  const speeds = new Speeds();
  for (const job of jobs)
    for (const count of job.threaded ? threads : [1]) {
      const rows = await runJob(job, count, sides, effort, speeds);
      results.push({ job, threads: count, rows });
      console.log(`${jobTable(job, count, rows)}\n`);
    }
  console.log(`${aboutTable(results)}\n`);
  console.log(overview(results, names));
  if (json) await writeFile(json, JSON.stringify({ date: new Date().toISOString(), machine, versions, results }));
}

await runCommand(usage, readOptions, compare);
