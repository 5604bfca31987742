// A webhook's address, description and events; a new one shows its secret once.
import { html, useLoad, useState } from '../../dom.js';
import { call } from '../../api.js';
import { t, word } from '../../i18n.js';
import { navigate, to } from '../../router.js';
import { Button, Card, Checkbox, Field, Form, PageHead, Plain, SecretOnce, toast, useForm } from '../../components/index.js';
import { eventTypes } from '../organization/event_types.js';
import { Awaited, stale } from '../organization/parts.js';

function Events({ chosen, onChange }) {
  const toggle = (name) => {
    const next = new Set(chosen);
    if (!next.delete(name)) next.add(name);
    onChange(next);
  };
  return html`<div class="event-groups">${eventTypes.map(([resource, names]) => html`<fieldset key=${resource}><legend>${word('resource', resource)}</legend>
    ${names.map((name) => html`<label key=${name}><input type="checkbox" checked=${chosen.has(name)} onChange=${() => toggle(name)} /> <code>${name}</code></label>`)}</fieldset>`)}</div>`;
}

function Editor({ row, etag, again }) {
  const [chosen, choose] = useState(new Set(row ? row.events.filter((name) => name !== '*') : []));
  const [made, set] = useState(null);
  const form = useForm({
    initial: { url: row ? row.url : 'https://', description: row ? row.description : '', every: row ? row.events.includes('*') : true, events: null },
    fields: { url_refused: 'url' },
    check: ({ url, every }) => ({ ...(!/^https?:\/\/\S+\.?\S+$/.test(url.trim()) && { url: t('developer.url_wrong') }), ...(!every && chosen.size === 0 && { events: t('developer.choose_events') }) }),
    submit: async ({ url, description, every }, key) => {
      const body = { url: url.trim(), description: description.trim(), events: every ? ['*'] : [...chosen] };
      if (!row) return set((await call('POST', '/api/v1/webhooks', { body, idempotent: key })).data);
      await call('PUT', to`/api/v1/webhooks/${row.id}`, { body, etag });
      toast(t('account.saved'));
      return navigate(to`/app/webhooks/${row.id}`);
    },
  });
  return html`<${Card}><${Form} form=${form} label=${t(row ? 'account.save' : 'developer.make_webhook')} wide
      extra=${html`${stale(form, again)}<${Button} href=${row ? to`/app/webhooks/${row.id}` : '/app/webhooks'}>${t('core.cancel')}<//>`}>
      <${Field} name="url" type="url" label=${t('developer.url')} hint=${t('developer.url_hint')} maxlength="2000" ...${Plain} />
      <${Field} name="description" label=${t('organization.description')} optional maxlength="200" />
      <${Checkbox} name="every" label=${t('developer.every')} hint=${t('developer.every_hint')} />
      ${form.errors.events && html`<p class="hint bad" role="alert">${form.errors.events}</p>`}
      ${!form.values.every && html`<${Events} chosen=${chosen} onChange=${choose} />`}<//><//>
    ${made && html`<${SecretOnce} title=${t('developer.secret_title')} value=${made.secret} onClose=${() => navigate(to`/app/webhooks/${made.id}`)}>${t('developer.secret_once')}<//>`}`;
}

export default function WebhookEdit({ params }) {
  const load = useLoad(async () => (params.id ? call('GET', to`/api/v1/webhooks/${params.id}`) : { data: null, etag: 'new' }), [params.id]);
  return html`<${PageHead} title=${t(params.id ? 'developer.change_webhook' : 'developer.new_webhook')} lead=${t('developer.new_webhook_lead')} />
    <${Awaited} load=${load}>${({ data, etag }) => html`<${Editor} key=${etag} row=${data} etag=${etag} again=${load.again} />`}<//>`;
}
