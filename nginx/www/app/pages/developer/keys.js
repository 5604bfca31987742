// API keys: which there are, when each was used, and their end.
import { html, useState } from '../../dom.js';
import { call } from '../../api.js';
import { dateTime, t } from '../../i18n.js';
import { to } from '../../router.js';
import { Badge, Button, ConfirmByName, DataTable, Dialog, EmptyState, PageHead, toast, When } from '../../components/index.js';
import { permissionWords } from '../organization/permission_grid.js';

const over = (row) => row.expires_at != null && row.expires_at * 1000 <= Date.now();

const columns = (show) => [
  { key: 'name', label: t('organization.name'), main: true, render: (row) => html`<bdi>${row.name}</bdi> ${over(row) && html`<${Badge} tone="warn">${t('developer.over')}<//>`}` },
  { key: 'prefix', label: t('developer.prefix'), render: (row) => html`<code>${row.prefix}…</code>` },
  { key: 'owner', label: t('developer.owner'), render: (row) => t(`developer.owner_${row.owner}`) },
  { key: 'permissions', label: t('organization.permissions'), render: (row) => html`<button type="button" class="link" onClick=${() => show(row)}>${t('developer.permission_count', { count: row.permissions.length })}</button>` },
  { key: 'expires_at', label: t('developer.until'), render: (row) => (row.expires_at == null ? t('developer.no_end') : html`<span title=${dateTime(row.expires_at)}><${When} at=${row.expires_at} /></span>`) },
  { key: 'last_used_at', label: t('account.last_used'), render: (row) => (row.last_used_at == null ? t('developer.never') : html`<${When} at=${row.last_used_at} />`) },
];

export default function Keys() {
  const [version, next] = useState(0);
  const [ending, end] = useState(null);
  const [shown, show] = useState(null);
  const remove = async () => {
    await call('DELETE', to`/api/v1/api-keys/${ending.id}`);
    toast(t('developer.key_ended', { name: ending.name }));
    next((n) => n + 1);
  };
  return html`<${PageHead} title=${t('developer.keys')} lead=${t('developer.keys_lead')}><${Button} kind="primary" icon="plus" href="/app/api-keys/new">${t('developer.new_key')}<//><//>
    <${DataTable} label=${t('developer.keys')} path="/api/v1/api-keys" version=${version} columns=${columns(show)}
      actions=${(row) => html`<${Button} small kind="danger" onClick=${() => end(row)}>${t('account.end')}<//>`}
      empty=${html`<${EmptyState} icon="key" title=${t('developer.no_keys')} action=${html`<${Button} kind="primary" href="/app/api-keys/new">${t('developer.new_key')}<//>`}>${t('developer.no_keys_text')}<//>`} />
    ${shown && html`<${Dialog} title=${shown.name} onClose=${() => show(null)}><ul class="plain-list">${shown.permissions.map((name) => html`<li key=${name}>${permissionWords(name)} <code class="soft">${name}</code></li>`)}</ul><//>`}
    ${ending && html`<${ConfirmByName} title=${t('developer.end_key', { name: ending.name })} name=${ending.name} action=${t('developer.end_key_act')} onConfirm=${remove} onClose=${() => end(null)}><p>${t('developer.end_key_lead')}</p><//>`}`;
}
