// Roles: what comes with every organization, and what it has made itself.
import { html, useState } from '../../dom.js';
import { call } from '../../api.js';
import { t } from '../../i18n.js';
import { to } from '../../router.js';
import { can } from '../../session.js';
import { Badge, Button, Confirm, DataTable, PageHead, toast } from '../../components/index.js';
import { inOrder, kGiven, roleName } from './parts.js';

const says = (role) => (role.system && kGiven.includes(role.name) ? t(`organization.given_${role.name}`) : role.description);

const columns = () => [
  { key: 'name', label: t('organization.role'), main: true, render: (row) => html`<bdi>${roleName(row.name)}</bdi>` },
  { key: 'description', label: t('organization.description'), render: (row) => html`<bdi>${says(row) || '–'}</bdi>` },
  { key: 'system', label: t('organization.kind'), render: (row) => html`<${Badge} tone=${row.system ? '' : 'info'}>${t(row.system ? 'organization.given' : 'organization.own')}<//>` },
  { key: 'permissions', label: t('organization.permissions'), end: true, render: (row) => String(row.permissions.length) },
];

// A page's roles: those of every organization first, from the one that may most.
const load = async (query) => {
  const { data } = await call('GET', '/api/v1/roles', { query });
  return { ...data, items: inOrder(data.items) };
};

export default function Roles() {
  const [version, next] = useState(0);
  const [removing, remove] = useState(null);
  const end = async () => {
    await call('DELETE', to`/api/v1/roles/${removing.id}`);
    toast(t('organization.role_removed', { name: removing.name }));
    next((n) => n + 1);
  };
  return html`<${PageHead} title=${t('organization.roles')} lead=${t('organization.roles_lead')}>
      ${can('roles:create') && html`<${Button} kind="primary" icon="plus" href="/app/roles/new">${t('organization.new_role')}<//>`}<//>
    <${DataTable} label=${t('organization.roles')} load=${load} version=${version} columns=${columns()} href=${(row) => to`/app/roles/${row.id}`}
      actions=${(row) => !row.system && can('roles:delete') && html`<${Button} small kind="danger" onClick=${() => remove(row)}>${t('organization.delete')}<//>`} />
    ${removing && html`<${Confirm} title=${t('organization.delete_role', { name: removing.name })} action=${t('organization.delete')} onConfirm=${end} onClose=${() => remove(null)}>
      <p>${t('organization.delete_role_lead')}</p><//>`}`;
}
