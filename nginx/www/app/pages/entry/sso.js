// Where an identity provider sends the browser back to, with a code and the state that the sign-in began with. Both are
// sent in the body of one POST; the cookie that binds the state to this browser goes along by itself.
import { html, useEffect, useState } from '../../dom.js';
import { call, Problem } from '../../api.js';
import { hasText, t } from '../../i18n.js';
import { arrive } from '../../goal.js';
import { Heading, keep, navigate, route } from '../../router.js';
import { adopt } from '../../session.js';
import { Loading, sentence } from '../../components/index.js';
import { Over } from './parts.js';
import { answerOf, testOf } from './providers.js';
import { Factor } from './sign_in.js';

const kTries = 4;
const pause = (seconds) => new Promise((done) => setTimeout(done, 1000 * seconds));

// Whoever is told to come again at once finds the state unused.
async function finish([, provider, organization], back) {
  const path = organization === 'service' ? `/api/v1/auth/social/${provider}/callback` : `/api/v1/auth/oauth/${provider}/callback/${organization}`;
  for (let tries = 1; ; ++tries) {
    try {
      return (await call('POST', path, { body: answerOf(back), anonymous: true })).data;
    } catch (problem) {
      if (problem.status !== 503 || tries === kTries) throw problem;
      await pause(Math.min(problem.retryAfter || 2, 10));
    }
  }
}

export default function SingleSignOn() {
  const [{ back = {}, factor }] = useState(() => route.get().state);
  const [mfaToken, ask] = useState(factor || '');
  const [problem, fail] = useState(null);
  // "google.ORGANIZATION.RANDOM", or "service" for the organization: whether it is one of ours is the service's to say.
  const named = /^([a-z0-9-]{1,63})\.([0-9a-f-]{36}|service)\.[\w-]+$/.exec(back.state || '');
  const usable = back.code && named && !back.error;
  const test = testOf(back.state);
  useEffect(() => {
    if (test) navigate('/app/providers/tested', { replace: true, state: { back } });
    if (!usable || mfaToken) return;
    finish(named, back).then(adopt).then(arrive).catch((refusal) => {
      if (refusal.code !== 'mfa_required') return fail(refusal instanceof Problem ? refusal : new Problem(0, { code: 'offline' }));
      keep({ factor: refusal.body.mfa_token });
      return ask(refusal.body.mfa_token);
    });
  }, []);
  if (test) return html`<${Heading}>${t('sign_in_test.title')}<//><${Loading} />`;
  if (problem) {
    const own = `sso.${problem.code}`;
    return html`<${Over} title=${t('sso.not_signed_in')}>${hasText(own) ? t(own) : sentence(problem)}<//>`;
  }
  if (back.error) {
    const reason = /^[\w.-]{1,64}$/.test(back.error) ? ` (${back.error})` : '';
    return html`<${Over} title=${t('sso.not_signed_in')}>${t('sso.ended', { reason })}<//>`;
  }
  if (mfaToken) {
    return html`<${Heading}>${t('entry.one_more_step')}<//><${Factor} mfaToken=${mfaToken} onOver=${() => fail(new Problem(400, { code: 'oauth_state_invalid' }))} onDone=${arrive} />`;
  }
  if (!usable) return html`<${Over} title=${t('sso.not_signed_in')}>${t('sso.begin')}<//>`;
  return html`<${Heading}>${t('entry.signing_in')}<//><p class="lead">${t('sso.moment')}</p><${Loading} />`;
}
