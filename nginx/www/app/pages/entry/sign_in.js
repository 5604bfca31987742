// Sign-in: the address first; then the organization's provider or the password; then the second factor.
import { html, useEffect, useState } from '../../dom.js';
import { call } from '../../api.js';
import { rich, t } from '../../i18n.js';
import { hasPasskeys, usePasskey, wasCancelled } from '../../passkeys.js';
import { arrive, goal } from '../../goal.js';
import { Heading, keep, Link, route } from '../../router.js';
import { config, loadConfig, signedIn, signIn, useSession, verifyFactor } from '../../session.js';
import { Banner, Button, Field, Form, PasswordField, Plain, toast, useForm } from '../../components/index.js';
import { Onward, only, Who, wrongAddress } from './parts.js';
import { Providers, SocialProviders } from './providers.js';
import { Code, discover, sendCode, Theirs } from './ways.js';

function Address({ email, onDone }) {
  const form = useForm({
    initial: { email },
    check: ({ email: typed }) => only({ email: wrongAddress(typed) }),
    submit: async ({ email: typed }) => onDone(typed.trim(), await discover(typed.trim())),
  });
  return html`<${Form} form=${form} label=${t('entry.next')}>
    <${Field} name="email" type="email" label=${t('entry.address')} autocomplete="username" maxlength="254" ...${Plain} autofocus /><//>`;
}

export function Password({ email, onFactor, onRefused }) {
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
        if (problem.code === 'sso_required' && onRefused) return onRefused();
        if (problem.code === 'invalid_credentials') count((n) => n + 1);
        throw problem;
      }
    },
  });
  return html`${failed > 2 && html`<${Banner} tone="warn" alert>${t('entry.maybe_locked')} <${Link} href="/reset">${t('entry.reset_instead')}<//><//>`}
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

// The address is known: its organization's provider, the password, or a code by mail.
function Known({ email, ways, step, onStep, onBack, onFactor }) {
  const code = () => sendCode(email).then(() => onStep('code'), (problem) => toast(problem.message, { tone: 'bad' }));
  const theirs = ways && ways.providers.length > 0;
  const password = () => onStep('');
  const who = html`<${Who} email=${email} onBack=${onBack} />`;
  if (step === 'code') return html`${who}<${Code} email=${email} onFactor=${onFactor} onPassword=${password} />`;
  if (step === 'provider' && theirs) {
    return html`${who}<p class="lead">${rich('entry.by_organization', { organization: html`<strong dir="auto">${ways.organization.name}</strong>` })}</p><${Theirs} ways=${ways} onPassword=${password} />`;
  }
  return html`${who}<${Password} email=${email} onFactor=${onFactor} onRefused=${theirs && (() => onStep('provider'))} />
    ${config.get().mail_code && html`<div class="others"><${Button} onClick=${code}>${t('entry.with_mail_code')}<//></div>`}
    ${theirs && html`<${Theirs} ways=${ways} />`}`;
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

export default function SignIn() {
  const who = useSession();
  const [{ reason, email: known = goal().email || '', factor = '', typed = '', ways: known_ways = null, step: at = '' }] = useState(() => route.get().state);
  const [email, setEmail] = useState(typed);
  const [ways, setWays] = useState(known_ways);
  const [step, setStep] = useState(at);
  const [mfaToken, setFactor] = useState(factor);
  const [before] = useState(who.sessionId);
  useEffect(() => keep({ typed: email, factor: mfaToken, ways, step }), [email, mfaToken, ways, step]);  // for a reload
  const [, drawn] = useState(0);
  const slug = route.get().query.organization || goal().organization;
  useEffect(() => {
    if (slug) loadConfig(slug).then(() => drawn((n) => n + 1));
  }, [slug]);
  useEffect(() => {
    // A client may want the sign-in of this moment, not that of before.
    if (who.state === 'in' && !(goal().again && who.sessionId === before)) arrive();
  }, [who.state, who.sessionId]);
  const began = (address, found) => {
    setEmail(address);
    setWays(found);
    setStep(found && !found.password ? 'provider' : '');
  };
  const { signup, setup_open: nobodyYet } = config.get();
  if (mfaToken) {
    return html`<${Heading}>${t('entry.one_more_step')}<//><${Factor} mfaToken=${mfaToken} onOver=${() => { setFactor(''); toast(t('entry.factor_over'), { tone: 'bad' }); }} />`;
  }
  return html`<${Heading}>${t('entry.sign_in')}<//><${Onward} />
    ${reason === 'ended' && html`<${Banner} tone="info">${t('entry.session_ended')}<//>`}
    ${reason === 'signed-out' && html`<${Banner} tone="info">${t('entry.signed_out')}<//>`}
    ${nobodyYet && html`<${Banner} tone="warn">${t('entry.setup_first')}<//>`}
    ${email ? html`<${Known} email=${email} ways=${ways} step=${step} onStep=${setStep} onBack=${() => began('', null)} onFactor=${setFactor} />` : html`<${Address} email=${known} onDone=${began} />`}
    <${Passkey} />${!(ways && ways.organization) && (slug ? html`<${Providers} slug=${slug} />` : html`<${SocialProviders} />`)}
    ${signup === 'open' && !email && html`<p class="others"><span>${t('entry.new_here')} <${Link} href="/sign-up">${t('entry.sign_up')}<//></span></p>`}`;
}
