// The form of an OpenID Connect provider of the organization's own choice, for a new one and for one that is there.
import { html } from '../../dom.js';
import { t } from '../../i18n.js';
import { Checkbox, Field, PasswordField, Plain, Select, TextArea } from '../../components/index.js';
import { RoleField } from './parts.js';

const kSlug = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
export const checkSlug = ({ slug }) => (kSlug.test(slug.trim()) ? {} : { slug: t('organization.slug_wrong') });
const lines = (text) => text.split('\n').map((line) => line.trim()).filter(Boolean);

// "group = role", a line each; the role stands behind the last sign, since groups have any name.
const rolesOf = (text) => lines(text).map((line) => {
  const at = line.lastIndexOf('=');
  return { group: line.slice(0, Math.max(at, 0)).trim(), role_name: line.slice(at + 1).trim() };
});

export const ownInitialOf = (row) => ({
  slug: '', issuer: '', name: row ? row.name : '', client_id: row ? row.client_id : '', client_secret: '',
  client_auth: row ? row.client_auth : 'client_secret', scopes: row ? row.scopes : '',
  allowed_domains: row ? row.allowed_domains.join('\n') : '', auto_provision_users: row ? row.auto_provision_users : false,
  trust_addresses: row ? row.trust_addresses : false, default_role_name: row ? row.default_role_name : 'member',
  email_claim: row ? row.email_claim : 'email', name_claim: row ? row.name_claim : 'name', groups_claim: (row && row.groups_claim) || '',
  group_roles: row ? row.group_roles.map((each) => `${each.group} = ${each.role_name}`).join('\n') : '',
  groups_each_time: row ? row.groups_each_time : false, enabled: row ? row.enabled : true });

export function ownCheckOf(row) {
  return (values) => ({
    ...(!row && checkSlug(values)),
    ...(!row && !/^https?:\/\/[^\s?#]+$/.test(values.issuer.trim()) && { issuer: t('organization.issuer_wrong') }),
    ...(!values.name.trim() && { name: t('organization.name_missing') }),
    ...(!values.client_id.trim() && { client_id: t('organization.client_id_missing') }),
    ...(values.client_auth === 'client_secret' && !values.client_secret && (!row || row.client_auth !== 'client_secret')
      && { client_secret: t('organization.client_secret_missing') }),
    ...((values.auto_provision_users || values.trust_addresses) && !values.allowed_domains.trim() && { allowed_domains: t('organization.domains_missing') }),
    ...(rolesOf(values.group_roles).some((each) => !each.group || !each.role_name) && { group_roles: t('organization.group_roles_wrong') }),
    ...(values.group_roles.trim() && !values.groups_claim.trim() && { groups_claim: t('organization.groups_claim_missing') }),
  });
}

export const ownBodyOf = (row, values) => ({
  ...(!row && { slug: values.slug.trim(), issuer: values.issuer.trim() }),
  name: values.name.trim(), client_id: values.client_id.trim(), client_auth: values.client_auth, scopes: values.scopes.trim(),
  ...(values.client_auth === 'client_secret' && values.client_secret && { client_secret: values.client_secret }),
  allowed_domains: values.allowed_domains.split(/[\s,;]+/).filter(Boolean), auto_provision_users: values.auto_provision_users,
  trust_addresses: values.trust_addresses, default_role_name: values.default_role_name,
  email_claim: values.email_claim.trim() || 'email', name_claim: values.name_claim.trim() || 'name',
  groups_claim: values.groups_claim.trim() || null, group_roles: rolesOf(values.group_roles), groups_each_time: values.groups_each_time,
  ...(row && { enabled: values.enabled }),
});

export function OwnProviderFields({ row, roles, values }) {
  const plain = { autocomplete: 'off', dir: 'ltr', ...Plain };
  return html`<${Field} name="name" label=${t('organization.provider_name')} hint=${t('organization.provider_name_hint')} maxlength="100" autocomplete="off" />
    ${!row && html`<${Field} name="issuer" label=${t('organization.issuer')} hint=${t('organization.issuer_hint')} maxlength="255" inputmode="url" ...${plain} />`}
    <${Field} name="client_id" label=${t('organization.client_id')} maxlength="255" ...${plain} />
    <${Select} name="client_auth" label=${t('organization.client_auth')} options=${[['client_secret', t('organization.auth_by_secret')], ['private_key_jwt', t('organization.auth_by_key')]]} />
    ${values.client_auth === 'client_secret' && html`<${PasswordField} name="client_secret" label=${t('organization.client_secret')} hint=${t(row ? 'organization.client_secret_kept' : 'organization.client_secret_hint')} autocomplete="off" maxlength="512" />`}
    <${TextArea} name="allowed_domains" rows=${2} label=${t('organization.domains')} hint=${t('organization.domains_hint')} ...${Plain} />
    <${Checkbox} name="auto_provision_users" label=${t('organization.provision')} hint=${t('organization.provision_hint')} />
    <${Checkbox} name="trust_addresses" label=${t('organization.trust_addresses')} hint=${t('organization.trust_addresses_hint')} />
    <${RoleField} roles=${roles} name="default_role_name" label=${t('organization.role_new')} />
    <${Field} name="scopes" label=${t('organization.scopes_besides')} hint=${t('organization.scopes_besides_hint')} optional maxlength="200" ...${plain} />
    <${Field} name="email_claim" label=${t('organization.email_claim')} maxlength="100" ...${plain} />
    <${Field} name="name_claim" label=${t('organization.name_claim')} maxlength="100" ...${plain} />
    <${Field} name="groups_claim" label=${t('organization.groups_claim')} hint=${t('organization.groups_claim_hint')} optional maxlength="100" ...${plain} />
    <${TextArea} name="group_roles" rows=${3} label=${t('organization.group_roles')} hint=${t('organization.group_roles_hint')} optional ...${Plain} />
    <${Checkbox} name="groups_each_time" label=${t('organization.groups_each_time')} hint=${t('organization.groups_each_time_hint')} />`;
}
