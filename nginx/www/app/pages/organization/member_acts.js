// What one does to a member, from the list and from the member's own page.
import { html, useLoad, useState } from '../../dom.js';
import { call } from '../../api.js';
import { t } from '../../i18n.js';
import { to } from '../../router.js';
import { can, nameOf, reload, session } from '../../session.js';
import { Confirm, Dialog, Field, Form, Loading, toast, useForm } from '../../components/index.js';
import { Awaited, dayEnd, dayOf, failed, RoleField, roleName, stale, today, useRoles } from './parts.js';

// Members come as {user_id} from some lists and as {id} from others.
const idOf = (member) => member.user_id || member.id;
const isMe = (member) => idOf(member) === session.get().user.id;

// What is seen of a member is what a change is made of: `etag` of GET /users/{id}.
const read = (member) => call('GET', to`/api/v1/users/${idOf(member)}`);

async function setStatus(member, status) {
  const { data, etag } = await read(member);
  if (data.status !== status) await call('PUT', to`/api/v1/users/${idOf(member)}`, { body: { status }, etag });
}

function RoleDialog({ member, onDone, onClose }) {
  const load = useLoad(() => read(member), [idOf(member)]);
  return html`<${Dialog} title=${t('organization.change_role_of', { name: nameOf(member) })} onClose=${onClose}>
    <${Awaited} load=${load}>${({ data, etag }) => html`<${RoleForm} key=${etag} member=${data} etag=${etag} again=${load.again} onDone=${onDone} onClose=${onClose} />`}<//><//>`;
}

function RoleForm({ member, etag, again, onDone, onClose }) {
  const { data: roles, loading } = useRoles();
  const form = useForm({
    initial: { role: member.role, until: dayOf(member.role_expires_at) },
    fields: { new_role_name: 'role', expires_at: 'until' },
    submit: async ({ role, until }) => {
      await call('PUT', to`/api/v1/members/${idOf(member)}/role`, { body: { new_role_name: role, expires_at: until === dayOf(member.role_expires_at) ? (member.role_expires_at ?? null) : dayEnd(until) }, etag });
      if (isMe(member)) await reload();
      toast(t('organization.role_changed', { name: nameOf(member), role: roleName(role) }));
      onClose();
      onDone();
    },
  });
  return loading ? html`<${Loading} />` : html`<${Form} form=${form} label=${t('organization.change_role')} extra=${stale(form, again)}>
      <${RoleField} roles=${roles} also=${[member.role]} hint=${t('organization.role_hint')} />
      <${Field} name="until" type="date" label=${t('organization.role_until')} optional hint=${t('organization.role_until_hint')} min=${today()} /><//>`;
}

// Returns {items(member), dialog}: entries of a menu, and what they open. `onDone` loads the list anew; `onRemoved`
// is called in its place once a membership has ended.
export function useMemberActs(onDone, onRemoved = onDone) {
  const [doing, set] = useState(null);
  const close = () => set(null);
  const activate = (member) => setStatus(member, 'active').then(() => {
    toast(t('organization.activated', { name: nameOf(member) }));
    onDone();
  }).catch(failed);
  const deactivate = (member) => setStatus(member, 'inactive').then(() => {
    toast(t('organization.deactivated', { name: nameOf(member) }), { undo: () => activate(member) });
    onDone();
  }).catch(failed);
  const remove = async (member) => {
    await call('DELETE', '/delete', { body: { user_id: idOf(member) } });
    toast(t('organization.removed', { name: nameOf(member) }));
    onRemoved();
  };
  const items = (member) => [
    can('roles:assign') && { label: t('organization.change_role'), icon: 'shield', onClick: () => set({ what: 'role', member }) },
    can('users:update') && !isMe(member) && (member.status === 'active'
      ? { label: t('organization.deactivate'), icon: 'lock', onClick: () => deactivate(member) }
      : { label: t('organization.activate'), icon: 'check', onClick: () => activate(member) }),
    can('users:delete') && !isMe(member) && { label: t('organization.remove'), icon: 'trash', danger: true, onClick: () => set({ what: 'remove', member }) },
  ].filter(Boolean);
  const dialog = doing && (doing.what === 'role' ? html`<${RoleDialog} member=${doing.member} onDone=${onDone} onClose=${close} />`
    : html`<${Confirm} title=${t('organization.remove_title', { name: nameOf(doing.member) })} action=${t('organization.remove')} onConfirm=${() => remove(doing.member)} onClose=${close}>
        <p>${t('organization.remove_lead')}</p><//>`);
  return { items, dialog };
}
