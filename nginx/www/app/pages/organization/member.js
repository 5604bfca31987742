// One member: role, how the account is guarded, sessions.
import { html, useLoad, useState } from '../../dom.js';
import { call } from '../../api.js';
import { date, dateTime, t } from '../../i18n.js';
import { navigate, to } from '../../router.js';
import { can, nameOf, useSession } from '../../session.js';
import { Badge, Button, Card, Confirm, DataTable, ErrorBox, Facts, Loading, Menu, PageHead, toast, When } from '../../components/index.js';
import { useMemberActs } from './member_acts.js';
import { Awaited, failed, roleName } from './parts.js';

const columns = () => [
  { key: 'device', label: t('account.device'), main: true, render: (row) => html`${row.device} ${row.current && html`<${Badge} tone="good">${t('account.this_device')}<//>`} ${row.impersonator_id && html`<${Badge} tone="warn">${t('account.acted')}<//>`}` },
  { key: 'address', label: t('account.from'), render: (row) => html`<code class="ip">${row.address}</code>` },
  { key: 'created_at', label: t('account.began'), render: (row) => html`<${When} at=${row.created_at} />` },
  { key: 'last_used_at', label: t('account.last_used'), render: (row) => html`<${When} at=${row.last_used_at} />` },
];

function Guard({ id, version }) {
  const { data, problem, again } = useLoad(() => call('GET', to`/api/v1/users/${id}/security`).then((reply) => reply.data), [version]);
  const unlock = () => call('POST', to`/api/v1/users/${id}/unlock`).then(() => {
    toast(t('organization.unlocked'));
    again();
  }).catch(failed);
  return html`<${Card} title=${t('organization.guard')} actions=${data && data.locked && html`<${Button} kind="primary" onClick=${unlock}>${t('organization.unlock')}<//>`}>
    <${ErrorBox} problem=${problem} retry=${again} />${!data && !problem && html`<${Loading} />`}
    ${data && html`<${Facts} items=${[
      [t('organization.sign_in_state'), data.locked ? html`<${Badge} tone="bad">${t('organization.locked_until', { at: dateTime(data.locked_until) })}<//>` : html`<${Badge} tone="good">${t('organization.not_locked')}<//>`],
      [t('organization.failed_signins'), String(data.failed_signins)],
      [t('account.factor'), html`<${Badge} tone=${data.mfa_enabled ? 'good' : 'warn'}>${t(data.mfa_enabled ? 'account.on' : 'account.off')}<//>`],
      [t('account.address'), html`<${Badge} tone=${data.email_verified ? 'good' : 'warn'}>${t(data.email_verified ? 'account.confirmed' : 'account.unconfirmed')}<//>`],
      [t('organization.last_signin'), html`<${When} at=${data.last_signin_at} />`]]} />`}<//>`;
}

function Sessions({ id, name, version, onEnd }) {
  const [ending, end] = useState(false);
  const path = to`/api/v1/users/${id}/sessions`;
  const one = (row) => call('DELETE', `${path}/${row.id}`).then(() => {
    toast(t('account.session_ended'));
    onEnd();
  }).catch(failed);
  const every = async () => {
    await call('DELETE', path);
    toast(t('organization.sessions_ended', { name }));
    onEnd();
  };
  return html`<${Card} title=${t('account.sessions')} actions=${html`<${Button} kind="danger" onClick=${() => end(true)}>${t('account.end_all')}<//>`}>
    <${DataTable} label=${t('account.sessions')} path=${path} columns=${columns()} version=${version}
      actions=${(row) => html`<${Button} small onClick=${() => one(row)}>${t('account.end')}<//>`} empty=${html`<p class="soft">${t('organization.no_sessions')}</p>`} /><//>
    ${ending && html`<${Confirm} title=${t('account.end_all')} action=${t('account.end_all')} onConfirm=${every} onClose=${() => end(false)}><p>${t('organization.end_all_lead', { name })}</p><//>`}`;
}

export default function Member({ params }) {
  const { user: me } = useSession();
  const [version, next] = useState(0);
  const load = useLoad(() => call('GET', to`/api/v1/users/${params.id}`).then((reply) => reply.data), [params.id]);
  const acts = useMemberActs(load.again, () => navigate('/app/members'));
  const mine = params.id === me.id;
  return html`<${Awaited} load=${load}>${(member) => html`
    <${PageHead} title=${html`<bdi>${nameOf(member)}</bdi>`} lead=${nameOf(member) === member.email ? null : html`<span dir="ltr">${member.email}</span>`}>
      ${acts.items(member).length > 0 && html`<${Menu} label=${t('core.actions')} look="button plain" items=${acts.items(member)}>${t('core.actions')}<//>`}<//>
    <${Card} title=${t('organization.membership')}><${Facts} items=${[
      [t('organization.role'), html`<bdi>${roleName(member.role)}</bdi>${member.role_expires_at && html` <span class="soft">${t('organization.until')} ${date(member.role_expires_at)}</span>`}`],
      [t('organization.status'), html`<${Badge} tone=${member.status === 'active' ? 'good' : ''}>${t(`organization.status_${member.status}`)}<//>`],
      [t('organization.since'), date(member.member_since)],
      [t('account.id'), html`<code>${member.id}</code>`]]} /><//>
    ${can('users:update') && html`<${Guard} id=${member.id} version=${version} />`}
    ${can('users:update') && !mine && html`<${Sessions} id=${member.id} name=${nameOf(member)} version=${version} onEnd=${() => next((n) => n + 1)} />`}
    ${acts.dialog}`}<//>`;
}
