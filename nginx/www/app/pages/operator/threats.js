// What looks like an attack on accounts.
import { html } from '../../dom.js';
import { call } from '../../api.js';
import { dateTime, number, t } from '../../i18n.js';
import { setQuery, useRoute } from '../../router.js';
import { Badge, DataTable, EmptyState, PageHead, Select, When } from '../../components/index.js';
import { said } from './health.js';

const kSpans = { 3600: 'span_hour', 86400: 'span_day', 604800: 'span_week' };

const columns = () => [
  { key: 'kind', label: t('operator.threat'), main: true, render: (row) => html`${said('threat', row.kind)} <div class="soft finding">${said('threat_text', row.kind)}</div>` },
  { key: 'who', label: t('operator.from_or_on'), render: (row) => html`<div>${row.address && html`<code>${row.address}</code>`}${row.user && html`<div dir="ltr">${row.user.email || row.user.user_id}</div>`}
    ${row.users.length > 0 && html`<div class="soft">${t('operator.concerned', { who: row.users.map((each) => each.email || each.user_id).join(', ') })}</div>`}</div>` },
  { key: 'events', label: t('operator.events'), end: true, render: (row) => html`<${Badge} tone="warn">${number(row.events)}<//>` },
  { key: 'accounts', label: t('operator.accounts'), end: true, render: (row) => number(row.accounts) },
  { key: 'addresses', label: t('operator.networks'), end: true, render: (row) => number(row.addresses) },
  { key: 'last_at', label: t('operator.last_seen'), render: (row) => html`<span title=${dateTime(row.first_at)}><${When} at=${row.last_at} /></span>` },
];

// The reply is one page; a finding has no id.
const load = async ({ window_seconds: span }) => {
  const { data } = await call('GET', '/api/v1/admin/security/threats', { query: { window_seconds: span, limit: 100 } });
  return { items: data.items.map((item, at) => ({ ...item, id: String(at) })), next_cursor: null, total: data.items.length };
};

export default function Threats() {
  const { query } = useRoute();
  const seconds = Object.hasOwn(kSpans, query.window) ? query.window : '3600';
  const span = t(`operator.${kSpans[seconds]}`);
  return html`<${PageHead} title=${t('operator.threats')} lead=${t('operator.threats_lead')} />
    <div class="filters"><${Select} name="window" label=${t('operator.span')} value=${seconds} options=${Object.entries(kSpans).map(([value, key]) => [value, t(`operator.${key}`)])}
      onInput=${(next) => setQuery({ window: next === '3600' ? '' : next })} /></div>
    <${DataTable} label=${t('operator.threats')} load=${load} query=${{ window_seconds: seconds }} columns=${columns()}
      empty=${html`<${EmptyState} icon="shield" title=${t('operator.no_threats')}>${t('operator.no_threats_text', { span })}<//>`} />`;
}
