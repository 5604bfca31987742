// Where a client of OpenID Connect sends the browser: who asks for what, sign-in where nobody is signed in, and the person's
// word. The request in the address is signed by the service; this page shows it and passes it on as it is.
import { html, useEffect, useState } from '../../dom.js';
import { call, Problem } from '../../api.js';
import { hasText, t } from '../../i18n.js';
import { setGoal } from '../../goal.js';
import { Heading, keep, navigate, route } from '../../router.js';
import { config, selectOrganization, session, signOut, useSession } from '../../session.js';
import { Banner, Button, ErrorBox, Loading, sentence, toast } from '../../components/index.js';
import { permissionWords } from '../organization/permission_grid.js';
import { Over, useSecret } from './parts.js';

const kIdentity = ['openid', 'profile', 'email', 'offline_access', 'org'];

export const scopeWords = (name) => (kIdentity.includes(name) && hasText(`oauth.scope_${name}`) ? t(`oauth.scope_${name}`) : permissionWords(name));

// Whose app it is.
export function ofWhom(client) {
  if (client.registered_itself) return t('oauth.of_itself');
  return client.organization ? t('oauth.of_organization', { organization: client.organization }) : t('oauth.of_service');
}

// The service names the address: one that the client has registered.
const go = (address) => location.replace(address);

// Signs in first, and comes back to this request.
function toSignIn(secret, { client, create, login_hint: email, login: again, organization }) {
  setGoal({ to: '/app/authorize', secret, client: client.name, organization, email, again });
  navigate(create && config.get().signup === 'open' ? '/sign-up' : '/sign-in', { replace: true });
}

function Ask({ asked, client, busy, onAnswer }) {
  const { user } = session.get();
  const name = html`<bdi>${client.name}</bdi>`;
  return html`<${Heading}>${t('oauth.ask', { client: client.name })}<//>
    <p class="who"><span dir="ltr">${user.email}</span><${Button} small kind="quiet" onClick=${() => onAnswer('other')}>${t('oauth.other_account')}<//></p>
    <p class="lead">${ofWhom(client)}</p>
    <p>${name} ${t('oauth.would')}</p>
    <ul class="plain-list scopes">${asked.scopes.map((scope) => html`<li key=${scope}>${scopeWords(scope)}</li>`)}</ul>
    ${asked.organization && html`<p class="hint">${t('oauth.in_organization', { organization: asked.organization })}</p>`}
    <p class="hint">${t('oauth.take_back')}</p>
    <div class="form-foot"><${Button} kind="primary" busy=${busy} onClick=${() => onAnswer('allow')}>${t('oauth.allow')}<//>
      <${Button} busy=${busy} onClick=${() => onAnswer('deny')}>${t('oauth.deny')}<//></div>`;
}

const isFitting = (wanted) => (each) => !wanted || [each.id, each.slug].includes(wanted.toLowerCase());

// In which organization the person acts: the one that the client wants, if it is one of the person's own, or any of them.
function ChooseOrganization({ wanted, onChosen, onDeny }) {
  const { organization, organizations } = useSession();
  const choose = (each) => (organization && each.id === organization.id ? Promise.resolve() : selectOrganization(each.id))
    .then(onChosen).catch((problem) => toast(problem.message, { tone: 'bad' }));
  const fitting = organizations.filter(isFitting(wanted));
  if (!fitting.length) return html`<${NotAMember} onDeny=${onDeny} />`;
  return html`<${Heading}>${t(wanted ? 'oauth.choose' : 'oauth.choose_any')}<//><p class="lead">${t(wanted ? 'oauth.choose_lead' : 'oauth.choose_any_lead')}</p>
    <div class="others">${fitting.map((each) => html`<${Button} key=${each.id} kind="primary" onClick=${() => choose(each)}><bdi>${each.name}</bdi><//>`)}
    <${Button} onClick=${onDeny}>${t('oauth.deny')}<//></div>`;
}

const NotAMember = ({ onDeny }) => html`<${Heading}>${t('oauth.not_member')}<//><${Banner} tone="warn" alert>${t('oauth.not_member_text')}<//>
  <div class="others"><${Button} kind="primary" onClick=${onDeny}>${t('oauth.back')}<//></div>`;

// An app of the service, which wants to know an organization and does not say which.
const isOpen = ({ client, scopes, organization }) => !client.organization && !organization && scopes.includes('org');

export default function Authorize() {
  const who = useSession();
  const secret = useSecret();
  const [shown, show] = useState(null);
  const [asked, ask] = useState(null);
  const [problem, fail] = useState(null);
  const [busy, work] = useState(false);
  const [chooses, choose] = useState(() => Boolean(route.get().state.signed_in));
  useEffect(() => keep({ secret }), [secret]);  // for a reload, and for who comes back from the sign-in

  const decide = async (decision) => {
    work(true);
    try {
      const { data } = await call('POST', '/api/v1/oauth/decisions', { body: { request: secret, decision } });
      if (data.redirect_to) return go(data.redirect_to);
      if (data.ask === 'login') return toSignIn(secret, { ...shown, login: true });
      ask(data);
    } catch (refusal) {
      fail(refusal);
    }
    return work(false);
  };
  const answer = (decision) => (decision === 'other' ? signOut().then(() => toSignIn(secret, { ...shown, login_hint: '' })) : decide(decision));

  useEffect(() => {
    if (!secret) return;
    call('POST', '/api/v1/oauth/requests', { body: { request: secret }, anonymous: true })
      .then(({ data }) => show(data), (refusal) => fail(refusal instanceof Problem ? refusal : new Problem(0, { code: 'offline' })));
  }, [secret]);
  useEffect(() => {
    if (!shown || who.state === 'loading') return;
    // Who has just signed in for this app acts where it wants, or says where, and so does whom the app sends to choose anew.
    // Whoever was there before is never moved unasked.
    const there = chooses && shown.organization && who.state === 'in' ? who.organizations.find(isFitting(shown.organization)) : null;
    if (there) selectOrganization(there.id).then(() => choose(false), () => choose(false));
    else if (who.state === 'in' && (chooses || shown.select_account) && isOpen(shown) && who.organizations.length > 1) ask({ ask: 'organization' });
    else if (who.state === 'in') decide('ask');
    else if (shown.unanswered_to) go(shown.unanswered_to);
    else toSignIn(secret, shown);
  }, [shown, chooses, who.state, who.user && who.user.id]);

  if (!secret) return html`<${Over}>${t('oauth.incomplete')}<//>`;
  if (problem && problem.code === 'token_invalid') return html`<${Over}>${t('oauth.too_old')}<//>`;
  if (problem) return html`<${Over}>${sentence(problem)}<//>`;
  const deny = () => go(shown.refused_to);
  if (asked && asked.ask === 'membership') return html`<${NotAMember} onDeny=${deny} />`;
  if (asked && asked.ask === 'organization') return html`<${ChooseOrganization} wanted=${shown.organization} onChosen=${() => (chooses ? choose(false) : decide('ask'))} onDeny=${deny} />`;
  if (asked && who.state === 'in') return html`<${Ask} asked=${asked} client=${shown.client} busy=${busy} onAnswer=${answer} />`;
  return html`<${Heading}>${t('oauth.moment')}<//><${Loading} />`;
}
