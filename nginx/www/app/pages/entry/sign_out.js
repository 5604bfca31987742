// A client asks that its person is signed out here too: the person says so, and the browser goes back.
import { html, useEffect, useState } from '../../dom.js';
import { call, Problem } from '../../api.js';
import { t } from '../../i18n.js';
import { Heading, navigate } from '../../router.js';
import { signOut, useSession } from '../../session.js';
import { Button, Loading, sentence } from '../../components/index.js';
import { Over, useSecret } from './parts.js';

export default function SignOut() {
  const who = useSession();
  const secret = useSecret();
  const [shown, show] = useState(null);
  const [problem, fail] = useState(null);
  const [busy, work] = useState(false);
  useEffect(() => {
    if (!secret) return;
    call('POST', '/api/v1/oauth/logouts', { body: { request: secret }, anonymous: true })
      .then(({ data }) => show(data), (refusal) => fail(refusal instanceof Problem ? refusal : new Problem(0, { code: 'offline' })));
  }, [secret]);
  if (!secret) return html`<${Over}>${t('oauth.incomplete')}<//>`;
  if (problem) return html`<${Over}>${problem.code === 'token_invalid' ? t('oauth.too_old') : sentence(problem)}<//>`;
  if (!shown || who.state === 'loading') return html`<${Heading}>${t('oauth.sign_out')}<//><${Loading} />`;
  const leave = () => (shown.redirect_to ? location.replace(shown.redirect_to) : navigate('/sign-in', { replace: true }));
  const out = async () => {
    work(true);
    await signOut();
    leave();
  };
  if (who.state !== 'in') {
    return html`<${Heading}>${t('oauth.signed_out')}<//><div class="others"><${Button} kind="primary" onClick=${leave}>${t('oauth.back')}<//></div>`;
  }
  return html`<${Heading}>${t('oauth.sign_out')}<//>
    <p class="lead">${shown.client ? t('oauth.sign_out_asked', { client: shown.client }) : t('oauth.sign_out_lead')}</p>
    <div class="form-foot"><${Button} kind="primary" busy=${busy} onClick=${out}>${t('core.sign_out')}<//>
      <${Button} onClick=${() => navigate('/app/', { replace: true })}>${t('oauth.stay')}<//></div>`;
}
