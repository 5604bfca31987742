// Every account of the service, found by its address or by what is wrong with it.
import { html, useState } from '../../dom.js';
import { t } from '../../i18n.js';
import { nameOf } from '../../session.js';
import { Badge, Button, DataTable, EmptyState, PageHead, When } from '../../components/index.js';
import { said } from './health.js';
import { why } from './problem_users.js';
import { useUnlock } from './unlock.js';

const kStates = ['locked', 'unverified', 'bouncing'];

const badges = (row) => [
  row.status !== 'active' && ['', t('operator.status_inactive')],
  row.is_super_admin && ['info', t('operator.runs_service')],
  !row.email_verified && ['warn', said('kind', 'unverified')],
  row.mfa_enabled && ['good', t('operator.with_factor')],
].filter(Boolean);

const columns = () => [
  { key: 'email', label: t('operator.account'), main: true, render: (row) => html`<div><span dir="ltr">${row.email}</span>${nameOf(row) !== row.email && html`<div class="soft" dir="auto">${nameOf(row)}</div>`}</div>` },
  { key: 'status', label: t('operator.status'), render: (row) => html`<div><span class="badges">${badges(row).map(([tone, words]) => html`<${Badge} key=${words} tone=${tone}>${words}<//>`)}</span>
    ${why(row).map((line) => html`<div class="soft" key=${line}>${line}</div>`)}</div>` },
  { key: 'last_signin_at', label: t('operator.last_sign_in'), render: (row) => html`<${When} at=${row.last_signin_at} />` },
  { key: 'created_at', label: t('operator.made_at'), render: (row) => html`<${When} at=${row.created_at} />` },
];

const filters = () => [
  { name: 'q', label: t('operator.address_begins') },
  { name: 'status', label: t('operator.problem'), type: 'select', options: kStates.map((kind) => [kind, said('kind', kind)]) },
];

export default function Users() {
  const [version, next] = useState(0);
  const { Unlock, dialog } = useUnlock(() => next((n) => n + 1));
  return html`<${PageHead} title=${t('operator.users')} lead=${t('operator.users_lead')} />
    <${DataTable} label=${t('operator.users')} path="/api/v1/admin/users" version=${version} total=${false} columns=${columns()} filters=${filters()} rowKey=${(row) => row.user_id}
      actions=${(row) => html`${row.suppression && html`<${Button} small href=${`/app/operator/mail?email=${encodeURIComponent(row.email)}`}>${t('operator.see_suppression')}<//>`}<${Unlock} row=${row} />`}
      empty=${html`<${EmptyState} icon="people" title=${t('core.empty')} />`} />
    ${dialog}`;
}
