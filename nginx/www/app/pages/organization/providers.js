// Identity providers: Google, Microsoft or others of the organization's choice vouch for members.
import { html } from '../../dom.js';
import { t } from '../../i18n.js';
import { to } from '../../router.js';
import { useSession } from '../../session.js';
import { Badge, Button, Card, CopyButton, DataTable, EmptyState, PageHead } from '../../components/index.js';
import { roleName } from './parts.js';

export const kNames = { google: 'Google', microsoft: 'Microsoft Entra ID' };
export const providersPath = (organization) => to`/api/v1/tenants/${organization.id}/identity-providers`;
// Where a provider of its own choice sends people back to.
export const ownRedirect = (organization, slug) => `/sso/${organization.id}/${slug}`;
export const ownProvidersPath = (organization) => to`/api/v1/tenants/${organization.id}/oidc-providers`;
export const signInLink = (organization) => `${location.origin}/sign-in?organization=${encodeURIComponent(organization.slug)}`;

const columns = () => [
  { key: 'provider', label: t('organization.provider'), main: true, render: (row) => kNames[row.provider] },
  { key: 'enabled', label: t('organization.status'), render: (row) => html`<${Badge} tone=${row.enabled ? 'good' : ''}>${t(row.enabled ? 'organization.switched_on' : 'organization.switched_off')}<//>` },
  { key: 'allowed_domains', label: t('organization.domains'), render: (row) => html`<span dir="ltr">${row.allowed_domains.join(', ') || '–'}</span>` },
  { key: 'default_role_name', label: t('organization.role_new'), render: (row) => roleName(row.default_role_name) },
];

const ownColumns = () => [
  { key: 'name', label: t('organization.provider'), main: true },
  { key: 'issuer', label: t('organization.issuer'), render: (row) => html`<span dir="ltr">${row.issuer}</span>` },
  ...columns().slice(1),
];

export default function Providers() {
  const { organization } = useSession();
  const add = html`<${Button} kind="primary" icon="plus" href="/app/providers/new">${t('organization.new_provider')}<//>`;
  return html`<${PageHead} title=${t('organization.providers')} lead=${t('organization.providers_lead')}>${add}<//>
    <${DataTable} label=${t('organization.providers')} path=${providersPath(organization)} columns=${columns()} href=${(row) => to`/app/providers/${row.id}`}
      empty=${html`<${EmptyState} icon="link" title=${t('organization.no_providers')}>${t('organization.no_providers_text')}<//>`} />
    <div class="after"><h2>${t('organization.own_providers')}</h2><${DataTable} label=${t('organization.own_providers')} path=${ownProvidersPath(organization)} columns=${ownColumns()} href=${(row) => to`/app/providers/own/${row.id}`}
      empty=${html`<${EmptyState} icon="link" title=${t('organization.no_own_providers')}>${t('organization.no_own_providers_text')}<//>`} /></div>
    <div class="after"><${Card} title=${t('organization.sign_in_link')} lead=${t('organization.sign_in_link_lead')}>
      <div class="secret"><code>${signInLink(organization)}</code><${CopyButton} text=${signInLink(organization)} /></div><//></div>`;
}
