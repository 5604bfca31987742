// Name, language and address.
import { html, useState } from '../../dom.js';
import { call } from '../../api.js';
import { chooseLanguage, date, language, languages, t } from '../../i18n.js';
import { reload, useSession } from '../../session.js';
import { Badge, Banner, Card, Facts, Field, Form, PageHead, PasswordField, Plain, Select, toast, useForm } from '../../components/index.js';

const text = (value) => (typeof value === 'string' ? value : '');

function Profile({ user }) {
  const { profile } = user;
  const form = useForm({
    initial: { first_name: text(profile.first_name), last_name: text(profile.last_name), locale: language.get() },
    fields: { 'profile/first_name': 'first_name', 'profile/last_name': 'last_name' },
    submit: async (values) => {
      const next = { ...profile, first_name: values.first_name.trim(), last_name: values.last_name.trim(), locale: values.locale };
      for (const [name, value] of Object.entries(next)) if (value === '') delete next[name];
      await call('PUT', '/api/v1/users/me', { body: { profile: next } });
      if (values.locale !== language.get()) await chooseLanguage(values.locale);
      await reload();
      toast(t('account.saved'));
    },
  });
  return html`<${Card} title=${t('account.profile_title')}><${Form} form=${form} label=${t('account.save')}>
    <div class="columns"><${Field} name="first_name" label=${t('entry.first_name')} optional autocomplete="given-name" maxlength="100" />
    <${Field} name="last_name" label=${t('entry.last_name')} optional autocomplete="family-name" maxlength="100" /></div>
    <${Select} name="locale" label=${t('core.language')} options=${Object.entries(languages)} /><//><//>`;
}

function Address({ user }) {
  const [sent, set] = useState('');
  const form = useForm({
    initial: { new_email: '', password: '', code: '' },
    fields: { reauthentication_required: 'password', mfa_invalid: 'code', email_taken: 'new_email' },
    submit: async ({ new_email: email, password, code }) => {
      await call('POST', '/api/v1/auth/change-email', { body: { new_email: email.trim(), password, ...(user.mfa_enabled && { code: code.trim() }) } });
      set(email.trim());
      form.reset();
    },
  });
  return html`<${Card} title=${t('account.address')} lead=${t('account.address_lead')}>
    <p class="who"><span dir="ltr">${user.email}</span><${Badge} tone=${user.email_verified ? 'good' : 'warn'}>${t(user.email_verified ? 'account.confirmed' : 'account.unconfirmed')}<//></p>
    ${sent && html`<${Banner} tone="good" alert>${t('account.address_sent', { email: sent })}<//>`}
    <${Form} form=${form} label=${t('account.change_address')} kind="plain">
      <${Field} name="new_email" type="email" label=${t('account.new_address')} autocomplete="email" maxlength="254" ...${Plain} />
      <${PasswordField} name="password" label=${t('entry.password')} />
      ${user.mfa_enabled && html`<${Field} name="code" label=${t('entry.code')} hint=${t('entry.code_hint')} autocomplete="one-time-code" inputmode="numeric" ...${Plain} />`}<//><//>`;
}

export default function Account() {
  const { user, organization } = useSession();
  return html`<${PageHead} title=${t('account.profile')} lead=${t('account.profile_lead')} />
    <${Profile} user=${user} key=${user.updated_at} /><${Address} user=${user} />
    <${Card} title=${t('account.about')}><${Facts} items=${[[t('account.made'), date(user.created_at)], [t('account.id'), html`<code>${user.id}</code>`],
      organization && [t('core.organization'), html`<span dir="auto">${organization.name}</span>`]]} /><//>`;
}
