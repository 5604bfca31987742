// Set-up: the first super-admin, by the link that the server's console printed.
import { html } from '../../dom.js';
import { call } from '../../api.js';
import { t } from '../../i18n.js';
import { Heading, navigate } from '../../router.js';
import { adopt, config } from '../../session.js';
import { Field, Form, PasswordField, Plain, useForm } from '../../components/index.js';
import { Incomplete, only, Over, useSecret, wrongAddress, wrongPassword } from './parts.js';
import { profileOf } from './sign_up.js';

export default function Setup() {
  const secret = useSecret();
  const form = useForm({
    initial: { first_name: '', last_name: '', email: '', password: '' },
    fields: { password_refused: 'password', email_taken: 'email' },
    check: ({ email, password }) => only({ email: wrongAddress(email), password: wrongPassword(password) }),
    submit: async (values) => {
      const { data } = await call('POST', '/setup', { anonymous: true,
        body: { setup_token: secret, email: values.email.trim(), password: values.password, ...profileOf(values) } });
      await adopt(data);
      navigate('/app/', { replace: true });
    },
  });
  const code = form.problem && form.problem.code;
  if (!config.get().setup_open || code === 'setup_done') return html`<${Over} title=${t('entry.setup_over')} tone="info">${t('entry.setup_done')}<//>`;
  if (!secret) return html`<${Incomplete} />`;
  return html`<${Heading}>${t('entry.setup')}<//><p class="lead">${t('entry.setup_lead')}</p>
    <${Form} form=${form} label=${t('entry.setup_act')}>
      <div class="columns"><${Field} name="first_name" label=${t('entry.first_name')} optional autocomplete="given-name" maxlength="100" />
      <${Field} name="last_name" label=${t('entry.last_name')} optional autocomplete="family-name" maxlength="100" /></div>
      <${Field} name="email" type="email" label=${t('entry.address')} autocomplete="username" maxlength="254" ...${Plain} />
      <${PasswordField} fresh name="password" label=${t('entry.password')} hint=${t('entry.password_hint')} /><//>`;
}
