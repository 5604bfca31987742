// oidc_sign_in.mjs HOW PORT ORG_A ORG_B JWK OWNER PASSWORD: people sign in by a real provider, without a browser or in one. ORG_A trusts the
// client "alpha", ORG_B "beta"; ORG_A trusts Entra's tenant TID too, and calls a third provider "own", whose client has the
// key JWK. Prints nothing but what went wrong.
import assert from 'node:assert/strict';
import { provide } from './oidc_provider.mjs';
import { base, go, run, sign_in } from './browser.mjs';

const [how, port, orgA, orgB, jwk, owner, password] = process.argv.slice(2);
const tid = '3f2504e0-4f89-41d3-9a0c-0305e82c3301';
const oid = '6a7fbd2c-2b1f-4c8e-9a3e-0d6a4f6e5b11';
const redirect = `${base}/sso`;

// Keeps cookies by host and port, as a careful client does.
class Browserless {
  jars = new Map();

  async send(url, options = {}) {
    const { origin } = new URL(url);
    const jar = this.jars.get(origin) || this.jars.set(origin, new Map()).get(origin);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const reply = await fetch(url, { redirect: 'manual', ...options, headers: { ...options.headers, ...(cookie && { cookie }) } });
    for (const line of reply.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      jar.set(name, value);
    }
    return reply;
  }

  // To the page that redirects lead to, or to the first address of the service itself, unopened.
  async follow(url) {
    for (let steps = 0; steps < 20; ++steps) {
      if (url.startsWith(redirect)) return { url };
      const reply = await this.send(url);
      const location = reply.headers.get('location');
      if (!location) return { url, page: await reply.text() };
      url = new URL(location, url).href;
    }
    assert.fail('too many redirects');
  }

  async submit(at, fields) {
    const action = /<form[^>]*action="([^"]+)"/.exec(at.page);
    assert.ok(action, at.page);
    const url = new URL(action[1].replaceAll('&amp;', '&'), at.url).href;
    const reply = await this.send(url, { method: 'POST', body: new URLSearchParams(fields) });
    return this.follow(new URL(reply.headers.get('location'), url).href);
  }

  // Through login and consent, to the code.
  async code(provider, org, name) {
    const begun = await this.send(`${base}/api/v1/auth/oauth/${provider}/login/${org}`);
    assert.equal(begun.status, 200, await begun.clone().text());
    let at = await this.follow((await begun.json()).authorization_url);
    at = await this.submit(at, { prompt: 'login', login: name, password: 'any' });
    at = await this.submit(at, { prompt: 'consent' });
    const query = new URL(at.url).searchParams;
    assert.ok(query.get('code'), at.url);
    return { code: query.get('code'), state: query.get('state'), ...(query.get('iss') && { iss: query.get('iss') }) };
  }

  back(provider, org, answer) {
    return this.send(`${base}/api/v1/auth/oauth/${provider}/callback/${org}`,
                     { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(answer) });
  }

  async signIn(provider, org, name) {
    const reply = await this.back(provider, org, await this.code(provider, org, name));
    assert.equal(reply.status, 200, await reply.clone().text());
    const tokens = await reply.json();
    assert.equal(tokens.organization.id, org);
    return tokens;
  }
}

async function without_browser() {
  // One browser, two tenants at once.
  const both = new Browserless();
  const [a, b] = [await both.code('google', orgA, 'ann'), await new Browserless().code('google', orgB, 'bob')];
  const crossed = await both.back('google', orgB, a);
  assert.equal(crossed.status, 400);
  assert.equal((await crossed.json()).code, 'oauth_state_invalid');
  assert.equal((await both.back('google', orgA, a)).status, 200);
  assert.equal((await both.back('google', orgB, b)).status, 400, 'another browser’s state');
  const [one, two, three] = await Promise.all([
    new Browserless().signIn('google', orgA, 'carol'),
    new Browserless().signIn('google', orgB, 'carol'),
    new Browserless().signIn('microsoft', orgA, 'dave'),
  ]);
  assert.equal(one.user.id, two.user.id, 'one person at two tenants');
  assert.equal(one.user.email, 'carol@example.com');
  assert.equal(three.user.email_verified, false);
  // By a key, with what userinfo says; the reply names its issuer, which must be that of the state's provider.
  const own = await new Browserless().signIn('own', orgA, 'frank');
  assert.equal(own.user.email, 'frank@example.com');
  assert.equal(own.user.email_verified, false);
  assert.equal(own.organization.role, 'viewer');
  const mixed = new Browserless();
  const answer = await mixed.code('own', orgA, 'frank');
  assert.equal(answer.iss, `http://127.0.0.1:${port}/own`);
  const refused = await mixed.back('own', orgA, { ...answer, iss: `http://127.0.0.1:${port}` });
  assert.equal((await refused.json()).code, 'oauth_token_refused');
  const again = await new Browserless().signIn('google', orgA, 'ann');
  assert.equal(again.user.email, 'ann@example.com');
}

