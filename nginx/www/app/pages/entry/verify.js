// The link that shows that one reads an address. It takes the account's session or its password; a reader who did not
// sign up takes the account by a password of their own.
import { html, useState } from '../../dom.js';
import { call } from '../../api.js';
import { t } from '../../i18n.js';
import { Heading } from '../../router.js';
import { forget, reload, useSession } from '../../session.js';
import { Button, Form, PasswordField, useForm } from '../../components/index.js';
import { Incomplete, only, Over, useSecret, wrongPassword } from './parts.js';

const kOver = { email_taken: 'entry.address_taken', wrong_account: 'entry.address_of_other', conflict: 'entry.verify_dead', not_found: 'entry.verify_dead', token_invalid: 'entry.verify_dead' };

export default function Verify() {
  const secret = useSecret();
  const who = useSession();
  const [disowning, disown] = useState(false);
  const [asks, ask] = useState(who.state !== 'in');
  const [over, end] = useState(null);
  const form = useForm({
    initial: { password: '' },
    fields: { new_password: 'password', password_refused: 'password', reauthentication_required: 'password' },
    check: ({ password }) => only({ password: disowning ? wrongPassword(password) : asks && !password ? t('entry.account_password_missing') : '' }),
    submit: async ({ password }) => {
      const proof = disowning ? { new_password: password } : asks ? { password } : {};
      try {
        await call('POST', '/api/v1/auth/verify-email', { body: { token: secret, ...proof }, anonymous: asks || disowning });
        if (disowning) forget();
        else if (who.state === 'in') await reload();
        end({ good: true });
      } catch (problem) {
        if (kOver[problem.code]) end(problem);
        else if (problem.code === 'reauthentication_required' && !asks) ask(true);
        else if (problem.code === 'reauthentication_required') form.setErrors({ password: t('entry.not_this_password') });
        else throw problem;
      }
    },
  });
  if (!secret && !over) return html`<${Incomplete} />`;
  if (over && over.good) {
    return html`<${Over} tone="good" title=${t(disowning ? 'entry.disowned' : 'entry.verified')}
      next=${who.state === 'in' ? html`<div class="others"><${Button} kind="primary" href="/app/">${t('core.to_start')}<//></div>` : null}>${t(disowning ? 'entry.disowned_text' : 'entry.verified_text')}<//>`;
  }
  if (over) return html`<${Over}>${t(kOver[over.code])}<//>`;
  const turn = () => {
    form.reset();
    disown(true);
  };
  return html`<${Heading}>${t(disowning ? 'entry.not_me' : 'entry.verify')}<//><p class="lead">${t(disowning ? 'entry.not_me_lead' : asks ? 'entry.verify_lead' : 'entry.verify_lead_in')}</p>
    <${Form} key=${String(disowning)} form=${form} label=${t(disowning ? 'entry.take_account' : 'entry.verify_act')}>
      ${disowning ? html`<${PasswordField} fresh name="password" label=${t('entry.new_password')} hint=${t('entry.password_hint')} autofocus />`
        : asks && html`<${PasswordField} name="password" label=${t('entry.account_password')} hint=${t('entry.address_hint')} />`}<//>
    ${!disowning && html`<div class="others"><${Button} id="disown" onClick=${turn}>${t('entry.disown')}<//></div>`}`;
}
