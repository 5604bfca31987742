// A device without a browser shows a code: who is signed in types it here, sees who asks for what from where, and says whether
// the device is let in. A code in the address is shown, never answered by itself: it may be somebody else's device.
import { html, useEffect, useState } from '../../dom.js';
import { call } from '../../api.js';
import { ago, t } from '../../i18n.js';
import { setGoal } from '../../goal.js';
import { Heading, keep, navigate } from '../../router.js';
import { session, signOut, useSession } from '../../session.js';
import { Banner, Button, Field, Form, Loading, sentence, useForm } from '../../components/index.js';
import { Over, useSecret } from './parts.js';
import { ofWhom, scopeWords } from './authorize.js';

const letters = (code) => code.replace(/[\s-]/g, '').toUpperCase();
const shown = (code) => `${letters(code).slice(0, 4)}-${letters(code).slice(4)}`;
const decide = (code, decision) => call('POST', '/api/v1/oauth/device-decisions', { body: { user_code: code, decision } }).then(({ data }) => data);

function Type({ code, onFound }) {
  const form = useForm({
    initial: { user_code: code && shown(code) },
    check: ({ user_code: typed }) => (/^[a-z]{8}$/i.test(letters(typed)) ? {} : { user_code: t('oauth.device_code_wrong') }),
    submit: async ({ user_code: typed }) => {
      try {
        onFound(letters(typed), await decide(typed, 'ask'));
      } catch (problem) {
        throw problem.code === 'not_found' ? Object.assign(problem, { errors: [{ pointer: '/user_code', detail: t('oauth.device_unknown') }] }) : problem;
      }
    },
  });
  return html`<${Heading}>${t('oauth.device')}<//><p class="lead">${t('oauth.device_lead')}</p>
    <${Banner} tone="warn">${t('oauth.device_warning')}<//>
    <${Form} form=${form} label=${t('oauth.device_next')}>
      <${Field} name="user_code" label=${t('oauth.device_code')} autocomplete="off" autocapitalize="characters" spellcheck="false" maxlength="12" dir="ltr" /><//>`;
}

function Ask({ code, asked, busy, onAnswer, onOther }) {
  const { client } = asked;
  const { user } = session.get();
  return html`<${Heading}>${t('oauth.ask', { client: client.name })}<//>
    <p class="who"><span dir="ltr">${user.email}</span><${Button} small kind="quiet" onClick=${onOther}>${t('oauth.other_account')}<//></p>
    <p class="lead">${ofWhom(client)}</p>
    <${Banner} tone="warn">${t('oauth.device_warning')}<//>
    <p>${t('oauth.device_shows')} <strong dir="ltr">${shown(code)}</strong></p>
    <p class="hint">${t('oauth.device_from', { address: asked.address, ago: ago(asked.asked_at) })}</p>
    <p><bdi>${client.name}</bdi> ${t('oauth.would')}</p>
    <ul class="plain-list scopes">${asked.scopes.map((scope) => html`<li key=${scope}>${scopeWords(scope)}</li>`)}</ul>
    ${asked.organization && html`<p class="hint">${t('oauth.in_organization', { organization: asked.organization })}</p>`}
    <div class="form-foot"><${Button} kind="primary" busy=${busy} onClick=${() => onAnswer('allow')}>${t('oauth.device_mine')}<//>
      <${Button} busy=${busy} onClick=${() => onAnswer('deny')}>${t('oauth.deny')}<//></div>`;
}

export default function Device() {
  const who = useSession();
  const secret = useSecret();
  const [found, find] = useState(null);
  const [problem, fail] = useState(null);
  const [busy, work] = useState(false);
  useEffect(() => keep({ secret }), [secret]);  // for a reload, and for who comes back from the sign-in
  const toSignIn = () => {
    setGoal({ to: '/app/device', secret });
    navigate('/sign-in', { replace: true });
  };
  useEffect(() => { if (who.state === 'out') toSignIn(); }, [who.state]);
  const answer = async (decision) => {
    work(true);
    try {
      find({ ...found, asked: await decide(found.code, decision) });
    } catch (refusal) {
      fail(refusal);
    }
    work(false);
  };
  if (problem) return html`<${Over}>${problem.code === 'not_found' ? t('oauth.device_unknown') : sentence(problem)}<//>`;
  if (who.state !== 'in') return html`<${Heading}>${t('oauth.device')}<//><${Loading} />`;
  if (!found) return html`<${Type} code=${secret} onFound=${(code, asked) => find({ code, asked })} />`;
  const { decided, ask } = found.asked;
  if (decided === 'allow') return html`<${Over} tone="good" title=${t('oauth.device_allowed')} next=${html`<span></span>`}>${t('oauth.device_allowed_text')}<//>`;
  if (decided) return html`<${Over} tone="warn" title=${t('oauth.device_denied')} next=${html`<span></span>`}>${t('oauth.device_denied_text')}<//>`;
  if (ask === 'membership') return html`<${Over} title=${t('oauth.not_member')}>${t('oauth.not_member_text')}<//>`;
  return html`<${Ask} code=${found.code} asked=${found.asked} busy=${busy} onAnswer=${answer} onOther=${() => signOut().then(toSignIn)} />`;
}
