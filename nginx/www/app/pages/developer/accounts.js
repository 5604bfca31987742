// Service accounts: what acts for the organization without being a person.
import { html } from '../../dom.js';
import { dateTime, number, t } from '../../i18n.js';
import { to } from '../../router.js';
import { Badge, Button, DataTable, EmptyState, PageHead, When } from '../../components/index.js';
import { roleName } from '../organization/parts.js';

export const AccountStatus = ({ row }) => html`<${Badge} tone=${row.status === 'active' ? 'good' : 'warn'}>${t(`service_accounts.${row.status}`)}<//>`;
export const accessOf = (row) => (row.role ? roleName(row.role) : t('developer.permission_count', { count: row.permissions.length }));
export const Ends = ({ at }) => (at == null ? t('developer.no_end') : html`<span title=${dateTime(at)}><${When} at=${at} /></span>`);

const columns = () => [
  { key: 'name', label: t('organization.name'), main: true, render: (row) => html`<bdi>${row.name}</bdi>` },
  { key: 'access', label: t('service_accounts.access'), render: accessOf },
  { key: 'status', label: t('organization.status'), render: (row) => html`<${AccountStatus} row=${row} />` },
  { key: 'live_keys', label: t('service_accounts.live_keys'), end: true, render: (row) => number(row.live_keys) },
  { key: 'next_key_ends_at', label: t('service_accounts.next_end'), render: (row) => (row.next_key_ends_at == null ? '–' : html`<${Ends} at=${row.next_key_ends_at} />`) },
  { key: 'last_used_at', label: t('account.last_used'), render: (row) => (row.last_used_at == null ? t('developer.never') : html`<${When} at=${row.last_used_at} />`) },
];

export default function Accounts() {
  const add = html`<${Button} kind="primary" icon="plus" href="/app/service-accounts/new">${t('service_accounts.new')}<//>`;
  return html`<${PageHead} title=${t('service_accounts.title')} lead=${t('service_accounts.lead')}>${add}<//>
    <${DataTable} label=${t('service_accounts.title')} path="/api/v1/service-accounts" columns=${columns()} href=${(row) => to`/app/service-accounts/${row.id}`}
      empty=${html`<${EmptyState} icon="key" title=${t('service_accounts.none')} action=${add}>${t('service_accounts.none_text')}<//>`} />`;
}
