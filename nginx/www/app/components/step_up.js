// The one dialog that asks who it is at the keyboard, when the service wants a fresh proof for what a page has asked for.
// The request that was refused is repeated once it is given.
import { html, makeStore, useLoad, useState, useStore } from '../dom.js';
import { call, onProofWanted } from '../api.js';
import { t } from '../i18n.js';
import { hasPasskeys, showPasskey, wasCancelled } from '../passkeys.js';
import { Button, Loading } from './basic.js';
import { Dialog } from './dialog.js';
import { ErrorBox } from './error.js';
import { Field, Form, PasswordField, Plain, useForm } from './form.js';

const asked = makeStore(null);  // {answer: (given) => …}

// Several requests of one page are answered by one dialog.
let asking = null;
onProofWanted(() => {
  asking = asking || new Promise((answer) => asked.set({ answer })).finally(() => {
    asked.set(null);
    asking = null;
  });
  return asking;
});

const prove = (body) => call('POST', '/api/v1/auth/step-up', { body }).catch((problem) => {
  if (problem.code === 'reauthentication_required') problem.code = 'step_up_refused';
  throw problem;
});

function MailedCode({ form }) {
  const [sent, set] = useState(false);
  const [problem, fail] = useState(null);
  const send = () => call('POST', '/api/v1/auth/step-up/codes').then(() => { set(true); fail(null); }, fail);
  return html`<${ErrorBox} problem=${problem} /><p><${Button} small onClick=${send}>${t(sent ? 'core.step_up_mail_again' : 'core.step_up_mail')}<//> <span role="status">${sent ? t('core.step_up_mailed') : ''}</span></p>
    <${Field} name="mail_code" label=${t('core.step_up_mail_code')} hint=${t('core.step_up_mail_code_hint')} autocomplete="one-time-code" inputmode="numeric" disabled=${!sent && !form.values.mail_code} ...${Plain} />`;
}

function Shown({ ways, onDone }) {
  const [problem, fail] = useState(null);
  const byPasskey = () => showPasskey().then((credential) => prove({ credential })).then(onDone, (refusal) => fail(wasCancelled(refusal) ? null : refusal));
  const first = ways.password ? 'password' : 'mail_code';
  const form = useForm({
    initial: { password: '', mail_code: '', code: '' },
    check: (typed) => ({ ...(!typed[first].trim() && { [first]: t(ways.password ? 'entry.password_missing' : 'entry.code_missing') }),
                         ...(ways.code && !typed.code.trim() && { code: t('entry.code_missing') }) }),
    submit: async (typed) => {
      await prove({ [first]: ways.password ? typed.password : typed.mail_code.trim(), ...(ways.code && { code: typed.code.trim() }) });
      onDone();
    },
  });
  return html`<p>${t('core.step_up_lead')}</p><${ErrorBox} problem=${problem} />
    ${ways.passkey && hasPasskeys() && html`<p><${Button} kind="primary" onClick=${byPasskey}>${t('core.step_up_passkey')}<//></p>`}
    ${(ways.password || ways.mail_code) && html`<${Form} form=${form} label=${t('core.step_up_confirm')}>
      ${ways.password ? html`<${PasswordField} name="password" label=${t('entry.password')} autofocus />` : html`<${MailedCode} form=${form} />`}
      ${ways.code && html`<${Field} name="code" label=${t('entry.code')} hint=${t('entry.code_hint')} autocomplete="one-time-code" inputmode="numeric" ...${Plain} />`}<//>`}`;
}

function Asking({ answer }) {
  const { data, problem, again } = useLoad(() => call('GET', '/api/v1/auth/step-up').then((reply) => reply.data.ways));
  return html`<${Dialog} title=${t('core.step_up_title')} onClose=${() => answer(false)}><${ErrorBox} problem=${problem} retry=${again} />
    ${data ? html`<${Shown} ways=${data} onDone=${() => answer(true)} />` : !problem && html`<${Loading} />`}<//>`;
}

export function StepUp() {
  const wanted = useStore(asked);
  return wanted && html`<${Asking} answer=${wanted.answer} />`;
}
