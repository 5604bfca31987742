// Somebody is sent here by an OAuth client, signs in, lets it in, takes that back, and is signed out at the client's asking:
// console_oauth.mjs EMAIL PASSWORD CLIENT. The client's address is a page of this origin, which any query may follow.
import assert from 'node:assert/strict';
import { base, go, run, sign_in } from './browser.mjs';

const [email, password, client] = process.argv.slice(2);
const callback = `${base}/guide/`;
const asks = (more = {}) => `${base}/oauth2/authorize?${new URLSearchParams({
  response_type: 'code', client_id: client, redirect_uri: callback, scope: 'openid email projects:read', state: 's',
  code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 'S256', ...more,
})}`;
const button = (visit, name) => visit.page.getByRole('button', { name, exact: true });
const came_back = (visit) => visit.page.waitForURL((url) => url.href.startsWith(callback));
const said = (visit, name) => new URL(visit.page.url()).searchParams.get(name);

await run(async (open) => {
  const visit = await open(asks({ login_hint: email }));
  await visit.page.locator('input[name=email]').waitFor();
  assert.equal(await visit.page.inputValue('input[name=email]'), email);
  await sign_in(visit, email, password);
  await visit.shows('Let Reports in?');
  await visit.shows('Know your e-mail address');
  await visit.shows('Projects: read');
  await visit.check('consent');
  // Nothing of it takes a mouse.
  await button(visit, 'Do not allow').focus();
  await visit.press('Enter');
  await came_back(visit);
  assert.equal(said(visit, 'error'), 'access_denied');
  assert.equal(said(visit, 'code'), null);

  await visit.page.goto(asks());
  await button(visit, 'Allow').focus();
  await visit.press('Enter');
  await came_back(visit);
  assert.ok(said(visit, 'code'));
  assert.equal(said(visit, 'state'), 's');
  const first = said(visit, 'code');

  // Who was let in is not asked about again.
  await visit.page.goto(asks());
  await came_back(visit);
  assert.notEqual(said(visit, 'code'), first);

  await visit.page.goto(`${base}/app/account/apps`);
  await visit.shows('Reports');
  await visit.check('apps');
  await button(visit, 'Disconnect').click();
  await visit.page.getByRole('dialog').getByRole('button', { name: 'Disconnect' }).click();
  await visit.shows('No app is connected');
  await go(visit.page, '/app/oauth-clients');
  await visit.shows('Reports');
  await visit.check('clients');
  await go(visit.page, '/app/oauth-clients/new');
  await visit.page.selectOption('select[name=token_endpoint_auth_method]', 'private_key_jwt');
  await visit.page.locator('textarea[name=jwks]').waitFor();
  await visit.check('new-client');

  await visit.page.goto(`${base}/oauth2/logout?client_id=${client}`);
  await visit.shows('Reports has signed you out');
  await visit.check('sign-out');
  await button(visit, 'Sign out').click();
  await visit.page.locator('input[name=email]').waitFor();

  // A request that asks nobody gets its answer at once.
  await visit.page.goto(asks({ prompt: 'none' }));
  await came_back(visit);
  assert.equal(said(visit, 'error'), 'login_required');

  const german = await open(asks(), { locale: 'de-DE' });
  await sign_in(german, email, password);
  await german.shows('Reports hereinlassen?');
  await german.shows('Ihre E-Mail-Adresse kennen');
  await german.check('consent-german');
});
