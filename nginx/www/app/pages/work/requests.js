// Purchase requests, newest first.
import { html } from '../../dom.js';
import { t } from '../../i18n.js';
import { to } from '../../router.js';
import { can } from '../../session.js';
import { Button, DataTable, EmptyState, PageHead, When } from '../../components/index.js';
import { choices, Person, price, purchaseStates, State, usePeople } from './parts.js';

const columns = (names) => [
  { key: 'title', label: t('work.title'), main: true, render: (row) => row.title },
  { key: 'number', label: t('work.no'), render: (row) => t('work.number', { number: String(row.number) }) },
  { key: 'status', label: t('work.status'), render: (row) => html`<${State} of="purchase_status" name=${row.status} />` },
  { key: 'requested_by', label: t('work.requested_by'), render: (row) => html`<${Person} id=${row.requested_by} names=${names} />` },
  { key: 'total_minor', label: t('work.total'), end: true, render: (row) => price(row.total_minor, row.currency) },
  { key: 'created_at', label: t('work.made'), render: (row) => html`<${When} at=${row.created_at} />` },
];

export default function Requests() {
  const names = usePeople();
  const make = can('purchase_requests:create') && html`<${Button} kind="primary" icon="plus" href="/app/purchase-requests/new">${t('work.request_new')}<//>`;
  return html`<${PageHead} title=${t('work.requests')} lead=${t('work.requests_lead')}>${make}<//>
    <${DataTable} label=${t('work.requests')} path="/api/v1/purchase-requests" columns=${columns(names)} href=${(row) => to`/app/purchase-requests/${row.id}`}
      filters=${[{ name: 'q', label: t('core.search') }, { name: 'status', label: t('work.status'), type: 'select', options: choices('purchase_status', purchaseStates) },
        { name: 'requested_by', label: t('work.whose'), type: 'select', options: [['me', t('work.mine')]] }]}
      empty=${html`<${EmptyState} icon="cart" title=${t('work.no_requests')} action=${make}>${t('work.no_requests_text')}<//>`} />`;
}
