// Sign-in: the address first; then the organization's provider or the password; then the second factor.
import { html, useEffect, useState } from '../../dom.js';
import { call } from '../../api.js';
import { t } from '../../i18n.js';
import { hasPasskeys, usePasskey, wasCancelled } from '../../passkeys.js';
import { Heading, keep, Link, navigate, route } from '../../router.js';
import { config, loadConfig, signedIn, signIn, useSession, verifyFactor } from '../../session.js';
import { Banner, Button, Field, Form, PasswordField, Plain, toast, useForm } from '../../components/index.js';
import { only, wrongAddress } from './parts.js';

const kProviders = { google: 'Google', microsoft: 'Microsoft' };

// Where the person wanted to go: a place of the console, never another host's.
const wanted = () => (/^\/app(\/|$)/.test(route.get().state.to || '') ? route.get().state.to : '/app/');

function Address({ email, onDone }) {
  const form = useForm({
    initial: { email },
    check: ({ email: typed }) => only({ email: wrongAddress(typed) }),
    submit: async ({ email: typed }) => onDone(typed.trim()),
  });
  return html`<${Form} form=${form} label=${t('entry.next')}>
    <${Field} name="email" type="email" label=${t('entry.address')} autocomplete="username" maxlength="254" ...${Plain} autofocus /><//>`;
}

export function Password({ email, onBack, onFactor }) {
  const [failed, count] = useState(0);
  const form = useForm({
    initial: { password: '' },
    check: ({ password }) => (password ? {} : { password: t('entry.password_missing') }),
    fields: { invalid_credentials: 'password' },
    submit: async ({ password }) => {
      try {
        const factor = await signIn(email, password);
        if (factor) onFactor(factor.mfaToken);
      } catch (problem) {
        if (problem.code === 'invalid_credentials') count((n) => n + 1);
        throw problem;
      }
    },
  });
  return html`<p class="who"><span dir="ltr">${email}</span><${Button} small kind="quiet" onClick=${onBack}>${t('entry.other_address')}<//></p>
    ${failed > 2 && html`<${Banner} tone="warn" alert>${t('entry.maybe_locked')} <${Link} href="/reset">${t('entry.reset_instead')}<//><//>`}
    <${Form} form=${form} label=${t('entry.sign_in')}>
      <input class="hidden" type="email" name="username" autocomplete="username" value=${email} readonly tabindex="-1" aria-hidden="true" />
      <${PasswordField} name="password" label=${t('entry.password')} autofocus /><//>
    <p class="hint"><${Link} href="/reset">${t('entry.forgotten')}<//></p>`;
}

export function Factor({ mfaToken, onOver, onDone }) {
  const form = useForm({
    initial: { code: '' },
    check: ({ code }) => (code.trim() ? {} : { code: t('entry.code_missing') }),
    fields: { mfa_invalid: 'code' },
    submit: async ({ code }) => {
      try {
        await verifyFactor(mfaToken, code.trim());
        if (onDone) onDone();
      } catch (problem) {
        if (['token_invalid', 'invalid_token'].includes(problem.code)) onOver();
        else throw problem;
      }
    },
  });
  return html`<p class="lead">${t('entry.factor_lead')}</p><${Form} form=${form} label=${t('entry.sign_in')}>
    <${Field} name="code" label=${t('entry.code')} hint=${t('entry.code_hint')} inputmode="numeric" autocomplete="one-time-code" ...${Plain} autofocus /><//><${Passkey} mfaToken=${mfaToken} onDone=${onDone} />`;
}

// A passkey of this device in the place of the password, or of the code.
function Passkey({ mfaToken, onDone }) {
  const [busy, set] = useState(false);
  const begin = async () => {
    set(true);
    try {
      await signedIn(await usePasskey(mfaToken));
      if (onDone) onDone();
    } catch (problem) {
      toast(wasCancelled(problem) ? t('entry.passkey_cancelled') : problem.message, { tone: 'bad' });
    }
    set(false);
  };
  return hasPasskeys() && html`<div class="others"><${Button} busy=${busy} onClick=${begin}>${t(mfaToken ? 'entry.passkey_instead' : 'entry.with_passkey')}<//></div>`;
}

// The organization's own ways in, where its slug is known (?organization=…).
function Providers({ slug }) {
  const begin = async (provider, id) => {
    try {
      const { data } = await call('GET', `/api/v1/auth/oauth/${provider}/login/${encodeURIComponent(id)}`, { anonymous: true });
      location.assign(data.authorization_url);
    } catch (problem) {
      toast(problem.message, { tone: 'bad' });
    }
  };
  const organization = config.get().organization;
  if (!organization || !organization.sign_in.providers.length) return null;
  return html`<div class="others">${organization.sign_in.providers.map((name) => html`<${Button} key=${name} onClick=${() => begin(name, slug)}>${t('entry.with_provider', { provider: kProviders[name] || name })}<//>`)}</div>`;
}

export default function SignIn() {
  const who = useSession();
  const [{ reason, email: known = '', factor = '', typed = '' }] = useState(() => route.get().state);
  const [email, setEmail] = useState(typed);
  const [mfaToken, setFactor] = useState(factor);
  const [before] = useState(who.sessionId);
  useEffect(() => keep({ typed: email, factor: mfaToken }), [email, mfaToken]);  // for a reload
  const [, drawn] = useState(0);
  const slug = route.get().query.organization;
  useEffect(() => {
    if (slug) loadConfig(slug).then(() => drawn((n) => n + 1));
  }, [slug]);
  useEffect(() => {
    const { to, secret, again } = route.get().state;
    // A client may want the sign-in of this moment, not that of before.
    if (who.state !== 'in' || (again && who.sessionId === before)) return;
    navigate(wanted(), { replace: true, state: to === '/app/authorize' ? { secret } : null });
  }, [who.state, who.sessionId]);
  const { signup, setup_open: nobodyYet } = config.get();
  if (mfaToken) {
    return html`<${Heading}>${t('entry.one_more_step')}<//><${Factor} mfaToken=${mfaToken} onOver=${() => { setFactor(''); toast(t('entry.factor_over'), { tone: 'bad' }); }} />`;
  }
  return html`<${Heading}>${t('entry.sign_in')}<//>
    ${reason === 'ended' && html`<${Banner} tone="info">${t('entry.session_ended')}<//>`}
    ${reason === 'signed-out' && html`<${Banner} tone="info">${t('entry.signed_out')}<//>`}
    ${nobodyYet && html`<${Banner} tone="warn">${t('entry.setup_first')}<//>`}
    ${email ? html`<${Password} email=${email} onBack=${() => setEmail('')} onFactor=${setFactor} />` : html`<${Address} email=${known} onDone=${setEmail} />`}
    <${Passkey} /><${Providers} slug=${slug} />
    ${signup === 'open' && !email && html`<p class="others"><span>${t('entry.new_here')} <${Link} href="/sign-up">${t('entry.sign_up')}<//></span></p>`}`;
}
