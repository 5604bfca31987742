// An invitation: who invites, to what; a password where there is no account yet; then the console. Looking changes nothing.
import { html, useLoad, useState } from '../../dom.js';
import { call } from '../../api.js';
import { dateTime, rich, t, word } from '../../i18n.js';
import { Heading, navigate } from '../../router.js';
import { adopt, config, signOut, useSession } from '../../session.js';
import { Banner, Button, ErrorBox, Form, Loading, PasswordField, toast, useForm } from '../../components/index.js';
import { Incomplete, only, Over, useSecret, wrongPassword } from './parts.js';

const strong = (text) => html`<strong dir="auto">${text}</strong>`;

function Ended({ problem }) {
  if (problem.code === 'already_member') return html`<${Over} title=${t('entry.member_already')} tone="info">${t('entry.nothing_left')}<//>`;
  if (problem.code === 'wrong_account') return html`<${Over}>${t('entry.invitation_of_other')}<//>`;
  return html`<${Over}>${t('entry.invitation_gone')}<//>`;
}

function Expired({ secret, invitation }) {
  const [asked, set] = useState(false);
  const [problem, fail] = useState(null);
  const ask = () => call('POST', '/api/v1/invites/ask-again', { body: { token: secret }, anonymous: true }).then(() => set(true), fail);
  if (asked) return html`<${Over} title=${t('entry.asked')} tone="good" next=${html`<span></span>`}>${t('entry.asked_text', { inviter: invitation.inviter.name })}<//>`;
  return html`<${Heading}>${t('entry.expired')}<//>
    <p class="lead">${rich('entry.expired_text', { inviter: strong(invitation.inviter.name), organization: strong(invitation.organization.name), at: dateTime(invitation.expires_at) })}</p>
    <${ErrorBox} problem=${problem} /><div class="others"><${Button} kind="primary" onClick=${ask}>${t('entry.ask_again')}<//></div>`;
}

function Pending({ secret, invitation }) {
  const who = useSession();
  const [joined, join] = useState(null);
  const [ended, end] = useState(null);
  const mine = who.state === 'in' && who.user.email === invitation.email;
  const [asks, ask] = useState(invitation.needs_password);
  const chooses = asks && !mine;
  const form = useForm({
    initial: { password: '' },
    fields: { password_refused: 'password' },
    check: ({ password }) => (chooses ? only({ password: wrongPassword(password) }) : {}),
    submit: async ({ password }) => {
      try {
        const { data } = await call('POST', '/accept_invite', { body: { token: secret, ...(chooses && { password }) }, anonymous: !mine });
        if (!data.access_token) return join(data);
        await adopt(data);
        navigate('/app/', { replace: true });
        return toast(t('entry.welcome', { organization: data.organization.name }));
      } catch (problem) {
        if (problem.code === 'password_required') return ask(true);
        if (['invite_gone', 'not_found', 'already_member', 'wrong_account', 'conflict'].includes(problem.code)) return end(problem);
        throw problem;
      }
    },
  });
  if (ended) return html`<${Ended} problem=${ended} />`;
  if (joined) {
    return html`<${Over} tone="good" title=${t('entry.welcome', { organization: joined.organization.name })}
      next=${html`<div class="others"><${Button} kind="primary" onClick=${() => navigate('/sign-in', { state: { email: joined.user.email } })}>${t('entry.to_sign_in')}<//></div>`}>${t('entry.joined', { email: joined.user.email })}<//>`;
  }
  const other = who.state === 'in' && !mine;
  return html`<${Heading}>${t('entry.invited')}<//>
    <p class="lead">${rich('entry.invites', { inviter: strong(invitation.inviter.name), organization: strong(invitation.organization.name), role: word('role', invitation.role) })}</p>
    <p class="who"><span dir="ltr">${invitation.email}</span></p>
    ${other ? html`<${Banner} tone="warn">${t('entry.signed_in_as', { email: who.user.email })}<//><div class="others"><${Button} kind="primary" onClick=${signOut}>${t('core.sign_out')}<//></div>`
      : html`<${Form} form=${form} label=${t(chooses ? 'entry.accept_and_create' : 'entry.accept')}>
        ${chooses && html`<input class="hidden" type="email" name="username" autocomplete="username" value=${invitation.email} readonly tabindex="-1" aria-hidden="true" />
          <${PasswordField} fresh name="password" label=${t('entry.choose_password')} hint=${t('entry.password_hint')} />`}<//>`}
    <p class="hint">${t('entry.good_until', { at: dateTime(invitation.expires_at) })} ${config.get().app_url ? t('entry.then_app') : ''}</p>`;
}

export default function Invite() {
  const secret = useSecret();
  const { data, problem, again } = useLoad(() => secret && call('POST', '/api/v1/invites/lookup', { body: { token: secret }, anonymous: true }).then((reply) => reply.data), [secret]);
  if (!secret) return html`<${Incomplete} />`;
  if (problem && [404, 409, 410, 422].includes(problem.status)) return html`<${Ended} problem=${problem} />`;
  if (problem) return html`<${Heading}>${t('entry.invitation')}<//><${ErrorBox} problem=${problem} retry=${again} />`;
  if (!data) return html`<${Heading}>${t('entry.invitation')}<//><${Loading} />`;
  return data.state === 'expired' ? html`<${Expired} secret=${secret} invitation=${data} />` : html`<${Pending} secret=${secret} invitation=${data} />`;
}
