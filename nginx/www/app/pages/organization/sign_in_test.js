// A test of a sign-in by a provider: the provider's pages, and then, back from there, what a sign-in would come to.
import { html, useEffect, useState } from '../../dom.js';
import { call, Problem } from '../../api.js';
import { hasText, t } from '../../i18n.js';
import { keep, to, useRoute } from '../../router.js';
import { session, useSession } from '../../session.js';
import { Banner, Button, Card, ErrorBox, Facts, Loading, PageHead } from '../../components/index.js';
import { answerOf, testOf } from '../entry/providers.js';
import { roleName } from './parts.js';

const path = (organization, provider) => to`/api/v1/tenants/${organization.id}/sign-in-tests/${provider}`;

// Leaves for the provider's own pages.
export async function beginSignInTest(provider) {
  location.assign((await call('POST', path(session.get().organization, provider))).data.authorization_url);
}

const nameOf = ({ name, first_name: first, last_name: last }) => name || [first, last].filter(Boolean).join(' ');

function Person({ issuer, person, role_name: role }) {
  return html`<${Facts} items=${[[t('organization.issuer'), html`<span dir="ltr">${issuer}</span>`],
    person && [t('sign_in_test.subject'), html`<code>${person.subject}</code>`],
    person && [t('account.address'), person.email ? html`<span dir="ltr">${person.email}</span>` : t('sign_in_test.none_told')],
    person && [t('organization.name'), html`<bdi>${nameOf(person.profile) || t('sign_in_test.none_told')}</bdi>`],
    person && person.groups && [t('sign_in_test.groups'), html`<bdi>${person.groups.join(', ') || t('sign_in_test.none_told')}</bdi>`],
    role && [t('organization.role'), roleName(role)]]} />`;
}

function Outcome({ tested }) {
  const said = hasText(`problem.${tested.code}`) ? t(`problem.${tested.code}`) : tested.title;
  return html`<${Banner} tone=${tested.signs_in ? 'good' : 'bad'} alert>${tested.signs_in ? t('sign_in_test.signs_in', { role: roleName(tested.role_name) }) : said}
      ${tested.detail && html`<p><bdi>${tested.detail}</bdi></p>`}<//>
    <${Card} title=${t('sign_in_test.person')}><${Person} ...${tested} /><//>`;
}

export default function SignInTest() {
  const { organization } = useSession();
  const { state: { back = {}, tested: before } } = useRoute();
  const [tested, set] = useState(before);
  const [problem, fail] = useState(null);
  const named = testOf(back.state);
  useEffect(() => {
    if (tested || !named || !back.code) return;
    // It is good once: a reload shows what came of it.
    call('POST', `${path(organization, named[1])}/callback`, { body: answerOf(back) }).then(({ data }) => {
      keep({ tested: data });
      set(data);
    }).catch((refusal) => fail(refusal instanceof Problem ? refusal : new Problem(0, { code: 'offline' })));
  }, []);
  const ended = back.error && t('sso.ended', { reason: /^[\w.-]{1,64}$/.test(back.error) ? ` (${back.error})` : '' });
  return html`<${PageHead} title=${t('sign_in_test.title')} lead=${t('sign_in_test.lead')} />
    ${tested ? html`<${Outcome} tested=${tested} />`
      : problem ? html`<${ErrorBox} problem=${problem} />`
        : named && back.code ? html`<${Loading} />` : html`<${Banner} tone="bad" alert>${ended || t('sign_in_test.begin')}<//>`}
    <div class="actions after">${named && html`<${Button} onClick=${() => beginSignInTest(named[1]).catch(fail)}>${t('sign_in_test.again')}<//>`}
      <${Button} kind="primary" href="/app/providers">${t('organization.to_providers')}<//></div>`;
}
