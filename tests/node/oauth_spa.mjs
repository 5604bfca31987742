// oauth_spa.mjs EMAIL PASSWORD CLIENT: npm's oidc-client-ts in a browser, on a page of another origin: signs in, asks who it is,
// renews its tokens, revokes them and signs out. CLIENT is a public one, with the addresses http://127.0.0.1/callback and, after
// a sign-out, the page's own; its id goes into the page.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { base, run, sign_in } from './browser.mjs';

const [email, password, client] = process.argv.slice(2);
const library = readFileSync(new URL('../../.cache/node/node_modules/oidc-client-ts/dist/browser/oidc-client-ts.min.js', import.meta.url));
const script = (site) => `
const user = new oidc.UserManager({
  authority: ${JSON.stringify(base)}, client_id: ${JSON.stringify(client)}, redirect_uri: ${JSON.stringify(site)} + '/callback',
  scope: 'openid email profile offline_access', loadUserInfo: true, automaticSilentRenew: false,
  userStore: new oidc.WebStorageStateStore({ store: sessionStorage }),
});
const say = (words) => { document.getElementById('said').textContent = words; };
const act = (name, work) => document.getElementById(name).addEventListener('click', () => work().catch((error) => say('failed: ' + error.message)));
act('in', () => user.signinRedirect());
act('renew', async () => { const before = (await user.getUser()).access_token; const next = await user.signinSilent(); say(next.access_token === before ? 'the same' : 'renewed'); });
act('revoke', async () => { await user.revokeTokens(['access_token', 'refresh_token']); say('revoked'); });
act('out', () => user.signoutRedirect());
if (location.pathname === '/callback') user.signinCallback().then((found) => say('hello ' + found.profile.email), (error) => say('failed: ' + error.message));
`;
const page = `<!doctype html><html lang="en"><meta charset="utf-8"><title>App</title><link rel="icon" href="data:,"><h1>App</h1>
<button id="in">In</button> <button id="renew">Renew</button> <button id="revoke">Revoke</button> <button id="out">Out</button><p id="said"></p>
<script src="/oidc.js"></script><script src="/app.js"></script></html>`;
const server = createServer((request, response) => {
  const [type, body] = { '/oidc.js': ['text/javascript', library], '/app.js': ['text/javascript', script(site)] }[request.url] || ['text/html', page];
  response.writeHead(200, { 'Content-Type': type }).end(body);
});
await new Promise((up) => { server.listen(0, '127.0.0.1', up); });
const site = `http://127.0.0.1:${server.address().port}`;
assert.notEqual(site, base);

await run(async (open) => {
  const visit = await open(`${site}/`, { also: [base] });
  const press = (name) => visit.page.getByRole('button', { name, exact: true }).click();
  await press('In');
  await visit.page.locator('input[name=email]').waitFor();
  await sign_in(visit, email, password);
  await visit.page.getByRole('button', { name: 'Allow', exact: true }).click();
  await visit.shows(`hello ${email}`);
  await press('Renew');
  await visit.shows('renewed');
  await press('Revoke');
  await visit.shows('revoked');
  await press('Out');
  await visit.page.waitForURL((url) => url.href.startsWith(`${base}/app/sign-out`));
  await visit.page.getByRole('button', { name: 'Sign out', exact: true }).click();
  await visit.page.locator('input[name=email]').waitFor();
});
server.close();
