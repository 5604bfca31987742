// The sweeper's tasks: when each ran last, and having them run now.
import { html, useEffect, useLoad, useState } from '../../dom.js';
import { call } from '../../api.js';
import { number, t } from '../../i18n.js';
import { useSession } from '../../session.js';
import { Badge, Banner, Button, Card, EmptyState, ErrorBox, Loading, PageHead, toast, When } from '../../components/index.js';
import { said } from './health.js';
import { Retention } from './retention.js';

const kRound = 3000;  // ms, while a request waits

const cell = (label, content, look = '') => html`<td class=${look} data-label=${label}>${content}</td>`;

function Tasks({ tasks }) {
  const names = [t('operator.task'), t('operator.last_run'), t('operator.removed'), t('operator.took'), t('operator.result')];
  return html`<div class="table-box"><table aria-label=${t('operator.tasks')}><thead><tr>${names.map((name, at) => html`<th key=${name} scope="col" class=${at === 2 || at === 3 ? 'end' : ''}>${name}</th>`)}</tr></thead>
    <tbody>${tasks.map((each) => html`<tr key=${each.task}><td class="main">${said('task', each.task)}</td>${cell(names[1], html`<${When} at=${each.last_run_at} />`)}
      ${cell(names[2], number(each.rows), 'end')}${cell(names[3], t('operator.ms', { ms: Math.ceil(each.duration_us / 1000) }), 'end')}
      ${cell(names[4], each.error ? html`<div><${Badge} tone="bad">${t('operator.task_failed')}<//> <span class="soft">${each.error}</span></div>` : html`<${Badge} tone="good">${t('operator.task_done')}<//>`)}</tr>`)}</tbody></table></div>`;
}

function Requests({ requests }) {
  const { user } = useSession();
  const names = [t('operator.asked_at'), t('operator.asked_by'), t('operator.finished')];
  return html`<div class="table-box"><table aria-label=${t('operator.requests')}><thead><tr>${names.map((name) => html`<th key=${name} scope="col">${name}</th>`)}</tr></thead>
    <tbody>${requests.map((each) => html`<tr key=${each.id}><td class="main"><${When} at=${each.requested_at} /></td>${cell(names[1], html`<span dir="ltr">${each.requested_by === user.id ? user.email : each.requested_by || '–'}</span>`)}
      ${cell(names[2], each.finished_at ? html`<${When} at=${each.finished_at} />` : html`<${Badge} tone="info">${t('operator.waits')}<//>`)}</tr>`)}</tbody></table></div>`;
}

export default function Maintenance() {
  const { data, problem, again } = useLoad(() => call('GET', '/api/v1/admin/maintenance/status').then((reply) => reply.data));
  const [busy, set] = useState(false);
  const waiting = Boolean(data && data.waiting);
  useEffect(() => {
    if (!waiting) return undefined;
    const timer = setTimeout(again, kRound);
    return () => clearTimeout(timer);
  }, [data]);
  const run = async () => {
    set(true);
    try {
      await call('POST', '/api/v1/admin/maintenance/cleanup', { idempotent: true });
      toast(t('operator.cleanup_asked'));
      again();
    } catch (refusal) {
      toast(refusal.message, { tone: 'bad' });
    }
    set(false);
  };
  return html`<${PageHead} title=${t('operator.maintenance')} lead=${t('operator.maintenance_lead')}>
      <${Button} kind="primary" icon="refresh" busy=${busy} onClick=${run}>${t('operator.cleanup')}<//><//>
    <${ErrorBox} problem=${problem} retry=${again} />${!data && !problem && html`<${Loading} />`}
    ${waiting && html`<${Banner}><p role="status">${t('operator.cleanup_waits')}</p><//>`}
    ${data && html`<${Card} title=${t('operator.tasks')} lead=${t('operator.tasks_lead')}>${data.tasks.length ? html`<${Tasks} tasks=${data.tasks} />`
        : html`<${EmptyState} icon="alert" title=${t('operator.no_tasks')}>${t('operator.do_sweeper')}<//>`}<//>
      <${Card} title=${t('operator.requests')} lead=${t('operator.requests_lead')}>${data.requests.length ? html`<${Requests} requests=${data.requests} />`
        : html`<p class="soft">${t('operator.no_requests')}</p>`}<//>`}
    <${Retention} />`;
}
