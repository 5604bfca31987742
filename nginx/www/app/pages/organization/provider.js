// One identity provider: change it, switch it off, try it, end it.
import { html, useLoad, useState } from '../../dom.js';
import { call } from '../../api.js';
import { t } from '../../i18n.js';
import { navigate, to } from '../../router.js';
import { useSession } from '../../session.js';
import { Button, Card, Checkbox, ConfirmByName, Form, PageHead, toast, useForm } from '../../components/index.js';
import { Awaited, stale, useRoles } from './parts.js';
import { bodyOf, checkOf, initialOf, ProviderFields } from './provider_fields.js';
import { TryCard } from './provider_wizard.js';
import { kNames, providersPath } from './providers.js';

function Change({ row, etag, path, roles, again }) {
  const form = useForm({
    initial: initialOf(row),
    check: checkOf(row.provider, true),
    submit: async (values) => {
      await call('PUT', path, { body: { ...bodyOf(row.provider, values), enabled: values.enabled }, etag });
      toast(t('account.saved'));
      again();
    },
  });
  return html`<${Card}><${Form} form=${form} label=${t('account.save')} extra=${stale(form, again)}>
    <${Checkbox} name="enabled" label=${t('organization.provider_enabled')} hint=${t('organization.provider_enabled_hint')} />
    <${ProviderFields} provider=${row.provider} known roles=${roles} /><//><//>`;
}

export default function Provider({ params }) {
  const { organization } = useSession();
  const [ending, ask] = useState(false);
  const { data: roles, loading } = useRoles();
  const path = `${providersPath(organization)}${to`/${params.id}`}`;
  const load = useLoad(() => call('GET', path), [path]);
  return html`<${Awaited} load=${loading && !load.problem ? {} : load}>${({ data: row, etag }) => {
    const end = async () => {
      await call('DELETE', path);
      toast(t('organization.provider_ended', { provider: kNames[row.provider] }));
      navigate('/app/providers');
    };
    return html`<${PageHead} title=${kNames[row.provider]} lead=${t('organization.provider_lead')} />
      <${Change} key=${etag} row=${row} etag=${etag} path=${path} roles=${roles} again=${load.again} />
      ${row.enabled && html`<${TryCard} provider=${row.provider} title=${t('organization.try_provider')} />`}
      <${Card} tone="danger" title=${t('organization.end_provider')} lead=${t('organization.end_provider_lead')}><${Button} kind="danger" onClick=${() => ask(true)}>${t('organization.end_provider')}<//><//>
      ${ending && html`<${ConfirmByName} title=${t('organization.end_provider')} name=${kNames[row.provider]} action=${t('organization.end_provider')} onConfirm=${end} onClose=${() => ask(false)}><p>${t('organization.end_provider_lead')}</p><//>`}`;
  }}<//>`;
}
