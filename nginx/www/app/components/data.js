// Values drawn: JsonDiff, Json, Sparkline, Chart (uPlot, fetched by who draws one), Usage.
import { html, makeStore, useEffect, useRef, useState, useStore } from '../dom.js';
import { axisTime, date, language, number, t } from '../i18n.js';
import { ErrorBox } from './error.js';

const words = (value) => (value == null ? '–' : typeof value === 'string' ? value : JSON.stringify(value, null, 1));

export const Json = ({ value }) => html`<pre class="json" tabindex="0">${JSON.stringify(value, null, 2)}</pre>`;

// The members in which two objects differ, one a row.
export function JsonDiff({ before, after }) {
  const plain = (value) => (value && typeof value === 'object' && !Array.isArray(value) ? value : value == null ? {} : { value });
  const [was, is] = [plain(before), plain(after)];
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])].filter((name) => words(was[name]) !== words(is[name]));
  if (!names.length) return html`<p class="soft">${t('core.no_difference')}</p>`;
  return html`<div class="table-box"><table class="diff"><thead><tr><th scope="col">${t('core.member')}</th><th scope="col">${t('core.before')}</th><th scope="col">${t('core.after')}</th></tr></thead>
    <tbody>${names.map((name) => html`<tr key=${name}><td class="main" data-label=${t('core.member')}><code>${name}</code></td>
      <td data-label=${t('core.before')}>${was[name] == null ? '–' : html`<del>${words(was[name])}</del>`}</td>
      <td data-label=${t('core.after')}>${is[name] == null ? '–' : html`<ins>${words(is[name])}</ins>`}</td></tr>`)}</tbody></table></div>`;
}

// values: numbers. `label` says what they show.
export function Sparkline({ values, label, width = 120, height = 28 }) {
  const top = Math.max(1, ...values);
  const step = values.length > 1 ? (width - 4) / (values.length - 1) : 0;
  const points = values.map((value, at) => `${(2 + at * step).toFixed(1)},${(height - 2 - (value / top) * (height - 4)).toFixed(1)}`).join(' ');
  return html`<svg class="sparkline" viewBox=${`0 0 ${width} ${height}`} width=${width} height=${height} role="img" aria-label=${label}>
    <polyline points=${points} fill="none" stroke="currentColor" stroke-width="1.5" stroke-linejoin="round" /></svg>`;
}

// A chart's colours are the page's when it is drawn, so it is drawn anew when they change.
const dark = matchMedia('(prefers-color-scheme: dark)');
const scheme = makeStore(dark.matches);
dark.addEventListener('change', () => scheme.set(dark.matches));

// Steps of an axis that counts: nobody has a fifth of a member.
const kWhole = [1, 2, 5].flatMap((step) => Array.from({ length: 12 }, (_, power) => step * 10 ** power)).sort((a, b) => a - b);

let library;
const uplot = () => {
  library = library || import('/pages/lib/uplot-1.6.32/uPlot.esm.js').then((module) => {
    const link = document.createElement('link');
    link.rel = 'stylesheet';
    link.href = '/pages/lib/uplot-1.6.32/uPlot.min.css';
    document.head.append(link);
    return module.default;
  });
  return library;
};

// times: seconds since 1970; series: [{label, values}]. A table with the same numbers stands behind it for who cannot
// see it.
export function Chart({ label, times, series, height = 220 }) {
  const box = useRef(null);
  const [problem, set] = useState(null);
  const look = `${useStore(scheme)} ${useStore(language)}`;
  useEffect(() => {
    let chart;
    let watch;
    let live = true;
    uplot().then((Plot) => {
      if (!live) return;
      const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
      const axis = { stroke: colour('--soft'), grid: { stroke: colour('--line'), width: 1 }, ticks: { stroke: colour('--line') } };
      const width = () => Math.max(200, box.current.clientWidth);
      const whole = series.every((each) => each.values.every((value) => Number.isInteger(value ?? 0)));
      chart = new Plot({
        width: width(), height, legend: { show: series.length > 1 }, axes: [{ ...axis, values: (_, all, index, space, step) => all.map((at) => axisTime(at, step)) },
          { ...axis, size: 56, ...(whole && { incrs: kWhole }), values: (_, all) => all.map(number) }],
        series: [{ label: t('core.day'), value: (_, at) => date(at) }, ...series.map((each, at) => ({ label: each.label, value: (_, value) => (value == null ? '–' : number(value)), stroke: colour(`--chart-${at + 1}`), width: 2, points: { show: times.length < 40 } }))],
        scales: { y: { range: (_, low, high) => [Math.min(0, low), Math.max(high, 1)] } },
      }, [times, ...series.map((each) => each.values)], box.current);
      watch = new ResizeObserver(() => chart.setSize({ width: width(), height }));
      watch.observe(box.current);
    }).catch(set);
    return () => {
      live = false;
      if (watch) watch.disconnect();
      if (chart) chart.destroy();
    };
  }, [JSON.stringify([times, series]), look]);
  return html`<figure class="chart"><figcaption>${label}</figcaption><${ErrorBox} problem=${problem} />
    <div ref=${box} role="img" aria-label=${`${label}: ${series.map((each) => `${each.label} ${number(each.values[each.values.length - 1] ?? 0)}`).join(', ')}`}></div></figure>`;
}

// So much of a limit; limit null: there is none.
export function Usage({ label, used, limit, show = number }) {
  const share = limit ? Math.min(1, used / limit) : 0;
  return html`<div class="usage"><div class="usage-head"><span>${label}</span><span class="soft">${limit == null ? show(used) : `${show(used)} / ${show(limit)}`}</span></div>
    ${limit != null && html`<meter min="0" max="1" low="0.8" high="0.95" optimum="0" value=${share} aria-label=${label}></meter>`}</div>`;
}
