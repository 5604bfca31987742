// Webhooks: where events are sent to.
import { html } from '../../dom.js';
import { t } from '../../i18n.js';
import { to } from '../../router.js';
import { Badge, Button, DataTable, EmptyState, PageHead, When } from '../../components/index.js';

export const Status = ({ row }) => html`<${Badge} tone=${row.status === 'active' ? 'good' : 'warn'}>${t(`developer.status_${row.status}`)}<//>`;
export const eventsOf = (row) => (row.events.includes('*') ? t('developer.every_event') : t('developer.event_count', { count: row.events.length }));

const columns = () => [
  { key: 'url', label: t('developer.url'), main: true, render: (row) => html`<span class="address" dir="ltr">${row.url}</span>` },
  { key: 'description', label: t('organization.description'), render: (row) => html`<bdi>${row.description || '–'}</bdi>` },
  { key: 'events', label: t('developer.events'), render: eventsOf },
  { key: 'status', label: t('organization.status'), render: (row) => html`<${Status} row=${row} />` },
  { key: 'updated_at', label: t('developer.changed'), render: (row) => html`<${When} at=${row.updated_at} />` },
];

export default function Webhooks() {
  const add = html`<${Button} kind="primary" icon="plus" href="/app/webhooks/new">${t('developer.new_webhook')}<//>`;
  return html`<${PageHead} title=${t('developer.webhooks')} lead=${t('developer.webhooks_lead')}><${Button} icon="shield" href="/app/developer/verify">${t('developer.verify')}<//>${add}<//>
    <${DataTable} label=${t('developer.webhooks')} path="/api/v1/webhooks" columns=${columns()} href=${(row) => to`/app/webhooks/${row.id}`}
      empty=${html`<${EmptyState} icon="hook" title=${t('developer.no_webhooks')} action=${add}>${t('developer.no_webhooks_text')}<//>`} />`;
}
