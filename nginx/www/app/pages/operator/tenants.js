// Every organization; making one for its first owner.
import { html, useState } from '../../dom.js';
import { call } from '../../api.js';
import { bytes, number, t } from '../../i18n.js';
import { navigate, to } from '../../router.js';
import { Badge, Button, DataTable, Dialog, EmptyState, Field, Form, PageHead, Plain, toast, useForm, When } from '../../components/index.js';
import { LimitFields, limitFields, limitsOf, wrongLimits } from './limit_fields.js';

const kEmpty = { name: '', slug: '', admin_email: '', admin_first_name: '', admin_last_name: '', max_members: '', max_projects: '', max_storage_bytes: '', max_requests: '' };

// A host name's label out of a name: what is typed until somebody types another.
const slugOf = (name) => name.normalize('NFKD').replace(/[\u0300-\u036f]/g, '').toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 63);

function NewTenant({ onClose }) {
  const [own, setOwn] = useState(false);
  const form = useForm({
    initial: kEmpty,
    fields: { ...limitFields, slug: 'slug', admin_email: 'admin_email', conflict: 'admin_email' },
    check: (values) => ({
      ...(!values.name.trim() && { name: t('operator.name_missing') }),
      ...(!values.slug.trim() && { slug: t('operator.slug_missing') }),
      ...(!values.admin_email.includes('@') && { admin_email: t('operator.email_missing') }),
      ...(![values.admin_first_name, values.admin_last_name].some((name) => name.trim()) && { admin_first_name: t('operator.owner_name_missing') }),
      ...wrongLimits(values),
    }),
    submit: async (values, key) => {
      const limits = limitsOf(values, { max_members: null, max_projects: null, max_storage_bytes: null, max_requests: null });
      const names = Object.fromEntries(['admin_first_name', 'admin_last_name'].map((name) => [name, values[name].trim()]).filter(([, value]) => value));
      const { data } = await call('POST', '/api/v1/tenants', {
        idempotent: key,
        body: { name: values.name.trim(), slug: values.slug.trim(), admin_email: values.admin_email.trim(), ...names, ...(Object.keys(limits).length && { limits }) },
      });
      toast(t(data.admin.password_link_mailed ? 'operator.made_link' : 'operator.made_told', { name: data.name, email: data.admin.email }));
      navigate(to`/app/operator/tenants/${data.id}`);
    },
  });
  const rename = (name) => {
    form.set('name', name);
    if (!own) form.set('slug', slugOf(name));
  };
  const typeSlug = (slug) => {
    setOwn(slug !== '');
    form.set('slug', slug);
  };
  return html`<${Dialog} wide title=${t('operator.new_tenant')} onClose=${onClose}><${Form} wide form=${form} label=${t('operator.make_tenant')}
      extra=${html`<${Button} onClick=${onClose}>${t('core.cancel')}<//>`}>
    <div class="columns"><${Field} name="name" label=${t('operator.name')} maxlength="200" autocomplete="off" onInput=${rename} />
      <${Field} name="slug" label=${t('operator.slug')} hint=${t('operator.slug_hint')} maxlength="63" autocomplete="off" ...${Plain} onInput=${typeSlug} /></div>
    <${Field} name="admin_email" type="email" label=${t('operator.owner')} hint=${t('operator.owner_hint')} maxlength="254" autocomplete="off" ...${Plain} />
    <div class="columns"><${Field} name="admin_first_name" label=${t('operator.owner_first')} maxlength="100" autocomplete="off" />
      <${Field} name="admin_last_name" label=${t('operator.owner_last')} maxlength="100" autocomplete="off" /></div>
    <details class="more-fields"><summary>${t('operator.limits_new')}</summary><p class="hint">${t('operator.limits_new_lead')}</p><${LimitFields} /></details><//><//>`;
}

const of = (used, limit, show) => (limit === null ? show(used) : `${show(used)} / ${show(limit)}`);

const columns = () => [
  { key: 'name', label: t('operator.name'), main: true },
  { key: 'slug', label: t('operator.slug'), render: (row) => html`<code>${row.slug}</code>` },
  { key: 'status', label: t('operator.status'), render: (row) => html`<div class="badges"><${Badge} tone=${row.status === 'active' ? 'good' : 'bad'}>${t(`operator.status_${row.status}`)}<//>${row.personal && html`<${Badge}>${t('operator.personal')}<//>`}</div>` },
  { key: 'members', label: t('operator.members'), end: true, render: (row) => of(row.usage.members, row.limits.max_members, number) },
  { key: 'storage', label: t('operator.storage'), end: true, render: (row) => of(row.usage.storage_bytes, row.limits.max_storage_bytes, bytes) },
  { key: 'created_at', label: t('operator.made_at'), render: (row) => html`<${When} at=${row.created_at} />` },
];

const filters = () => [
  { name: 'q', label: t('operator.name_or_slug') },
  { name: 'status', label: t('operator.status'), type: 'select', options: [['active', t('operator.status_active')], ['inactive', t('operator.status_inactive')]] },
];

export default function Tenants() {
  const [making, make] = useState(false);
  const action = html`<${Button} kind="primary" icon="plus" onClick=${() => make(true)}>${t('operator.new_tenant')}<//>`;
  return html`<${PageHead} title=${t('operator.tenants')} lead=${t('operator.tenants_lead')}>${action}<//>
    <${DataTable} label=${t('operator.tenants')} path="/api/v1/tenants" columns=${columns()} filters=${filters()} href=${(row) => to`/app/operator/tenants/${row.id}`}
      empty=${html`<${EmptyState} icon="building" title=${t('operator.no_tenants')} action=${action} />`} />
    ${making && html`<${NewTenant} onClose=${() => make(false)} />`}`;
}
