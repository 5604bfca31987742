// Adds an identity provider, step by step: which, what to do there, what it gave, and a first sign-in.
import { html, useState } from '../../dom.js';
import { call } from '../../api.js';
import { t } from '../../i18n.js';
import { useSession } from '../../session.js';
import { Banner, Button, Card, CopyButton, ErrorBox, Field, Form, Loading, PageHead, Plain, useForm } from '../../components/index.js';
import { useRoles } from './parts.js';
import { beginSignInTest } from './sign_in_test.js';
import { bodyOf, checkOf, initialOf, ProviderFields } from './provider_fields.js';
import { checkSlug, ownBodyOf, ownCheckOf, ownInitialOf, OwnProviderFields } from './own_provider_fields.js';
import { kNames, ownProvidersPath, ownRedirect, providersPath, signInLink } from './providers.js';

export const Copied = ({ label, text }) => html`<div class="secret"><span class="soft">${label}</span><code tabindex="0">${text}</code><${CopyButton} text=${text} /></div>`;

function Which({ onChoose }) {
  return html`<${Card} title=${t('organization.step_which')}><div class="actions">${Object.entries(kNames).map(([name, words]) => html`<${Button} key=${name} onClick=${() => onChoose(name)}>${words}<//>`)}
    <${Button} onClick=${() => onChoose('oidc')}>${t('organization.other_provider')}<//></div><//>`;
}

const nameOf = (provider) => kNames[provider] || t('organization.other_provider');

const Steps = ({ provider, uri }) => html`<li>${t(`organization.there_${provider}_1`)}</li>
  <li>${t(`organization.there_${provider}_2`)}<${Copied} label=${t('organization.redirect_uri')} text=${uri} /></li><li>${t(`organization.there_${provider}_3`)}</li>`;

// One of the organization's own choice has a redirect URI of its own, with its short name.
function ThereOwn({ slug, onNext, onBack }) {
  const { organization } = useSession();
  const form = useForm({ initial: { slug }, check: checkSlug, submit: async (values) => onNext(values.slug.trim()) });
  const uri = `${location.origin}${ownRedirect(organization, form.values.slug.trim() || '…')}`;
  return html`<${Card} title=${t('organization.step_there', { provider: nameOf('oidc') })}><${Form} form=${form} label=${t('entry.next')}
    extra=${html`<${Button} onClick=${onBack}>${t('organization.back')}<//>`}>
    <${Field} name="slug" label=${t('organization.provider_slug')} hint=${t('organization.provider_slug_hint')} maxlength="63" autocomplete="off" dir="ltr" ...${Plain} />
    <ol class="steps"><${Steps} provider="oidc" uri=${uri} /></ol><//><//>`;
}

function There({ provider, onNext, onBack }) {
  return html`<${Card} title=${t('organization.step_there', { provider: nameOf(provider) })}><ol class="steps">
      <${Steps} provider=${provider} uri=${`${location.origin}/sso`} /></ol>
    <div class="actions after"><${Button} kind="primary" onClick=${onNext}>${t('entry.next')}<//><${Button} onClick=${onBack}>${t('organization.back')}<//></div><//>`;
}

function Given({ provider, roles, onDone, onBack }) {
  const { organization } = useSession();
  const form = useForm({
    initial: initialOf(null),
    check: checkOf(provider, false),
    fields: { unknown_role: 'default_role_name' },
    submit: async (values, key) => {
      await call('POST', `${providersPath(organization)}/${provider}`, { body: bodyOf(provider, values), idempotent: key });
      onDone();
    },
  });
  return html`<${Card} title=${t('organization.step_given', { provider: kNames[provider] })}><${Form} form=${form} label=${t('organization.add_provider')}
    extra=${html`<${Button} onClick=${onBack}>${t('organization.back')}<//>`}><${ProviderFields} provider=${provider} roles=${roles} /><//><//>`;
}

