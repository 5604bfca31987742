// Invites one person.
import { html } from '../../dom.js';
import { call, uniqueKey } from '../../api.js';
import { t } from '../../i18n.js';
import { Dialog, Field, Form, Loading, Plain, Select, toast, useForm } from '../../components/index.js';
import { RoleField, useRoles } from './parts.js';

export const spans = () => [['', t('organization.span_default')], ['86400', t('organization.days', { count: 1 })], ['259200', t('organization.days', { count: 3 })],
  ['604800', t('organization.days', { count: 7 })], ['2592000', t('organization.days', { count: 30 })]];

function InviteForm({ roles, onDone, onClose }) {
  const form = useForm({
    initial: { email: '', role: roles && !roles.some(({ name }) => name === 'viewer') ? (roles[0] || {}).name : 'viewer', expires_in: '' },
    fields: { already_member: 'email', invite_exists: 'email' },
    check: ({ email }) => (/^\S+@\S+$/.test(email.trim()) ? {} : { email: t('entry.address_wrong') }),
    submit: async ({ email, role, expires_in: seconds }) => {
      await call('POST', '/api/v1/invites', { body: { email: email.trim(), role, ...(seconds && { expires_in: Number(seconds) }) }, idempotent: uniqueKey() });
      toast(t('organization.invited', { email: email.trim() }));
      onClose();
      onDone();
    },
  });
  return html`<${Form} form=${form} label=${t('organization.invite_act')}>
    <${Field} name="email" type="email" label=${t('entry.address')} autocomplete="off" maxlength="254" ...${Plain} />
    <${RoleField} roles=${roles} hint=${t('organization.role_hint')} />
    <${Select} name="expires_in" label=${t('organization.good_for')} options=${spans()} /><//>`;
}

export function InviteDialog({ onDone, onClose }) {
  const { data: roles, loading } = useRoles();
  return html`<${Dialog} title=${t('organization.invite')} onClose=${onClose}><p>${t('organization.invite_lead')}</p>
    ${loading ? html`<${Loading} />` : html`<${InviteForm} roles=${roles} onDone=${onDone} onClose=${onClose} />`}<//>`;
}
