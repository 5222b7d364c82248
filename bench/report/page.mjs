/** The page of a run: charts, tables and the method in one file that needs neither scripts nor a network. */
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { overviewChart, rateChart } from './charts.mjs';
import { decimal, duration, multiple, percent, remarks } from './format.mjs';

const template = readFileSync(new URL('template.html', import.meta.url), 'utf8');

/** Charts are drawn for both; the style sheet shows the one that fits. */
const WIDE = 720;
const NARROW = 350;

/** What each section compares, above its charts. */
const introductions = {
  Products:
    'The three matrix products of a dense layer, as kernels alone. dW of the kernels includes transposing dY and the step of SGD; dW of plain JS does not.',
  Batches: 'The same layer forward, on more and more samples at once.',
  Convolutions:
    'The three products of a convolution, as kernels alone: dX of the kernels includes flipping the weight, dW transposing dY. Only multiplications that meet the image count, so that padding adds nothing.',
  Memory:
    'Where memory is the limit: it is the rate at which the fastest tier adds up 64 MiB, on as many threads. A copy counts what is read and what is written, so it can exceed that.',
  'Training steps':
    'Forward, backward and update through the public interface, calls included. The rate counts the multiply-adds of the products; the optimiser comes on top of them. Bars are rates, so that longer is faster.',
};

const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text) => String(text).replace(/[&<>"]/g, (character) => entities[character]);

/** Writes the page of a result, as `bench/index.mjs` makes it, into a file. */
export const writePage = (path, result) => writeFile(path, pageOf(result));

/** The page as a string. */
export function pageOf({ date, machine, versions, method, missing, scenarios }) {
  const facts = [
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB`,
    machine.system,
    `Node.js ${versions.node} (V8 ${versions.v8})`,
    `lanegrad ${versions.lanegrad}`,
    `tinybench ${versions.tinybench}`,
    date.slice(0, 16).replace('T', ' '),
  ];
  const notes = missing.map(({ name, reason }) => `${name} did not run. ${reason}.`);
  const names = [...new Set(scenarios.map((scenario) => scenario.section))];
  const parts = {
    facts: facts.map((fact) => `<li>${escaped(fact)}</li>`).join(''),
    method: escaped(method),
    missing: notes.map((note) => `<p>${escaped(note)}</p>`).join(''),
    overview: overview(scenarios),
    sections: names.map((name) => section(name, scenarios)).join('\n'),
  };
  return template.replace(/{{(\w+)}}/g, (_, name) => parts[name]);
}

/** The first figure of each scenario in which plain JavaScript ran. */
function overview(scenarios) {
  const compared = scenarios.filter(({ rows }) => rows.some(({ cells }) => cells?.[0].multiple));
  if (compared.length === 0) return '';
  return `<h2>At a glance</h2>
<p>How many times as fast as plain JS each rung is; where there are several figures, by the first of them.</p>
${figure((width) => overviewChart(compared, width), 'How many times as fast as plain JS each rung is')}`;
}

const section = (name, scenarios) => `<section>
<h2>${escaped(name)}</h2>
<p>${escaped(introductions[name])}</p>
${scenarios
  .filter((scenario) => scenario.section === name)
  .map(article)
  .join('\n')}
</section>`;

function article(scenario) {
  const measured = scenario.rows.some(({ cells }) => cells);
  return `<article>
<h3>${escaped(scenario.title)}</h3>
${measured ? figure((width) => rateChart(scenario, width), scenario.title) : ''}
${remarks(scenario)
  .map((remark) => `<p class="note">${escaped(remark)}</p>`)
  .join('')}
${measured ? `<details><summary>Figures</summary>${table(scenario)}</details>` : ''}
</article>`;
}

const figure = (draw, label) => `<figure role="img" aria-label="${escaped(label)}">
<div class="wide">${draw(WIDE)}</div><div class="narrow">${draw(NARROW)}</div>
</figure>`;

function table({ unit, figures, rows }) {
  const head = ['', '', 'best', 'median', 'samples', unit, 'of the limit', 'against plain JS'];
  const body = rows.flatMap(({ name, cells }) =>
    (cells ?? []).map((cell, i) => [
      name,
      figures[i].name,
      duration(cell.best),
      duration(cell.median),
      cell.samples.length,
      decimal(cell.rate),
      percent(cell.share),
      multiple(cell.multiple),
    ]),
  );
  const row = (cells, tag) => `<tr>${cells.map((text) => `<${tag}>${escaped(text)}</${tag}>`).join('')}</tr>`;
  return `<div class="scroll"><table><thead>${row(head, 'th')}</thead>
<tbody>${body.map((cells) => row(cells, 'td')).join('\n')}</tbody></table></div>`;
}