// One of the organization's own choice: its terms beside what it gave.
function GivenOwn({ slug, roles, onDone, onBack }) {
  const { organization } = useSession();
  const form = useForm({
    initial: { ...ownInitialOf(null), slug },
    check: ownCheckOf(null),
    fields: { unknown_role: 'default_role_name', url_refused: 'issuer' },
    submit: async (values, key) => onDone((await call('POST', ownProvidersPath(organization), { body: ownBodyOf(null, values), idempotent: key })).data),
  });
  return html`<${Card} title=${t('organization.step_given', { provider: nameOf('oidc') })}><${Form} form=${form} label=${t('organization.add_provider')}
    extra=${html`<${Button} onClick=${onBack}>${t('organization.back')}<//>`}><${OwnProviderFields} roles=${roles} values=${form.values} /><//><//>`;
}

// Asks the service how it would begin a sign-in: so the provider is reached, and the redirect URI is the service's own.
// A test goes the whole way, and comes back to a page of its own.
function Try({ provider }) {
  const { organization } = useSession();
  const [{ busy, leaving, problem, uri, address }, set] = useState({});
  const look = async () => {
    set({ busy: true });
    try {
      const { data } = await call('GET', `/api/v1/auth/oauth/${provider}/login/${encodeURIComponent(organization.slug)}`, { anonymous: true });
      set({ uri: new URL(data.authorization_url).searchParams.get('redirect_uri'), address: new URL(data.authorization_url).host });
    } catch (refusal) {
      set({ problem: refusal });
    }
  };
  const test = () => {
    set({ leaving: true });
    beginSignInTest(provider).catch((refusal) => set({ problem: refusal }));
  };
  return html`<${ErrorBox} problem=${problem} />${uri && html`<${Banner} tone="good" alert>${t('organization.provider_answers', { host: address })}<//>`}
    ${uri && html`<${Copied} label=${t('organization.redirect_uri')} text=${uri} />`}
    <div class="actions after"><${Button} busy=${busy} onClick=${look}>${t('organization.try_provider')}<//>
      <${Button} busy=${leaving} onClick=${test}>${t('sign_in_test.test')}<//></div>`;
}

export const TryCard = ({ provider, title = t('organization.step_try') }) => {
  const { organization } = useSession();
  return html`<${Card} title=${title} lead=${t('organization.try_lead')}>
    <${Copied} label=${t('organization.sign_in_link')} text=${signInLink(organization)} /><${Try} provider=${provider} /><//>`;
};

export default function Wizard() {
  const [provider, choose] = useState(null);
  const [step, go] = useState(0);
  const [made, keep] = useState(null);
  const [slug, keepSlug] = useState('');
  const { data: roles, loading } = useRoles();
  return html`<${PageHead} title=${t('organization.new_provider')} lead=${t('organization.step', { count: step + 1, of: 4 })} />
    ${loading ? html`<${Loading} />` : step === 0 ? html`<${Which} onChoose=${(name) => { choose(name); go(1); }} />`
      : step === 1 && provider === 'oidc' ? html`<${ThereOwn} slug=${slug} onNext=${(name) => { keepSlug(name); go(2); }} onBack=${() => go(0)} />`
      : step === 1 ? html`<${There} provider=${provider} onNext=${() => go(2)} onBack=${() => go(0)} />`
        : step === 2 && provider === 'oidc' ? html`<${GivenOwn} slug=${slug} roles=${roles} onDone=${(row) => { keep(row); go(3); }} onBack=${() => go(1)} />`
        : step === 2 ? html`<${Given} provider=${provider} roles=${roles} onDone=${() => go(3)} onBack=${() => go(1)} />`
          : html`<${Banner} tone="good" alert>${t('organization.provider_added', { provider: made ? made.name : kNames[provider] })}<//>
            ${made && made.client_jwk && html`<${Card} title=${t('organization.client_jwk')} lead=${t('organization.client_jwk_lead')}><${Copied} label=${t('organization.client_jwk')} text=${JSON.stringify({ keys: [made.client_jwk] })} /><//>`}
            <${TryCard} provider=${made ? made.slug : provider} />
            <div class="actions after"><${Button} kind="primary" href="/app/providers">${t('organization.to_providers')}<//></div>`}`;
}
