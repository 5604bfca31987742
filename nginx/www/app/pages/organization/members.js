// Members and invitations in one list: first who is still to come, then who is here.
import { html, useState } from '../../dom.js';
import { call } from '../../api.js';
import { t } from '../../i18n.js';
import { to } from '../../router.js';
import { can, useSession } from '../../session.js';
import { Badge, Button, Confirm, DataTable, EmptyState, Menu, PageHead, toast, When } from '../../components/index.js';
import { InviteDialog } from './invite_one.js';
import { useMemberActs } from './member_acts.js';
import { failed, Person, roleName, useRoles } from './parts.js';

const kBad = new Set(['bounced', 'suppressed', 'failed']);

// The parts of the list, each with the status that the service knows it by.
function partsFor(status) {
  const members = can('users:read') ? ['active', 'inactive'].includes(status) ? [status] : status ? [] : ['members'] : [];
  const invites = can('users:invite') ? ['pending', 'expired'].filter((each) => !status || each === status) : [];
  return [...invites, ...members];
}

// The service searches members; invitations, which are few, are searched here.
const fits = ({ q, role }) => (invite) => (!role || invite.role === role) &&
  (!q || (invite.email || '').toLowerCase().includes(q.toLowerCase()));

async function ask(part, { q, role, limit, cursor, include_total: count }) {
  if (part === 'pending' || part === 'expired') {
    const { data } = await call('GET', '/api/v1/invites', { query: { status: part, limit, cursor, include_total: count } });
    return { ...data, items: data.items.filter(fits({ q, role })).map((each) => ({ ...each, invite: true })), exact: !q && !role };
  }
  const { data } = await call('GET', '/api/v1/users', { query: { status: part === 'members' ? '' : part, q, role, limit, cursor, include_total: count } });
  return { ...data, exact: true };
}

// One part after another; a cursor names the part and the service's own cursor in it.
async function load({ status, limit, cursor, include_total: count, ...query }) {
  const parts = partsFor(status);
  const [from, inner] = cursor ? [cursor.slice(0, cursor.indexOf(' ')), cursor.slice(cursor.indexOf(' ') + 1)] : [parts[0], ''];
  const items = [];
  let total = count ? 0 : undefined;
  let next = null;
  for (let at = parts.indexOf(from); at >= 0 && at < parts.length && (next === null || count); ++at) {
    const room = next === null ? limit - items.length : 0;
    if (room <= 0 && next === null) next = `${parts[at]} `;
    if (next !== null && !count) break;
    const page = await ask(parts[at], { ...query, limit: Math.max(1, room), cursor: parts[at] === from && inner ? inner : undefined, include_total: count });
    if (next === null) {
      items.push(...page.items);
      if (page.next_cursor) next = `${parts[at]} ${page.next_cursor}`;
    }
    total = page.exact && total !== undefined ? total + page.total : undefined;
  }
  return { items, next_cursor: next, total };
}

function Status({ row }) {
  if (!row.invite) return html`<${Badge} tone=${row.status === 'active' ? 'good' : ''}>${t(`organization.status_${row.status}`)}<//>`;
  const lost = row.delivery && kBad.has(row.delivery.state);
  return html`<${Badge} tone=${row.status === 'pending' ? 'info' : 'warn'}>${t(`organization.status_${row.status}`)}<//>
    ${lost && html` <${Badge} tone="bad">${t(`organization.mail_${row.delivery.state}`)}<//>`}`;
}

const columns = () => [
  { key: 'name', label: t('organization.person'), main: true, render: (row) => (row.invite ? html`<bdi>${row.email || t('organization.known_person')}</bdi>` : html`<${Person} user=${row} />`) },
  { key: 'role', label: t('organization.role'), render: (row) => html`<bdi>${roleName(row.role)}</bdi>${row.role_expires_at && html`<br /><span class="soft">${t('organization.good_until')} <${When} at=${row.role_expires_at} /></span>`}` },
  { key: 'status', label: t('organization.status'), render: (row) => html`<${Status} row=${row} />` },
  { key: 'since', label: t('organization.since'), render: (row) => (row.invite ? html`${t(row.status === 'pending' ? 'organization.good_until' : 'organization.ended')} <${When} at=${row.expires_at} />`
    : html`<${When} at=${row.member_since} />`) },
];

export default function Members() {
  const { organization } = useSession();
  const [version, next] = useState(0);
  const [inviting, invite] = useState(false);
  const [withdrawing, withdraw] = useState(null);
  const again = () => next((n) => n + 1);
  const acts = useMemberActs(again);
  const { data: roles } = useRoles();
  const resend = (row) => call('POST', to`/api/v1/invites/${row.id}/resend`, { body: {}, idempotent: true }).then(() => {
    toast(t('organization.resent', { email: row.email || '' }));
    again();
  }).catch(failed);
  const take = async () => {
    await call('DELETE', to`/api/v1/invites/${withdrawing.id}`);
    toast(t('organization.withdrawn'));
    again();
  };
  const statuses = ['active', 'inactive', ...(can('users:invite') ? ['pending', 'expired'] : [])];
  const filters = [
    { name: 'q', label: t('core.search') },
    { name: 'status', label: t('organization.status'), type: 'select', options: statuses.map((name) => [name, t(`organization.status_${name}`)]) },
    ...(roles ? [{ name: 'role', label: t('organization.role'), type: 'select', options: roles.map(({ name }) => [name, roleName(name)]) }] : []),
  ];
  const actions = (row) => (row.invite ? html`<${Button} small onClick=${() => resend(row)}>${t('organization.resend')}<//> <${Button} small onClick=${() => withdraw(row)}>${t('organization.withdraw')}<//>`
    : acts.items(row).length > 0 && html`<${Menu} label=${t('organization.acts_for', { name: row.email })} items=${acts.items(row)} />`);
  return html`<${PageHead} title=${t('organization.members')} lead=${t('organization.members_lead', { organization: organization.name })}>
      ${can('users:invite') && html`<${Button} href="/app/members/invite" icon="upload">${t('organization.invite_many')}<//>
        <${Button} kind="primary" icon="plus" onClick=${() => invite(true)}>${t('organization.invite')}<//>`}<//>
    <${DataTable} label=${t('organization.members')} load=${load} path="members" columns=${columns()} filters=${filters} version=${version} actions=${actions}
      rowKey=${(row) => row.id} href=${(row) => (row.invite || !can('users:read') ? null : to`/app/members/${row.id}`)} empty=${html`<${EmptyState} icon="people" title=${t('organization.no_members')} />`} />
    ${acts.dialog}
    ${inviting && html`<${InviteDialog} onDone=${again} onClose=${() => invite(false)} />`}
    ${withdrawing && html`<${Confirm} title=${t('organization.withdraw_title')} action=${t('organization.withdraw')} onConfirm=${take} onClose=${() => withdraw(null)}>
      <p>${t('organization.withdraw_lead', { email: withdrawing.email || '' })}</p><//>`}`;
}
