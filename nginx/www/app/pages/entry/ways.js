// Ways to sign in that begin with an address: its organization's providers, and a code by mail.
import { html } from '../../dom.js';
import { call } from '../../api.js';
import { t } from '../../i18n.js';
import { signInByCode } from '../../session.js';
import { Button, Field, Form, Plain, toast, useForm } from '../../components/index.js';
import { toProvider } from './providers.js';

// What the address can be signed in with: {organization, providers, password}. It tells of the address's domain alone.
// Null where the service does not say: the password is left.
export const discover = (email) => call('POST', '/api/v1/auth/discover', { body: { email }, anonymous: true }).then(({ data }) => data, (problem) => {
  if (problem.code === 'validation_failed') throw problem;
  return null;
});

export const sendCode = (email) => call('POST', '/api/v1/auth/codes', { body: { email }, anonymous: true });

// The organization's providers. An owner may be let in by the password all the same: that is the service's to say.
export function Theirs({ ways, onPassword }) {
  return html`<div class="others">${ways.providers.map(({ id, name }) => html`<${Button} key=${id} kind=${ways.password ? 'plain' : 'primary'}
      onClick=${() => toProvider(id, ways.organization.slug)}>${t('entry.with_provider', { provider: name })}<//>`)}
    ${onPassword && html`<${Button} kind="quiet" small onClick=${onPassword}>${t('entry.password_instead')}<//>`}</div>`;
}

// The code that was mailed, typed into the browser that asked for it.
export function Code({ email, onFactor, onPassword }) {
  const form = useForm({
    initial: { code: '' },
    check: ({ code }) => (/^\s*(?:\d\s*){8}$/.test(code) ? {} : { code: t('entry.mail_code_wrong') }),
    fields: { invalid_credentials: 'code' },
    submit: async ({ code }) => {
      try {
        const factor = await signInByCode(code.replace(/\s/g, ''));
        if (factor) onFactor(factor.mfaToken);
      } catch (problem) {
        if (problem.code !== 'invalid_credentials') throw problem;
        form.setErrors({ code: t('entry.mail_code_refused') });
      }
    },
  });
  const again = () => sendCode(email).then(() => toast(t('entry.mail_code_again')), (problem) => toast(problem.message, { tone: 'bad' }));
  return html`<p class="lead">${t('entry.mail_code_lead')}</p>
    <${Form} form=${form} label=${t('entry.sign_in')}>
      <${Field} name="code" label=${t('entry.mail_code')} hint=${t('entry.mail_code_hint')} inputmode="numeric" autocomplete="one-time-code" ...${Plain} autofocus /><//>
    <div class="others"><${Button} small kind="quiet" onClick=${again}>${t('entry.mail_code_send_again')}<//>
      <${Button} small kind="quiet" onClick=${onPassword}>${t('entry.password_instead')}<//></div>`;
}
