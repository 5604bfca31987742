// Accounts with which something is wrong, over all organizations; letting one in again.
import { html, useState } from '../../dom.js';
import { call } from '../../api.js';
import { dateTime, number, t } from '../../i18n.js';
import { useSession } from '../../session.js';
import { Badge, Banner, Button, Confirm, DataTable, EmptyState, PageHead, toast, When } from '../../components/index.js';
import { said } from './health.js';

const kKinds = ['locked', 'bouncing', 'unverified', 'never_signed_in'];
const kTones = { locked: 'bad', bouncing: 'warn' };

const why = (row) => [
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

export default function Users() {
  const { user } = useSession();
  const [version, next] = useState(0);
  const [asking, ask] = useState(null);
  const unlock = async () => {
    await call('POST', `/api/v1/admin/users/${asking.user_id}/unlock`);
    next(version + 1);
    toast(t('operator.unlocked', { email: asking.email }));
  };
  const locked = (row) => row.user_id !== user.id && (row.locked_until || row.second_factor_locked_until || row.failed_sign_ins > 0);
  return html`<${PageHead} title=${t('operator.users')} lead=${t('operator.users_lead')} />
    <${Banner}><p>${t('operator.users_unknown')}</p><//>
    <${DataTable} label=${t('operator.users')} path="/api/v1/admin/users/problematic" version=${version} columns=${columns()} filters=${filters()} rowKey=${(row) => row.user_id}
      actions=${(row) => html`${row.suppression && html`<${Button} small href=${`/app/operator/mail?email=${encodeURIComponent(row.email)}`}>${t('operator.see_suppression')}<//>`}
        ${locked(row) && html`<${Button} small icon="key" onClick=${() => ask(row)}>${t('operator.unlock')}<//>`}`}
      empty=${html`<${EmptyState} icon="check" title=${t('operator.no_problems')}>${t('operator.no_problems_text')}<//>`} />
    ${asking && html`<${Confirm} title=${t('operator.unlock')} action=${t('operator.unlock')} danger=${false} onConfirm=${unlock} onClose=${() => ask(null)}>
      <p>${t('operator.unlock_lead', { email: asking.email, failed: number(asking.failed_sign_ins) })}</p><//>`}`;
}
