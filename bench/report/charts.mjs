/** Charts as SVG, drawn by ECharts without a browser. Colours are variables of the page's style sheet. */
import { BarChart, ScatterChart } from 'echarts/charts';
import { GridComponent, LegendComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { decimal, duration, multiple, percent } from './format.mjs';

use([BarChart, ScatterChart, GridComponent, LegendComponent, SVGRenderer]);

const INK = 'var(--ink)';
const MUTED = 'var(--muted)';
const GRID = 'var(--grid)';
const colour = (i) => `var(--series-${(i % 6) + 1})`;

/** Pixels: a bar with its line of text, the space between sides, the axis below, an entry of the legend above. */
const BAR = 16;
const GAP = 12;
const BOTTOM = 44;
const ENTRY = 90;
/** Beside the bars: names on the left, what the bars say on the right. */
const NAMES = 76;

const axis = {
  axisLabel: { color: MUTED },
  nameTextStyle: { color: MUTED },
  splitLine: { lineStyle: { color: GRID } },
};
const names = { axisTick: { show: false }, axisLine: { show: false }, axisLabel: { color: INK, fontSize: 12 } };

function draw(width, height, option) {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  chart.setOption({ animation: false, textStyle: { fontFamily: 'system-ui, sans-serif' }, ...option });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}

const legendHeight = (entries, width) => 10 + 24 * Math.ceil((entries * ENTRY) / width);

const legend = (data) => ({
  top: 0,
  left: 0,
  itemGap: 16,
  itemWidth: 12,
  itemHeight: 12,
  textStyle: { color: INK },
  data,
});

/** Bars of rates, a group for each side, on an axis that begins at 0; a mark where each side's limit is. */
export function rateChart({ unit, figures, rows }, width) {
  const measured = rows.filter(({ cells }) => cells);
  const sides = measured.map(({ name }) => name);
  const text = ({ best, rate, share, multiple: times }, { timed }) =>
    [timed ? duration(best) : decimal(rate), multiple(times), percent(share)].filter(Boolean).join(', ');
  const lines = measured.map(({ cells }) => cells.map((cell, i) => text(cell, figures[i])).join('\n'));
  const bars = figures.map(({ name }, i) => ({
    name,
    type: 'bar',
    barWidth: BAR - 3,
    barGap: '23%',
    itemStyle: { color: colour(i) },
    data: measured.map(({ cells }) => cells[i].rate),
  }));
  const limits = {
    name: 'limit',
    type: 'scatter',
    symbol: 'rect',
    symbolSize: [2, BAR * figures.length],
    itemStyle: { color: INK },
    data: measured.map(({ limit }, i) => [limit, i]),
  };
  const top = legendHeight(bars.length + 1, width);
  return draw(width, top + BOTTOM + sides.length * (BAR * figures.length + GAP), {
    legend: legend([...figures, limits].map(({ name }) => name)),
    grid: { top, bottom: BOTTOM, left: NAMES, right: figures[0].timed ? 138 : 112 },
    xAxis: { type: 'value', min: 0, name: unit, nameLocation: 'middle', nameGap: 26, ...axis },
    yAxis: [
      { type: 'category', inverse: true, data: sides, ...names },
      {
        type: 'category',
        inverse: true,
        data: lines,
        ...names,
        axisLabel: { color: INK, fontSize: 11, lineHeight: BAR, interval: 0 },
      },
    ],
    series: [...bars, limits],
  });
}

/** Dots on a logarithmic axis: how many times as fast as plain JavaScript each side is, a line for each scenario. */
export function overviewChart(scenarios, width) {
  const sides = [...new Set(scenarios.flatMap(({ rows }) => rows.map(({ name }) => name)))];
  const series = sides.map((side, i) => ({
    name: side,
    type: 'scatter',
    symbolSize: 11,
    itemStyle: { color: colour(i) },
    data: scenarios.flatMap(({ rows }, line) => {
      const found = rows.find(({ name, cells }) => name === side && cells?.[0].multiple);
      return found ? [[found.cells[0].multiple, line]] : [];
    }),
  }));
  // Names stand above their lines, so the first of them needs room below the legend.
  const top = legendHeight(sides.length, width) + 24;
  return draw(width, top + BOTTOM + scenarios.length * 34, {
    legend: legend(sides),
    grid: { top, bottom: BOTTOM, left: 8, right: 24 },
    xAxis: {
      type: 'log',
      name: 'times as fast as plain JS (logarithmic)',
      nameLocation: 'middle',
      nameGap: 26,
      logBase: 2,
      ...axis,
      axisLabel: { color: MUTED, formatter: '{value}x', hideOverlap: true },
    },
    yAxis: {
      type: 'category',
      inverse: true,
      data: scenarios.map(({ title }) => title),
      ...names,
      splitLine: { show: true, lineStyle: { color: GRID } },
      axisLabel: { color: INK, fontSize: 12, inside: true, verticalAlign: 'bottom', padding: [0, 0, 8, 0] },
      z: 3,
    },
    series,
  });
}
