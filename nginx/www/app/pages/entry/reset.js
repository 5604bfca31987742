// A new password by the link of a mail; who has no link, or a dead one, asks for one.
import { html, useState } from '../../dom.js';
import { call } from '../../api.js';
import { t } from '../../i18n.js';
import { forgetSecret, Heading, Link, route } from '../../router.js';
import { forget } from '../../session.js';
import { Banner, Field, Form, PasswordField, Plain, useForm } from '../../components/index.js';
import { only, Over, useSecret, wrongAddress, wrongPassword } from './parts.js';

function Ask({ dead }) {
  const [asked, set] = useState(false);
  const form = useForm({
    initial: { email: route.get().state.email || '' },
    check: ({ email }) => only({ email: wrongAddress(email) }),
    submit: async ({ email }) => {
      try {
        await call('POST', '/api/v1/auth/password-reset/request', { body: { email: email.trim() }, anonymous: true });
        set(true);
      } catch (problem) {
        if (problem.code !== 'validation_failed') throw problem;
        form.setErrors({ email: t('entry.no_address') });
      }
    },
  });
  if (asked) return html`<${Over} title=${t('entry.check_mail')} tone="good">${t('entry.check_mail_text')}<//>`;
  return html`<${Heading}>${t('entry.reset')}<//><p class="lead">${t('entry.reset_lead')}</p>
    ${dead && html`<${Banner} tone="bad" alert>${t('entry.reset_dead')}<//>`}
    <${Form} form=${form} label=${t('entry.send_link')}>
      <${Field} name="email" type="email" label=${t('entry.address')} hint=${t('entry.address_hint')} autocomplete="username" maxlength="254" ...${Plain} /><//>
    <p class="others"><${Link} href="/sign-in">${t('entry.to_sign_in')}<//></p>`;
}

export default function Reset() {
  const secret = useSecret();
  const [dead, die] = useState(false);
  const [done, finish] = useState(false);
  const form = useForm({
    initial: { password: '', repeat: '' },
    fields: { new_password: 'password', password_refused: 'password' },
    check: ({ password, repeat }) => {
      const short = wrongPassword(password);
      return only({ password: short, repeat: !short && repeat !== password ? t('entry.differ') : '' });
    },
    submit: async ({ password }) => {
      try {
        await call('POST', '/reset_password', { body: { token: secret, new_password: password }, anonymous: true });
        forget();
        finish(true);
      } catch (problem) {
        if (!['token_invalid', 'not_found', 'conflict'].includes(problem.code)) throw problem;
        forgetSecret();
        die(true);
      }
    },
  });
  if (done) return html`<${Over} title=${t('entry.reset_done')} tone="good">${t('entry.reset_done_text')}<//>`;
  if (!secret || dead) return html`<${Ask} dead=${dead} />`;
  return html`<${Heading}>${t('entry.choose_new')}<//><p class="lead">${t('entry.choose_new_lead')}</p>
    <${Form} form=${form} label=${t('entry.set_password')}>
      <${PasswordField} fresh name="password" label=${t('entry.new_password')} hint=${t('entry.password_hint')} />
      <${PasswordField} fresh name="repeat" label=${t('entry.repeat')} /><//>`;
}
