// The form of an identity provider, for a new one and for one that is there.
import { html } from '../../dom.js';
import { t } from '../../i18n.js';
import { Checkbox, Field, PasswordField, Plain, TextArea } from '../../components/index.js';
import { RoleField } from './parts.js';

const kId = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export const initialOf = (row) => ({ client_id: row ? row.client_id : '', client_secret: '', azure_tenant_id: (row && row.azure_tenant_id) || '',
  allowed_domains: row ? row.allowed_domains.join('\n') : '', auto_provision_users: row ? row.auto_provision_users : false,
  default_role_name: row ? row.default_role_name : 'member', enabled: row ? row.enabled : true });

export function checkOf(provider, known) {
  return (values) => ({
    ...(!values.client_id.trim() && { client_id: t('organization.client_id_missing') }),
    ...(!known && !values.client_secret && { client_secret: t('organization.client_secret_missing') }),
    ...(provider === 'microsoft' && !kId.test(values.azure_tenant_id.trim()) && { azure_tenant_id: t('organization.azure_tenant_wrong') }),
    ...(values.auto_provision_users && !values.allowed_domains.trim() && { allowed_domains: t('organization.domains_missing') }),
  });
}

export const bodyOf = (provider, values) => ({
  client_id: values.client_id.trim(), default_role_name: values.default_role_name, auto_provision_users: values.auto_provision_users,
  allowed_domains: values.allowed_domains.split(/[\s,;]+/).filter(Boolean),
  ...(values.client_secret && { client_secret: values.client_secret }),
  ...(provider === 'microsoft' && { azure_tenant_id: values.azure_tenant_id.trim() }),
});

export function ProviderFields({ provider, known, roles }) {
  return html`<${Field} name="client_id" label=${t('organization.client_id')} autocomplete="off" maxlength="255" dir="ltr" ...${Plain} />
    <${PasswordField} name="client_secret" label=${t('organization.client_secret')} hint=${t(known ? 'organization.client_secret_kept' : 'organization.client_secret_hint')} autocomplete="off" maxlength="512" />
    ${provider === 'microsoft' && html`<${Field} name="azure_tenant_id" label=${t('organization.azure_tenant')} hint=${t('organization.azure_tenant_hint')} autocomplete="off" maxlength="36" dir="ltr" ...${Plain} />`}
    <${TextArea} name="allowed_domains" rows=${2} label=${t('organization.domains')} hint=${t('organization.domains_hint')} ...${Plain} />
    <${Checkbox} name="auto_provision_users" label=${t('organization.provision')} hint=${t('organization.provision_hint')} />
    <${RoleField} roles=${roles} name="default_role_name" label=${t('organization.role_new')} />`;
}
