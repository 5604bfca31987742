// The buttons of providers: the organization's own, where its slug is known (?organization=…), and the service's.
import { html } from '../../dom.js';
import { call } from '../../api.js';
import { t } from '../../i18n.js';
import { config } from '../../session.js';
import { Button, toast } from '../../components/index.js';

const kSocial = { google: 'Google', microsoft: 'Microsoft', github: 'GitHub' };

// Leaves for the provider's own pages.
async function leave(path) {
  try {
    const { data } = await call('GET', path, { anonymous: true });
    location.assign(data.authorization_url);
  } catch (problem) {
    toast(problem.message, { tone: 'bad' });
  }
}

export const toProvider = (id, slug) => leave(`/api/v1/auth/oauth/${encodeURIComponent(id)}/login/${encodeURIComponent(slug)}`);

// What the service is told of a reply: also where it came, by which it knows whose it is.
export const answerOf = ({ code, state, iss, to }) => ({ code, state, ...(iss && { iss }), ...(to && { redirect_uri: to }) });

// "google.ORGANIZATION.test.RANDOM": the state of a test, which a page of the organization finishes.
export const testOf = (state) => /^([a-z0-9-]{1,63})\.([0-9a-f-]{36})\.test\.[\w-]+$/.exec(state || '');

export function Providers({ slug }) {
  const { organization } = config.get();
  const ways = (organization && organization.sign_in.ways) || [];
  return ways.length > 0 && html`<div class="others">${ways.map(({ id, name }) => html`<${Button} key=${id}
    onClick=${() => toProvider(id, slug)}>${t('entry.with_provider', { provider: name })}<//>`)}</div>`;
}

export function SocialProviders() {
  const { social = [] } = config.get();
  return social.length > 0 && html`<div class="others">${social.map((name) => html`<${Button} key=${name}
    onClick=${() => leave(`/api/v1/auth/social/${name}/login`)}>${t('entry.with_provider', { provider: kSocial[name] || name })}<//>`)}</div>`;
}