async function in_browser() {
  const provider = `http://127.0.0.1:${port}`;
  await run(async (open) => {
    // The provider's own pages ask for a font and an icon that are not there.
    const fonts = 'https://fonts.googleapis.com';
    const visit = await open(`${base}/sso`, { also: [provider, fonts] });
    await visit.page.route(`${fonts}/**`, (route) => route.fulfill({ contentType: 'text/css', body: '' }));
    await visit.page.route(`${provider}/favicon.ico`, (route) => route.fulfill({ contentType: 'image/png', body: '' }));
    await visit.shows('Please begin where you sign in.');
    await visit.check('nothing');
    await visit.page.evaluate(async (path) => {
      location.href = (await (await fetch(path)).json()).authorization_url;
    }, `/api/v1/auth/oauth/google/login/${orgA}`);
    await visit.page.fill('input[name=login]', 'erin');
    await visit.page.fill('input[name=password]', 'any');
    await visit.page.click('button[type=submit]');
    await visit.page.getByText('Continue').waitFor();
    const tokens = await visit.answer(`/api/v1/auth/oauth/google/callback/${orgA}`, 200,
                                      () => visit.page.click('button[type=submit]'));
    await visit.shows(`You are in ${tokens.organization.name} as`);
    await visit.shows('Hello, erin');
    await visit.check('signed-in');
    assert.equal(await visit.page.evaluate(() => location.href), `${base}/app/`);
    const content = await visit.page.content();
    assert.equal(tokens.refresh_token, undefined);
    assert.ok(!content.includes(tokens.access_token));
    const kept = await visit.page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, history.state]));
    assert.equal(kept, '[{"signed-in":"1"},{},"",null]');
    await visit.page.reload();
    await visit.shows(`You are in ${tokens.organization.name} as`);

    // By the organization's own provider, from the button on the sign-in page.
    const other = await open(`${base}/sign-in?organization=${tokens.organization.slug}`, { also: [provider, fonts] });
    await other.page.route(`${fonts}/**`, (route) => route.fulfill({ contentType: 'text/css', body: '' }));
    await other.page.route(`${provider}/favicon.ico`, (route) => route.fulfill({ contentType: 'image/png', body: '' }));
    await other.page.getByRole('button', { name: 'Our Provider' }).click();
    await other.page.fill('input[name=login]', 'gus');
    await other.page.fill('input[name=password]', 'any');
    await other.page.click('button[type=submit]');
    await other.page.getByText('Continue').waitFor();
    await other.answer(`/api/v1/auth/oauth/own/callback/${orgA}`, 200, () => other.page.click('button[type=submit]'));
    await other.shows(`You are in ${tokens.organization.name} as`);

    // By the service's own client at Google: an account without an organization, from the page of sign-up.
    const free = await open(`${base}/sign-up`, { also: [provider, fonts] });
    await free.page.route(`${fonts}/**`, (route) => route.fulfill({ contentType: 'text/css', body: '' }));
    await free.page.route(`${provider}/favicon.ico`, (route) => route.fulfill({ contentType: 'image/png', body: '' }));
    await free.page.getByRole('button', { name: 'Sign in with Google' }).click();
    await free.page.fill('input[name=login]', 'hal');
    await free.page.fill('input[name=password]', 'any');
    await free.page.click('button[type=submit]');
    await free.page.getByText('Continue').waitFor();
    const whole = await free.answer('/api/v1/auth/social/google/callback', 200, () => free.page.click('button[type=submit]'));
    assert.equal(whole.organization, null);
    assert.equal(whole.user.email, 'hal@example.com');

    // Its administrator tests it: the whole way, and nobody is signed in by it.
    const tester = await open(`${base}/sign-in`, { also: [provider, fonts] });
    await tester.page.route(`${fonts}/**`, (route) => route.fulfill({ contentType: 'text/css', body: '' }));
    await tester.page.route(`${provider}/favicon.ico`, (route) => route.fulfill({ contentType: 'image/png', body: '' }));
    await sign_in(tester, owner, password);
    const by_own = async (name) => {
      await go(tester.page, '/app/providers');
      await tester.page.getByRole('link', { name: 'Our Provider' }).click();
      await tester.page.getByRole('button', { name: 'Test a sign-in' }).click();
      await tester.page.fill('input[name=login]', name);
      await tester.page.fill('input[name=password]', 'any');
      await tester.page.click('button[type=submit]');
      await tester.page.getByText('Continue').waitFor();
      await tester.page.click('button[type=submit]');
    };
    await by_own('ida');
    await tester.shows('A sign-in of this person would succeed, with the role viewer.');
    await tester.shows('ida@example.com');
    await tester.shows('it, staff');
    assert.equal(await tester.page.evaluate(() => location.href), `${base}/app/providers/tested`);
    await tester.check('tested');
    await tester.page.reload();
    await tester.shows('A sign-in of this person would succeed, with the role viewer.');
    await go(tester.page, '/app/account');
    await tester.shows(owner);

    const stranger = await open(`${base}/sso?code=x&state=google.${orgA}.${'A'.repeat(43)}`);
    await stranger.shows('was not begun in this browser');
    stranger.wrong = stranger.wrong.filter((word) => !word.includes('status of 400'));
    await stranger.check('refused');
    const denied = await open(`${base}/sso?error=access_denied&state=x`);
    await denied.shows('Your provider has ended the sign-in (access_denied).');
    const odd = await open(`${base}/sso?error=${encodeURIComponent('<b>call 555 now</b>')}`);
    await odd.shows('Your provider has ended the sign-in.');
    const taken = await open(`${base}/sso`);
    await taken.page.route('**/callback/**', (route) => route.fulfill(
      { status: 409, contentType: 'application/problem+json', body: JSON.stringify({ code: 'email_taken', status: 409 }) }));
    await taken.page.goto(`${base}/sso?code=x&state=google.${orgA}.${'A'.repeat(43)}`);
    await taken.shows('There is an account with your address already.');
    taken.wrong = taken.wrong.filter((word) => !word.includes('status of 409'));
  });
}

const end = await provide(port, { clients: [['alpha', 'secret of alpha'], ['beta', 'secret of beta']], redirect, own_redirect: `${redirect}/${orgA}/own`, tid, oid, jwk: JSON.parse(jwk) });
try {
  await (how === 'browser' ? in_browser() : without_browser());
} finally {
  end();
}
