// Sign-up: an account and its organization.
import { html, useEffect } from '../../dom.js';
import { call } from '../../api.js';
import { t } from '../../i18n.js';
import { arrive, goal } from '../../goal.js';
import { Heading, Link } from '../../router.js';
import { adopt, config, useSession } from '../../session.js';
import { Banner, Field, Form, PasswordField, Plain, useForm } from '../../components/index.js';
import { Onward, only, wrongAddress, wrongPassword } from './parts.js';
import { SocialProviders } from './providers.js';

export function profileOf({ first_name: first, last_name: last }) {
  return only({ first_name: first.trim(), last_name: last.trim() });
}

export default function SignUp() {
  const who = useSession();
  useEffect(() => {
    if (who.state === 'in') arrive();
  }, [who.state]);
  const form = useForm({
    initial: { first_name: '', last_name: '', organization_name: '', email: goal().email || '', password: '' },
    fields: { password_refused: 'password', email_taken: 'email' },
    check: ({ email, password, organization_name: name }) => only({
      organization_name: name.trim() ? '' : t('entry.organization_missing'), email: wrongAddress(email), password: wrongPassword(password) }),
    submit: async (values) => {
      const profile = profileOf(values);
      const { data } = await call('POST', '/signup', { anonymous: true, body: {
        email: values.email.trim(), password: values.password, organization_name: values.organization_name.trim(),
        ...(Object.keys(profile).length && { profile }) } });
      await adopt(data);
    },
  });
  if (config.get().signup !== 'open') {
    return html`<${Heading}>${t('entry.sign_up')}<//><${Banner}>${t('problem.signup_closed')}<//><p class="others"><${Link} href="/sign-in">${t('entry.to_sign_in')}<//></p>`;
  }
  return html`<${Heading}>${t('entry.sign_up')}<//><p class="lead">${t('entry.sign_up_lead')}</p><${Onward} />
    <${Form} form=${form} label=${t('entry.sign_up')}>
      <div class="columns"><${Field} name="first_name" label=${t('entry.first_name')} optional autocomplete="given-name" maxlength="100" />
      <${Field} name="last_name" label=${t('entry.last_name')} optional autocomplete="family-name" maxlength="100" /></div>
      <${Field} name="organization_name" label=${t('entry.organization')} hint=${t('entry.organization_hint')} autocomplete="organization" maxlength="200" />
      <${Field} name="email" type="email" label=${t('entry.address')} autocomplete="username" maxlength="254" ...${Plain} />
      <${PasswordField} fresh name="password" label=${t('entry.password')} hint=${t('entry.password_hint')} /><//>
    <${SocialProviders} />
    <p class="others"><span>${t('entry.known_here')} <${Link} href="/sign-in">${t('entry.sign_in')}<//></span></p>`;
}
