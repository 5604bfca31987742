// Accounts with which something is wrong, over all organizations; letting one in again.
import { html, useState } from '../../dom.js';
import { dateTime, t } from '../../i18n.js';
import { Badge, Button, DataTable, EmptyState, PageHead, When } from '../../components/index.js';
import { said } from './health.js';
import { useUnlock } from './unlock.js';

const kKinds = ['locked', 'bouncing', 'unverified', 'never_signed_in'];
const kTones = { locked: 'bad', bouncing: 'warn' };

export const why = (row) => [
  row.locked_until && t('operator.locked_until', { date: dateTime(row.locked_until) }),
  row.second_factor_locked_until && t('operator.factor_locked_until', { date: dateTime(row.second_factor_locked_until) }),
  row.suppression && t('operator.suppressed_for', { reason: said('suppression', row.suppression) }),
  row.bounced_at && t('operator.bounced_at', { date: dateTime(row.bounced_at) }),
  row.failed_sign_ins > 0 && t('operator.failed', { count: row.failed_sign_ins }),
].filter(Boolean);

const columns = () => [
  { key: 'email', label: t('operator.account'), main: true, render: (row) => html`<span dir="ltr">${row.email}</span>${row.status !== 'active' && html` <${Badge}>${t('operator.status_inactive')}<//>`}` },
  { key: 'problems', label: t('operator.problems'), render: (row) => html`<div><span class="badges">${row.problems.map((each) => html`<${Badge} key=${each} tone=${kTones[each]}>${said('kind', each)}<//>`)}</span>
    ${why(row).map((line) => html`<div class="soft" key=${line}>${line}</div>`)}</div>` },
  { key: 'last_signin_at', label: t('operator.last_sign_in'), render: (row) => html`<${When} at=${row.last_signin_at} />` },
  { key: 'created_at', label: t('operator.made_at'), render: (row) => html`<${When} at=${row.created_at} />` },
];

const filters = () => [
  { name: 'kind', label: t('operator.problem'), type: 'select', options: kKinds.map((kind) => [kind, said('kind', kind)]) },
];

export default function ProblemUsers() {
  const [version, next] = useState(0);
  const { Unlock, dialog } = useUnlock(() => next((n) => n + 1));
  return html`<${PageHead} title=${t('operator.problem_users')} lead=${t('operator.problem_users_lead')} />
    <${DataTable} label=${t('operator.problem_users')} path="/api/v1/admin/users/problematic" version=${version} columns=${columns()} filters=${filters()} rowKey=${(row) => row.user_id}
      actions=${(row) => html`${row.suppression && html`<${Button} small href=${`/app/operator/mail?email=${encodeURIComponent(row.email)}`}>${t('operator.see_suppression')}<//>`}
        <${Unlock} row=${row} />`}
      empty=${html`<${EmptyState} icon="check" title=${t('operator.no_problems')}>${t('operator.no_problems_text')}<//>`} />
    ${dialog}`;
}
