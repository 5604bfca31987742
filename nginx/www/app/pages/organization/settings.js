// How the organization is run, and what it uses of its limits.
import { html, useLoad } from '../../dom.js';
import { call } from '../../api.js';
import { bytes, duration, number, t } from '../../i18n.js';
import { to } from '../../router.js';
import { config, reload, useSession } from '../../session.js';
import { Card, Checkbox, Facts, Field, Form, PageHead, Plain, Select, toast, Usage, useForm } from '../../components/index.js';
import { Awaited, stale } from './parts.js';

const kSpans = { session_idle_seconds: [900, 1800, 3600, 28800, 86400, 604800], session_max_seconds: [3600, 28800, 86400, 604800, 2592000],
                 invite_seconds: [600, 3600, 86400, 259200, 604800, 2592000] };

// What is offered, what there is now, and the service's own.
const spans = (name, now) => [['', t('organization.as_service')],
  ...[...new Set([...kSpans[name], ...(now ? [now] : [])])].sort((a, b) => a - b).map((seconds) => [String(seconds), duration(seconds)])];

const kTexts = ['name', 'slug', 'mail_sender_name'];
const kRules = ['require_mfa', 'require_passkey', 'mail_code', 'self_approval'];
const kNumbers = Object.keys(kSpans);

// Only what differs is sent: what somebody else has changed meanwhile stays.
function changes(organization, values) {
  const body = {};
  for (const name of kTexts) body[name] = values[name].trim() || null;
  for (const name of kNumbers) body[name] = values[name] === '' ? null : Number(values[name]);
  body.login_alert = values.login_alert || null;
  for (const name of kRules) body[name] = values[name];
  return Object.fromEntries(Object.entries(body).filter(([name, value]) => value !== (organization[name] ?? null)));
}

function Run({ organization, etag, again }) {
  const { user } = useSession();
  const form = useForm({
    initial: { ...Object.fromEntries([...kTexts, ...kNumbers, 'login_alert'].map((name) => [name, String(organization[name] ?? '')])),
               ...Object.fromEntries(kRules.map((name) => [name, organization[name]])) },
    fields: { slug_taken: 'slug', conflict: 'slug' },
    check: ({ name, slug }) => ({ ...(!name.trim() && { name: t('organization.name_missing') }), ...(!slug.trim() && { slug: t('organization.slug_missing') }) }),
    submit: async (values) => {
      const body = changes(organization, values);
      if (Object.keys(body).length) await call('PUT', to`/api/v1/organizations/${organization.id}`, { body, etag });
      await reload();
      toast(t('account.saved'));
      again();
    },
  });
  return html`<${Card}><${Form} form=${form} label=${t('account.save')} wide extra=${stale(form, again)}>
    <h2>${t('organization.names')}</h2>
    <div class="columns"><${Field} name="name" label=${t('organization.name')} maxlength="200" />
    <${Field} name="slug" label=${t('organization.slug')} hint=${t('organization.slug_hint')} maxlength="63" dir="ltr" ...${Plain} />
    <${Field} name="mail_sender_name" label=${t('organization.sender')} hint=${t('organization.sender_hint')} optional maxlength="100" /></div>
    <h2>${t('organization.sign_in_rules')}</h2>
    <${Checkbox} name="require_mfa" label=${t('organization.require_mfa')} hint=${t(user.mfa_enabled ? 'organization.require_mfa_hint' : 'organization.require_mfa_first')} />
    <${Checkbox} name="require_passkey" label=${t('organization.require_passkey')} hint=${t('organization.require_passkey_hint')} />
    ${config.get().mail_code && html`<${Checkbox} name="mail_code" label=${t('organization.mail_code')} hint=${t('organization.mail_code_hint')} />`}
    <div class="columns"><${Select} name="session_idle_seconds" label=${t('organization.idle')} hint=${t('organization.idle_hint')} options=${spans('session_idle_seconds', organization.session_idle_seconds)} />
    <${Select} name="session_max_seconds" label=${t('organization.longest')} hint=${t('organization.longest_hint')} options=${spans('session_max_seconds', organization.session_max_seconds)} />
    <${Select} name="login_alert" label=${t('organization.login_alert')} hint=${t('organization.login_alert_hint')}
      options=${[['', t('organization.as_service')], ['new_device', t('organization.alert_new_device')], ['always', t('organization.alert_always')]]} /></div>
    <h2>${t('organization.work_rules')}</h2>
    <${Select} name="invite_seconds" label=${t('organization.invites_good')} options=${spans('invite_seconds', organization.invite_seconds)} />
    <${Checkbox} name="self_approval" label=${t('organization.self_approval')} hint=${t('organization.self_approval_hint')} /><//><//>`;
}

export default function Settings() {
  const { organization: { id } } = useSession();
  const load = useLoad(() => call('GET', to`/api/v1/organizations/${id}`), [id]);
  return html`<${PageHead} title=${t('organization.settings')} lead=${t('organization.settings_lead')} />
    <${Awaited} load=${load}>${({ data: organization, etag }) => html`<${Run} key=${etag} organization=${organization} etag=${etag} again=${load.again} />
      <${Card} title=${t('organization.usage')} lead=${t('organization.usage_lead')}>
        <${Usage} label=${t('organization.members_used')} used=${organization.usage.members} limit=${organization.limits.max_members} />
        <${Usage} label=${t('organization.projects_used')} used=${organization.usage.projects} limit=${organization.limits.max_projects} />
        <${Usage} label=${t('organization.storage_used')} used=${organization.usage.storage_bytes} limit=${organization.limits.max_storage_bytes} show=${bytes} />
        <div class="after"><${Facts} items=${[organization.limits.max_requests && [t('organization.requests'), number(organization.limits.max_requests)], [t('account.id'), html`<code>${organization.id}</code>`]]} /></div><//>`}<//>`;
}
