// A role: name, description, and its permissions as a grid. A new one at /app/roles/new.
import { html, useLoad, useState } from '../../dom.js';
import { call } from '../../api.js';
import { t } from '../../i18n.js';
import { navigate, to } from '../../router.js';
import { can, reload, useSession } from '../../session.js';
import { Button, Card, Field, Form, PageHead, toast, useForm } from '../../components/index.js';
import { Awaited, Note, roleName, stale } from './parts.js';
import { PermissionGrid } from './permission_grid.js';

function Editor({ role, etag, permissions, onStale }) {
  const { organization } = useSession();
  const [chosen, choose] = useState(new Set(role ? role.permissions : []));
  const form = useForm({
    initial: { name: role ? role.name : '', description: role ? role.description : '', permissions: null },
    fields: { conflict: 'name', name_taken: 'name' },
    check: ({ name }) => (name.trim() ? {} : { name: t('organization.name_missing') }),
    submit: async ({ name, description }, key) => {
      const body = { name: name.trim(), description: description.trim(), permissions: [...chosen] };
      if (role) await call('PUT', to`/api/v1/roles/${role.id}`, { body, etag });
      else await call('POST', '/api/v1/roles', { body, idempotent: key });
      if (role && organization.role === role.name) await reload();
      toast(t('organization.role_saved', { name: name.trim() }));
      navigate('/app/roles');
    },
  });
  return html`<${Card}><${Form} form=${form} label=${t(role ? 'account.save' : 'organization.make_role')} wide
      extra=${html`${stale(form, onStale)}<${Button} href="/app/roles">${t('core.cancel')}<//>`}>
    <div class="columns"><${Field} name="name" label=${t('organization.name')} maxlength="64" />
    <${Field} name="description" label=${t('organization.description')} optional maxlength="500" /></div>
    <p class="grid-head">${t('organization.permissions')} <span class="soft" role="status">${t('organization.chosen', { count: chosen.size })}</span></p>
    ${form.errors.permissions && html`<p class="hint bad">${form.errors.permissions}</p>`}
    <${PermissionGrid} label=${t('organization.permissions')} permissions=${permissions} chosen=${chosen} onChange=${choose} /><//><//>`;
}

export default function Role({ params }) {
  const load = useLoad(async () => {
    const [list, role] = await Promise.all([call('GET', '/api/v1/permissions'), params.id ? call('GET', to`/api/v1/roles/${params.id}`) : null]);
    return { permissions: list.data.items, role: role && role.data, etag: role && role.etag };
  }, [params.id]);
  return html`<${Awaited} load=${load}>${({ permissions, role, etag }) => {
    const grantable = new Set(permissions.filter((each) => each.grantable).map((each) => each.name));
    const above = role && role.permissions.some((name) => !grantable.has(name));
    const fixed = role && (role.system || above || !can('roles:update'));
    const why = role && (role.system ? 'organization.role_given' : above ? 'organization.role_above' : 'organization.role_readonly');
    return html`<${PageHead} title=${role ? html`<bdi>${roleName(role.name)}</bdi>` : t('organization.new_role')} lead=${t(fixed ? 'organization.role_lead_fixed' : 'organization.role_lead')}>
        ${role && can('roles:create') && fixed && html`<${Button} href="/app/roles/new">${t('organization.new_role')}<//>`}<//>
      ${fixed ? html`<${Note}>${t(why)}<//><${PermissionGrid} label=${t('organization.permissions')} permissions=${permissions} chosen=${new Set(role.permissions)} readonly />`
        : html`<${Editor} key=${etag} role=${role} etag=${etag} permissions=${permissions} onStale=${load.again} />`}`;
  }}<//>`;
}
