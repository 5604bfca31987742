// OAuth clients of the organization, or of the service's own: which there are, another secret, and their end.
import { html, useState } from '../../dom.js';
import { call } from '../../api.js';
import { t } from '../../i18n.js';
import { to } from '../../router.js';
import { Button, Confirm, ConfirmByName, DataTable, EmptyState, PageHead, SecretOnce, toast, When } from '../../components/index.js';

const columns = () => [
  { key: 'name', label: t('organization.name'), main: true, render: (row) => html`<bdi>${row.name}</bdi>` },
  { key: 'id', label: t('oauth.client_id'), render: (row) => html`<code>${row.id}</code>` },
  { key: 'token_endpoint_auth_method', label: t('oauth.authenticates'), render: (row) => t(`oauth.by_${row.token_endpoint_auth_method}`) },
  { key: 'created_at', label: t('oauth.since'), render: (row) => html`<${When} at=${row.created_at} />` },
];
const hasSecret = (row) => row.token_endpoint_auth_method.startsWith('client_secret');

// Where they are, as the API and as the console names it.
const kOfOrganization = { path: '/api/v1/oauth/clients', page: '/app/oauth-clients', lead: 'oauth.clients_lead', title: 'oauth.clients' };

export default function Clients({ of = kOfOrganization }) {
  const [version, next] = useState(0);
  const [ending, end] = useState(null);
  const [rotating, rotate] = useState(null);
  const [secret, show] = useState(null);
  const remove = async () => {
    await call('DELETE', of.path + to`/${ending.id}`);
    toast(t('oauth.client_ended', { name: ending.name }));
    next((n) => n + 1);
  };
  const renew = async () => {
    show((await call('POST', of.path + to`/${rotating.id}/rotate-secret`)).data);
    rotate(null);
  };
  return html`<${PageHead} title=${t(of.title)} lead=${t(of.lead)}><${Button} kind="primary" icon="plus" href=${`${of.page}/new`}>${t('oauth.new_client')}<//><//>
    <${DataTable} label=${t(of.title)} path=${of.path} version=${version} columns=${columns()}
      actions=${(row) => html`${hasSecret(row) && html`<${Button} small onClick=${() => rotate(row)}>${t('oauth.rotate')}<//>`} <${Button} small kind="danger" onClick=${() => end(row)}>${t('account.end')}<//>`}
      empty=${html`<${EmptyState} icon="key" title=${t('oauth.no_clients')} action=${html`<${Button} kind="primary" href=${`${of.page}/new`}>${t('oauth.new_client')}<//>`}>${t('oauth.no_clients_text')}<//>`} />
    ${secret && html`<${SecretOnce} title=${t('oauth.secret_of', { name: secret.name })} value=${secret.client_secret} onClose=${() => show(null)}>${t('oauth.secret_once')}<//>`}
    ${rotating && html`<${Confirm} title=${t('oauth.rotate')} action=${t('oauth.rotate')} onConfirm=${renew} onClose=${() => rotate(null)}><p>${t('oauth.rotate_lead')}</p><//>`}
    ${ending && html`<${ConfirmByName} title=${t('oauth.end_client', { name: ending.name })} name=${ending.name} action=${t('account.end')} onConfirm=${remove} onClose=${() => end(null)}><p>${t('oauth.end_client_lead')}</p><//>`}`;
}
