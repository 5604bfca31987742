// How long each table's rows are kept, how many there are about, and what the sweeper removed last.
import { html, useLoad } from '../../dom.js';
import { call } from '../../api.js';
import { duration, number, t } from '../../i18n.js';
import { Card, ErrorBox, Loading, When } from '../../components/index.js';
import { said } from './health.js';

const kTimed = ['after_making', 'after_use', 'after_end'];
// Those that the sweeper removes by a time.
const isTimed = ({ keeping }) => kTimed.includes(keeping);

const cell = (label, content, look = '') => html`<td class=${look} data-label=${label}>${content}</td>`;

function keptFor({ keeping, kept_seconds: seconds }) {
  if (seconds === null) return t('operator.kept_for_ever');
  if (seconds === 0 && keeping === 'after_end') return t('operator.kept_to_end');
  return t(`operator.kept_${keeping}`, { time: duration(seconds) });
}

const rowsOf = ({ rows }) => (rows === null ? '–' : `≈ ${number(rows)}`);
const removed = ({ removed_at: at, removed_rows: rows }) => (at === null ? html`<span class="soft">${t('operator.kept_never_removed')}</span>`
  : html`<${When} at=${at} /> <span class="soft">${t('operator.kept_removed_rows', { rows: number(rows) })}</span>`);

function Table({ label, names, children }) {
  return html`<div class="table-box"><table aria-label=${label}><thead><tr>${names.map((name, at) => html`<th key=${name} scope="col" class=${at === 1 ? 'end' : ''}>${name}</th>`)}</tr></thead>
    <tbody>${children}</tbody></table></div>`;
}

function Timed({ items }) {
  const names = [t('operator.kept_what'), t('operator.kept_rows'), t('operator.kept'), t('operator.kept_oldest'), t('operator.kept_removed'), t('operator.kept_by')];
  return html`<${Table} label=${t('operator.retention')} names=${names}>${items.map((each) => html`<tr key=${each.name}>
    <td class="main">${said('task', each.name)}</td>${cell(names[1], rowsOf(each), 'end')}${cell(names[2], keptFor(each))}
    ${cell(names[3], each.oldest_at === null ? '–' : html`<${When} at=${each.oldest_at} />`)}${cell(names[4], removed(each))}
    ${cell(names[5], each.setting ? html`<code dir="ltr">${each.setting}</code>` : '–')}</tr>`)}<//>`;
}

function Rest({ items }) {
  const names = [t('operator.kept_table'), t('operator.kept_rows'), t('operator.kept_with')];
  return html`<${Table} label=${t('operator.retention_rest')} names=${names}>${items.map((each) => html`<tr key=${each.name}>
    <td class="main"><code dir="ltr">${each.table}</code></td>${cell(names[1], rowsOf(each), 'end')}${cell(names[2], said('keeping', each.keeping))}</tr>`)}<//>`;
}

export function Retention() {
  const { data, problem, again } = useLoad(() => call('GET', '/api/v1/admin/retention').then((reply) => reply.data.items));
  if (problem) return html`<${ErrorBox} problem=${problem} retry=${again} />`;
  if (!data) return html`<${Loading} />`;
  const looked = data.find(({ looked_at: at }) => at !== null);
  return html`<${Card} title=${t('operator.retention')} lead=${t('operator.retention_lead')}>
      ${!looked && html`<p class="soft">${t('operator.kept_not_looked')}</p>`}<${Timed} items=${data.filter(isTimed)} /><//>
    <${Card} title=${t('operator.retention_rest')} lead=${t('operator.retention_rest_lead')}><${Rest} items=${data.filter((each) => !isTimed(each))} /><//>`;
}
