// A service account and its keys: make one, rotate, end; disable the account or end it.
import { html, useLoad, useState } from '../../dom.js';
import { call } from '../../api.js';
import { t } from '../../i18n.js';
import { navigate, to } from '../../router.js';
import { Badge, Button, Card, ConfirmByName, DataTable, Dialog, EmptyState, Facts, Field, Form, Menu, PageHead, SecretOnce, toast, useForm, When } from '../../components/index.js';
import { Awaited, dayEnd, dayOf, failed, today } from '../organization/parts.js';
import { permissionWords } from '../organization/permission_grid.js';
import { accessOf, AccountStatus, Ends } from './accounts.js';

const over = (row) => row.expires_at != null && row.expires_at * 1000 <= Date.now();

const columns = () => [
  { key: 'name', label: t('organization.name'), main: true, render: (row) => html`<bdi>${row.name}</bdi> ${over(row) && html`<${Badge} tone="warn">${t('developer.over')}<//>`}` },
  { key: 'prefix', label: t('developer.prefix'), render: (row) => html`<code>${row.prefix}…</code>` },
  { key: 'expires_at', label: t('developer.until'), render: (row) => html`<${Ends} at=${row.expires_at} />` },
  { key: 'last_used_at', label: t('account.last_used'), render: (row) => (row.last_used_at == null ? t('developer.never') : html`<${When} at=${row.last_used_at} />`) },
  { key: 'last_used_address', label: t('service_accounts.from'), render: (row) => html`<bdi>${row.last_used_address || '–'}</bdi>` },
];

// Of a key that is made, or that takes the place of those of before.
function KeyMaker({ path, rotates, onMade, onClose }) {
  const form = useForm({
    initial: { name: '', until: dayOf(Date.now() / 1000 + 365 * 86400), old_until: dayOf(Date.now() / 1000 + 7 * 86400) },
    fields: { expires_at: 'until', old_keys_end_at: 'old_until' },
    check: ({ name }) => ({ ...(!rotates && !name.trim() && { name: t('organization.name_missing') }) }),
    submit: async ({ name, until, old_until: oldUntil }, key) => {
      const body = { ...(name.trim() && { name: name.trim() }), ...(until && { expires_at: dayEnd(until) }), ...(rotates && oldUntil && { old_keys_end_at: dayEnd(oldUntil) }) };
      onMade((await call('POST', `${path}/${rotates ? 'rotate-key' : 'keys'}`, { body, idempotent: key })).data);
    },
  });
  return html`<${Dialog} title=${t(rotates ? 'service_accounts.rotate' : 'developer.new_key')} onClose=${onClose}>
    ${rotates && html`<p>${t('service_accounts.rotate_lead')}</p>`}
    <${Form} form=${form} label=${t(rotates ? 'service_accounts.rotate' : 'developer.make_key')} extra=${html`<${Button} onClick=${onClose}>${t('core.cancel')}<//>`}>
      <${Field} name="name" label=${t('organization.name')} optional=${rotates} hint=${rotates ? t('service_accounts.name_stays') : t('developer.key_name_hint')} maxlength="100" />
      <${Field} name="until" type="date" label=${t('developer.until')} optional hint=${t('developer.until_hint')} min=${today()} />
      ${rotates && html`<${Field} name="old_until" type="date" label=${t('service_accounts.old_until')} min=${today()} />`}<//><//>`;
}

export default function Account({ params }) {
  const path = to`/api/v1/service-accounts/${params.id}`;
  const load = useLoad(() => call('GET', path), [path]);
  const [version, next] = useState(0);
  const [doing, set] = useState('');
  const [ending, end] = useState(null);
  const [made, show] = useState(null);
  const close = () => set('');
  const again = () => {
    next((n) => n + 1);
    load.again();
  };
  const setStatus = (status) => call('PUT', path, { body: { status }, etag: load.data.etag }).then(again).catch((problem) => {
    failed(problem);
    if (problem.status === 412) load.again();
  });
  const remove = async () => {
    await call('DELETE', path);
    toast(t('service_accounts.ended', { name: load.data.data.name }));
    navigate('/app/service-accounts');
  };
  const removeKey = async () => {
    await call('DELETE', path + to`/keys/${ending.id}`);
    toast(t('developer.key_ended', { name: ending.name }));
    again();
  };
  const keep = (key) => {
    close();
    show(key);
    again();
  };
  return html`<${Awaited} load=${load}>${({ data: row }) => html`
    <${PageHead} title=${row.name} lead=${row.description}>
      <${Button} kind="primary" icon="plus" onClick=${() => set('key')}>${t('developer.new_key')}<//>
      ${row.live_keys > 0 && html`<${Button} icon="refresh" onClick=${() => set('rotate')}>${t('service_accounts.rotate')}<//>`}
      <${Menu} label=${t('core.actions')} items=${[{ label: t('service_accounts.change'), icon: 'settings', href: to`/app/service-accounts/${row.id}/edit` },
        { label: t(row.status === 'active' ? 'service_accounts.disable' : 'service_accounts.enable'), icon: 'key', onClick: () => setStatus(row.status === 'active' ? 'disabled' : 'active') },
        { label: t('service_accounts.end_act'), icon: 'trash', danger: true, onClick: () => set('end') }]} /><//>
    <${Card} title=${t('service_accounts.about')}><${Facts} items=${[[t('organization.status'), html`<${AccountStatus} row=${row} />`], [t('service_accounts.access'), accessOf(row)],
      [t('organization.permissions'), html`<span class="codes-in-line">${row.effective_permissions.map((name) => html`<code key=${name} title=${permissionWords(name)}>${name} </code>`)}</span>`],
      [t('service_accounts.networks'), row.networks.length ? html`<span class="codes-in-line">${row.networks.map((each) => html`<code key=${each}>${each} </code>`)}</span>` : t('service_accounts.everywhere')],
      [t('developer.changed'), html`<${When} at=${row.updated_at} />`]]} /><//>
    <${DataTable} label=${t('developer.keys')} path=${`${path}/keys`} version=${version} columns=${columns()}
      actions=${(key) => html`<${Button} small kind="danger" onClick=${() => end(key)}>${t('account.end')}<//>`}
      empty=${html`<${EmptyState} icon="key" title=${t('developer.no_keys')}>${t('developer.no_keys_text')}<//>`} />
    ${(doing === 'key' || doing === 'rotate') && html`<${KeyMaker} path=${path} rotates=${doing === 'rotate'} onMade=${keep} onClose=${close} />`}
    ${doing === 'end' && html`<${ConfirmByName} title=${t('service_accounts.end', { name: row.name })} name=${row.name} action=${t('service_accounts.end_act')} onConfirm=${remove} onClose=${close}><p>${t('service_accounts.end_lead')}</p><//>`}
    ${ending && html`<${ConfirmByName} title=${t('developer.end_key', { name: ending.name })} name=${ending.name} action=${t('developer.end_key_act')} onConfirm=${removeKey} onClose=${() => end(null)}><p>${t('developer.end_key_lead')}</p><//>`}
    ${made && html`<${SecretOnce} title=${t('developer.key_made', { name: made.name })} value=${made.key} onClose=${() => show(null)}>${t('developer.key_once')}<//>`}`}<//>`;
}
