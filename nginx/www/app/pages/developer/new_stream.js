// Makes a stream of the organization, or of the whole system. The secret that signs is shown once.
import { html, useState } from '../../dom.js';
import { call } from '../../api.js';
import { t } from '../../i18n.js';
import { navigate } from '../../router.js';
import { Button, Card, Checkbox, Field, Form, PageHead, Plain, SecretOnce, Select, useForm } from '../../components/index.js';

export const kSignals = 'shared_signals';
const kExamples = { https: 'https://siem.example.com/tenantd', s3: 'https://archive.s3.eu-central-1.amazonaws.com/audit', syslog: 'tls://logs.example.com:6514', [kSignals]: 'https://receiver.example.com/events' };
const kKinds = Object.keys(kExamples);
const kScheme = /^\w*(:\/\/?)?$/;
const kOfOrganization = { path: '/api/v1/streams', page: '/app/streams', lead: 'streams.new_lead' };

// What the service shows the receiver.
export const KeyFields = ({ kind }) => (kind === kSignals
  ? html`<${Field} name="authorization" label=${t('streams.authorization')} hint=${t('streams.authorization_hint')} type="password" maxlength="400" ...${Plain} />`
  : html`<${Field} name="access_key_id" label=${t('streams.access_key_id')} maxlength="128" ...${Plain} />
    <${Field} name="secret_access_key" label=${t('streams.secret_access_key')} hint=${t('streams.key_hint')} type="password" maxlength="256" ...${Plain} />`);

export default function NewStream({ of = kOfOrganization }) {
  const [made, set] = useState(null);
  const form = useForm({
    initial: { name: '', kind: 'https', url: 'https://', audit: true, events: true, format: 'json', start: 'now', region: '', access_key_id: '', secret_access_key: '', audience: '', authorization: '' },
    fields: { url_refused: 'url' },
    check: ({ name, kind, url, audit, events, audience }) => ({ ...(!name.trim() && { name: t('organization.name_missing') }), ...(!/^\w+:\/\/[^\s/]+/.test(url.trim()) && { url: t('streams.url_wrong', { example: kExamples[kind] }) }),
      ...(kind !== kSignals && !audit && !events && { audit: t('streams.nothing_carried') }),
      ...(kind === kSignals && !audience.trim() && { audience: t('streams.audience_missing') }) }),
    submit: async ({ name, kind, url, audit, events, format, start, audience, authorization, ...shown }, key) => {
      const what = kind === kSignals ? { carries: ['signals'], audience: audience.trim(), ...(authorization && { authorization }) }
        : { carries: [...(audit ? ['audit'] : []), ...(events ? ['events'] : [])], format };
      const body = { name: name.trim(), kind, url: url.trim(), ...what, start, ...(kind === 's3' ? shown : {}) };
      const { data } = await call('POST', of.path, { body, idempotent: key });
      if (data.secret) set(data);
      else navigate(of.page);
    },
  });
  const { kind } = form.values;
  const choose = (next) => {
    form.set('kind', next);
    if (kScheme.test(form.values.url)) form.set('url', next === 'syslog' ? 'tls://' : 'https://');
  };
  return html`<${PageHead} title=${t('streams.new')} lead=${t(of.lead)} />
    <${Card}><${Form} form=${form} label=${t('streams.make')} wide extra=${html`<${Button} href=${of.page}>${t('core.cancel')}<//>`}>
      <${Field} name="name" label=${t('organization.name')} maxlength="100" />
      <${Select} name="kind" label=${t('streams.kind')} options=${kKinds.map((each) => [each, t(`streams.by_${each}`)])} onInput=${choose} />
      <${Field} name="url" label=${t('streams.receiver')} hint=${t(`streams.url_${kind}`, { example: kExamples[kind] })} maxlength="2000" ...${Plain} />
      ${kind === 's3' && html`<${Field} name="region" label=${t('streams.region')} maxlength="64" ...${Plain} /><${KeyFields} kind=${kind} />`}
      ${kind === kSignals ? html`<${Field} name="audience" label=${t('streams.audience')} hint=${t('streams.audience_hint')} maxlength="255" ...${Plain} /><${KeyFields} kind=${kind} />`
      : html`<${Checkbox} name="audit" label=${t('streams.audit')} />
        <${Checkbox} name="events" label=${t('streams.events')} />
        <${Select} name="format" label=${t('streams.format')} options=${[['json', t('streams.json')], ['ocsf', t('streams.ocsf')]]} />`}
      <${Select} name="start" label=${t('streams.start')} options=${[['now', t('streams.from_now')], ['oldest', t('streams.from_oldest')]]} /><//><//>
    ${made && html`<${SecretOnce} title=${t('streams.secret_title')} value=${made.secret} onClose=${() => navigate(of.page)}>${t('developer.secret_once')}<//>`}`;
}
