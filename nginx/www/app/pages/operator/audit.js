// Who changed what, in every organization and in none.
import { html, useState } from '../../dom.js';
import { call } from '../../api.js';
import { dateTime, t } from '../../i18n.js';
import { Link, to } from '../../router.js';
import { DataTable, Dialog, EmptyState, Facts, JsonDiff, Button, PageHead } from '../../components/index.js';

const kPath = '/api/v1/admin/audit/logs';
const kIds = ['tenant_id', 'actor', 'resource_id'];
const kId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const kDay = 86400;

// A day in this browser's time: its first second. The last day counts whole.
const begin = (day) => Math.floor(new Date(`${day}T00:00`).getTime() / 1000);

// An id that is not typed to its end belongs to nothing yet.
const load = async ({ from, until, ...query }) => {
  const half = kIds.some((name) => query[name] && !kId.test(query[name]) && !(name === 'tenant_id' && query[name] === 'system'));
  if (half) return { items: [], next_cursor: null, total: 0 };
  const times = { from_time: from ? begin(from) : undefined, to_time: until ? begin(until) + kDay - 1 : undefined };
  return (await call('GET', kPath, { query: { ...query, ...times } })).data;
};

const person = (who) => (who ? html`<span dir="ltr">${who.email || who.id}</span>` : t('operator.nobody'));
const behind = (row) => row.effective_user && row.actor && row.effective_user.id !== row.actor.id;

const columns = (show) => [
  { key: 'action', label: t('operator.action'), main: true, render: (row) => html`<button type="button" class="link" onClick=${() => show(row)}><code>${row.action}</code></button>` },
  { key: 'actor', label: t('operator.actor'), render: (row) => html`<div>${person(row.actor)}${behind(row) && html`<div class="soft">${t('operator.as_user', { who: row.effective_user.email || row.effective_user.id })}</div>`}</div>` },
  { key: 'org_id', label: t('core.organization'), render: (row) => (row.org_id ? html`<${Link} href=${to`/app/operator/tenants/${row.org_id}`}><code title=${row.org_id}>${row.org_id.slice(0, 4)}…${row.org_id.slice(-8)}</code><//>` : t('operator.system')) },
  { key: 'created_at', label: t('operator.when'), render: (row) => dateTime(row.created_at) },
  { key: 'address', label: t('operator.from'), render: (row) => html`<code class="ip">${row.address || '–'}</code>` },
];

const filters = () => [
  { name: 'action', label: t('operator.action') },
  { name: 'resource', label: t('operator.resource') },
  { name: 'tenant_id', label: t('operator.tenant_id') },
  { name: 'actor', label: t('operator.actor_id') },
  { name: 'resource_id', label: t('operator.resource_id') },
  { name: 'request_id', label: t('core.request_id') },
  { name: 'from', label: t('operator.from_day'), type: 'date' },
  { name: 'until', label: t('operator.to_day'), type: 'date' },
];

function Row({ row, onClose }) {
  // Leads to all rows that have this in common.
  const only = (name, value, words) => html`<${Link} href=${`/app/operator/audit?${name}=${encodeURIComponent(value)}`} onClick=${onClose}>${words}<//>`;
  return html`<${Dialog} wide title=${row.action} onClose=${onClose} foot=${html`<${Button} onClick=${onClose}>${t('core.close')}<//>`}>
    <${JsonDiff} before=${row.old_values} after=${row.new_values} />
    <${Facts} items=${[
      [t('operator.when'), dateTime(row.created_at)], [t('operator.actor'), row.actor ? only('actor', row.actor.id, person(row.actor)) : t('operator.nobody')],
      behind(row) && [t('operator.as'), person(row.effective_user)],
      row.api_key_id && [t('operator.api_key'), html`<code>${row.api_key_id}</code>`],
      [t('core.organization'), row.org_id ? only('tenant_id', row.org_id, html`<code>${row.org_id}</code>`) : t('operator.system')],
      [t('operator.resource'), html`${row.resource} ${row.resource_id && only('resource_id', row.resource_id, html`<code>${row.resource_id}</code>`)}`],
      [t('operator.seq'), String(row.seq)], [t('operator.from'), html`<code class="ip">${row.address || '–'}</code>`], [t('operator.agent'), html`<span dir="ltr">${row.agent || '–'}</span>`],
      [t('core.request_id'), row.request_id ? only('request_id', row.request_id, html`<code>${row.request_id}</code>`) : '–']]} /><//>`;
}

export default function Audit() {
  const [row, show] = useState(null);
  return html`<${PageHead} title=${t('operator.audit')} lead=${t('operator.audit_lead')} />
    <${DataTable} label=${t('operator.audit')} load=${load} columns=${columns(show)} filters=${filters()}
      empty=${html`<${EmptyState} icon="file" title=${t('core.empty')} />`} />
    ${row && html`<${Row} row=${row} onClose=${() => show(null)} />`}`;
}
