// Provisioning: where the organization's directory finds the service, the key that it shows, and which of its groups gives
// which role.
import { html, useLoad } from '../../dom.js';
import { call } from '../../api.js';
import { t } from '../../i18n.js';
import { Link, to } from '../../router.js';
import { can, useSession } from '../../session.js';
import { Button, Card, CopyButton, Field, Form, PageHead, toast, useForm } from '../../components/index.js';
import { Awaited, RoleField, stale, useRoles } from './parts.js';

const path = '/api/v1/scim/roles';
const kMost = 50;  // groups with a role
const kKey = `/app/api-keys/new?${new URLSearchParams({ name: 'SCIM', owner: 'organization', permissions: 'scim:provision' })}`;

function Address({ base }) {
  return html`<${Card} title=${t('scim.connect')} lead=${t('scim.connect_lead')}>
    <div class="secret"><span class="soft">${t('scim.base_url')}</span><code dir="ltr">${base}</code><${CopyButton} text=${base} /></div>
    <p>${t('scim.token')}</p>
    ${can('api_keys:manage') && can('scim:provision') ? html`<${Button} icon="key" href=${kKey}>${t('scim.make_key')}<//>` : html`<p class="soft">${t('scim.ask_key')}</p>`}
    <p>${t('scim.domains')}</p>
    ${can('domains:manage') && html`<${Button} icon="link" href="/app/domains">${t('domains.title')}<//>`}<//>`;
}

// Who answers for the table: its roles are given as long as that person may give them.
function Keeper({ id }) {
  const { user } = useSession();
  if (!id) return null;
  return html`<p class="soft">${id === user.id ? t('scim.kept_by_you') : html`${t('scim.kept_by')} ${can('users:read') && html`<${Link} href=${to`/app/members/${id}`}>${t('scim.see_keeper')}<//>`}`}</p>`;
}

const same = (one, other) => one.trim().toLowerCase() === other.trim().toLowerCase();

// What cannot be sent, by row.
function check({ rows }) {
  const wrong = {};
  rows.forEach(({ group }, at) => {
    if (!group.trim()) wrong[`group${at}`] = t('scim.group_missing');
    else if (rows.slice(0, at).some((each) => same(each.group, group))) wrong[`group${at}`] = t('scim.group_twice');
  });
  return wrong;
}

function Group({ form, at, roles, row }) {
  const change = (part) => form.set('rows', form.values.rows.map((each, place) => (place === at ? { ...each, ...part } : each)));
  const remove = () => {
    form.setErrors({});
    form.set('rows', form.values.rows.filter((_, place) => place !== at));
  };
  const rename = (group) => {
    form.setErrors({});
    change({ group });
  };
  return html`<fieldset class="line pair"><legend>${t('scim.group_number', { number: at + 1 })}</legend>
    <div class="pair-fields"><${Field} name=${`group${at}`} label=${t('scim.group')} value=${row.group} onInput=${rename} error=${form.errors[`group${at}`]} list="groups" maxlength="200" autocomplete="off" />
    <${RoleField} name=${`role${at}`} roles=${roles} also=${[row.role_name]} label=${t('organization.role')} value=${row.role_name} onInput=${(name) => change({ role_name: name })} />
    <${Button} kind="quiet" icon="close" aria-label=${t('scim.remove_group', { group: row.group || at + 1 })} onClick=${remove}>${t('scim.remove')}<//></div></fieldset>`;
}

function Roles({ table, etag, roles, again }) {
  const form = useForm({
    initial: { default_role_name: table.default_role_name, rows: table.group_roles },
    check,
    submit: async ({ default_role_name: role, rows }) => {
      const group_roles = rows.map(({ group, role_name }) => ({ group: group.trim(), role_name }));
      const { data } = await call('PUT', path, { body: { default_role_name: role, group_roles }, etag });
      toast(t(data.complete ? 'account.saved' : 'scim.saved_in_part'), { tone: data.complete ? 'good' : 'bad' });
      again();
    },
  });
  const { rows } = form.values;
  const names = roles ? roles.map((each) => each.name).filter((name) => name !== 'owner') : [];
  const add = () => form.set('rows', [...rows, { group: '', role_name: names.includes('member') ? 'member' : names[0] || 'member' }]);
  const offered = roles && roles.filter((each) => each.name !== 'owner');
  const unused = table.groups.filter((name) => !rows.some((each) => same(each.group, name)));
  return html`<${Card} title=${t('scim.roles')} lead=${t('scim.roles_lead')}><${Form} form=${form} label=${t('account.save')} wide extra=${stale(form, again)}>
      <datalist id="groups">${unused.map((name) => html`<option key=${name} value=${name} />`)}</datalist>
      ${rows.map((row, at) => html`<${Group} key=${at} form=${form} at=${at} row=${row} roles=${offered} />`)}
      ${rows.length === 0 && html`<p class="soft">${t('scim.no_groups')}</p>`}
      ${rows.length < kMost && html`<p class="above"><${Button} icon="plus" onClick=${add}>${t('scim.add_group')}<//></p>`}
      <div class="columns"><${RoleField} roles=${offered} also=${[table.default_role_name]} name="default_role_name" label=${t('scim.default_role')} hint=${t('scim.default_role_hint')} /></div>
      <${Keeper} id=${table.kept_by} /><//><//>
    ${table.groups.length > 0 && html`<${Card} title=${t('scim.groups')} lead=${t('scim.groups_lead')}><ul class="tags">${table.groups.map((name) => html`<li class="badge" key=${name} dir="auto">${name}</li>`)}</ul><//>`}`;
}

export default function Provisioning() {
  const table = useLoad(() => call('GET', path));
  const roles = useRoles();
  return html`<${PageHead} title=${t('scim.title')} lead=${t('scim.lead')} />
    <${Awaited} load=${table}>${({ data, etag }) => html`<${Address} base=${data.base_url} />
      <${Awaited} load=${roles.loading ? { ...roles, data: null } : { ...roles, data: roles.data || [] }}>${() => html`<${Roles} key=${`${etag} ${JSON.stringify(data.group_roles)} ${data.default_role_name}`} table=${data} etag=${etag} roles=${roles.data} again=${table.again} />`}<//>`}<//>`;
}
