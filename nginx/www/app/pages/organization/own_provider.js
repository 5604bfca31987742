// One OpenID Connect provider of the organization's own choice: change it, switch it off, try it, end it.
import { html, useLoad, useState } from '../../dom.js';
import { call } from '../../api.js';
import { t } from '../../i18n.js';
import { navigate, to } from '../../router.js';
import { useSession } from '../../session.js';
import { Button, Card, Checkbox, ConfirmByName, Form, PageHead, toast, useForm } from '../../components/index.js';
import { Awaited, stale, useRoles } from './parts.js';
import { ownBodyOf, ownCheckOf, ownInitialOf, OwnProviderFields } from './own_provider_fields.js';
import { Copied, TryCard } from './provider_wizard.js';
import { ownProvidersPath } from './providers.js';

// What has to be registered at the provider.
export const Registered = ({ row }) => html`<${Card} title=${t('organization.step_there', { provider: row.name })}>
  <${Copied} label=${t('organization.redirect_uri')} text=${row.redirect_uri} />
  ${row.client_jwk && html`<${Copied} label=${t('organization.client_jwk')} text=${JSON.stringify({ keys: [row.client_jwk] })} />`}<//>`;

function Change({ row, etag, path, roles, again }) {
  const form = useForm({
    initial: ownInitialOf(row),
    check: ownCheckOf(row),
    submit: async (values) => {
      await call('PUT', path, { body: ownBodyOf(row, values), etag });
      toast(t('account.saved'));
      again();
    },
  });
  return html`<${Card}><${Form} form=${form} label=${t('account.save')} extra=${stale(form, again)}>
    <${Checkbox} name="enabled" label=${t('organization.provider_enabled')} hint=${t('organization.provider_enabled_hint')} />
    <${OwnProviderFields} row=${row} roles=${roles} values=${form.values} /><//><//>`;
}

export default function OwnProvider({ params }) {
  const { organization } = useSession();
  const [ending, ask] = useState(false);
  const { data: roles, loading } = useRoles();
  const path = `${ownProvidersPath(organization)}${to`/${params.id}`}`;
  const load = useLoad(() => call('GET', path), [path]);
  return html`<${Awaited} load=${loading && !load.problem ? {} : load}>${({ data: row, etag }) => {
    const end = async () => {
      await call('DELETE', path);
      toast(t('organization.provider_ended', { provider: row.name }));
      navigate('/app/providers');
    };
    return html`<${PageHead} title=${row.name} lead=${row.issuer} />
      <${Change} key=${etag} row=${row} etag=${etag} path=${path} roles=${roles} again=${load.again} />
      <${Registered} row=${row} />
      ${row.enabled && html`<${TryCard} provider=${row.slug} title=${t('organization.try_provider')} />`}
      <${Card} tone="danger" title=${t('organization.end_provider')} lead=${t('organization.end_provider_lead')}><${Button} kind="danger" onClick=${() => ask(true)}>${t('organization.end_provider')}<//><//>
      ${ending && html`<${ConfirmByName} title=${t('organization.end_provider')} name=${row.name} action=${t('organization.end_provider')} onConfirm=${end} onClose=${() => ask(false)}><p>${t('organization.end_provider_lead')}</p><//>`}`;
  }}<//>`;
}
