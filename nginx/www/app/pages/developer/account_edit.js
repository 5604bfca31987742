// A service account's name, what it can do, and from where.
import { html, useLoad, useState } from '../../dom.js';
import { call } from '../../api.js';
import { t } from '../../i18n.js';
import { navigate, to } from '../../router.js';
import { session } from '../../session.js';
import { Button, Card, Field, Form, PageHead, Plain, Select, TextArea, toast, useForm } from '../../components/index.js';
import { Awaited, RoleField, stale, useRoles } from '../organization/parts.js';
import { PermissionGrid } from '../organization/permission_grid.js';

const mine = () => [...session.get().permissions].map((name) => ({ name, resource: name.split(':')[0], action: name.split(':')[1], grantable: true }));
const linesOf = (text) => text.split(/[\s,]+/).filter(Boolean);
// "/networks/2" is a fault of the third line.
const networkFault = (form) => (form.problem && form.problem.errors || []).find((each) => each.pointer.startsWith('/networks'));

function Editor({ row, etag, roles, again }) {
  const [chosen, choose] = useState(new Set(row ? row.permissions : []));
  const form = useForm({
    initial: { name: row ? row.name : '', description: row ? row.description : '', by: row && row.role ? 'role' : 'permissions', role: row && row.role || (roles && roles.length ? roles[0].name : ''),
      networks: row ? row.networks.join('\n') : '', permissions: null },
    check: ({ name, by }) => ({ ...(!name.trim() && { name: t('organization.name_missing') }), ...(by === 'permissions' && chosen.size === 0 && { permissions: t('developer.choose_permissions') }) }),
    submit: async ({ name, description, by, role, networks }, key) => {
      const access = by === 'role' ? { role, permissions: [] } : { role: null, permissions: [...chosen] };
      const body = { name: name.trim(), description: description.trim(), networks: linesOf(networks), ...access };
      if (!row) {
        const { data } = await call('POST', '/api/v1/service-accounts', { body, idempotent: key });
        return navigate(to`/app/service-accounts/${data.id}`);
      }
      await call('PUT', to`/api/v1/service-accounts/${row.id}`, { body, etag });
      toast(t('account.saved'));
      return navigate(to`/app/service-accounts/${row.id}`);
    },
  });
  const fault = networkFault(form);
  return html`<${Card}><${Form} form=${form} label=${t(row ? 'account.save' : 'service_accounts.make')} wide
      extra=${html`${stale(form, again)}<${Button} href=${row ? to`/app/service-accounts/${row.id}` : '/app/service-accounts'}>${t('core.cancel')}<//>`}>
      <div class="columns"><${Field} name="name" label=${t('organization.name')} maxlength="100" />
      <${Field} name="description" label=${t('organization.description')} optional maxlength="500" />
      <${Select} name="by" label=${t('service_accounts.access')} hint=${t(`service_accounts.by_${form.values.by}_hint`)} options=${['permissions', 'role'].map((each) => [each, t(`service_accounts.by_${each}`)])} />
      ${form.values.by === 'role' && html`<${RoleField} roles=${roles} also=${[row && row.role]} />`}</div>
      <${TextArea} name="networks" label=${t('service_accounts.networks')} optional hint=${t('service_accounts.networks_hint')} rows="4" ...${Plain} />
      ${fault && html`<p class="hint bad" role="alert">${t('service_accounts.network_wrong', { line: Number(fault.pointer.split('/')[2] || 0) + 1 })}</p>`}
      ${form.values.by === 'permissions' && html`<p class="grid-head">${t('organization.permissions')} <span class="soft" role="status">${t('organization.chosen', { count: chosen.size })}</span></p>
      ${form.errors.permissions && html`<p class="hint bad" role="alert">${form.errors.permissions}</p>`}
      <${PermissionGrid} label=${t('organization.permissions')} permissions=${mine()} chosen=${chosen} onChange=${choose} />`}<//><//>`;
}

export default function AccountEdit({ params }) {
  const load = useLoad(async () => (params.id ? call('GET', to`/api/v1/service-accounts/${params.id}`) : { data: null, etag: 'new' }), [params.id]);
  const roles = useRoles();
  return html`<${PageHead} title=${t(params.id ? 'service_accounts.change' : 'service_accounts.new')} lead=${t('service_accounts.edit_lead')} />
    <${Awaited} load=${load}>${({ data, etag }) => (roles.loading ? null : html`<${Editor} key=${etag} row=${data} etag=${etag} roles=${roles.data} again=${load.again} />`)}<//>`;
}
