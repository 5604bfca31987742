// oauth_apache.mjs ISSUER TOKEN: Debian's Apache with mod_auth_openidc, as its manual sets it up, lets a person in whom
// the service signs in, and no more once the person has signed out there. TOKEN is the person's own access token. Prints nothing
// but what went wrong.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

const [issuer, token] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'tenantd-apache.'));
chmodSync(folder, 0o755);  // started by root, it reads as another account
const asPerson = { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` };

const port = await new Promise((found) => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const { port: free } = server.address();
    server.close(() => found(free));
  });
});
const site = `http://127.0.0.1:${port}`;

async function post(path, body) {
  const reply = await fetch(issuer + path, { method: 'POST', headers: asPerson, body: body && JSON.stringify(body) });
  const text = await reply.text();
  assert.ok(reply.ok, `${path}: ${reply.status} ${text}`);
  return text && JSON.parse(text);
}

const client = await post('/api/v1/oauth/clients', {
  name: 'Intranet', redirect_uris: [`${site}/redirect`], scopes: ['openid', 'email'], backchannel_logout_uri: `${site}/redirect?logout=backchannel`,
});
mkdirSync(`${folder}/www`, { recursive: true });
writeFileSync(`${folder}/www/index.html`, 'inside\n');
const module = (name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so\n`;
writeFileSync(`${folder}/apache.conf`, `ServerRoot ${folder}
ServerName 127.0.0.1
Listen 127.0.0.1:${port}
PidFile ${folder}/apache.pid
DefaultRuntimeDir ${folder}
ErrorLog ${folder}/error.log
${userInfo().uid === 0 ? 'User www-data\nGroup www-data\n' : ''}${['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'dir', 'auth_openidc'].map(module).join('')}
DocumentRoot ${folder}/www
DirectoryIndex index.html
OIDCProviderMetadataURL ${issuer}/.well-known/openid-configuration
OIDCClientID ${client.id}
OIDCClientSecret ${client.client_secret}
OIDCRedirectURI ${site}/redirect
OIDCCryptoPassphrase a-passphrase-of-this-test-alone
OIDCPKCEMethod S256
OIDCScope "openid email"
OIDCRemoteUserClaim email
<Directory />
  AllowOverride None
</Directory>
<Location />
  AuthType openid-connect
  Require valid-user
</Location>
`);
const apache = spawn('/usr/sbin/apache2', ['-DFOREGROUND', '-f', `${folder}/apache.conf`], { stdio: 'inherit' });
const log = () => { try { return readFileSync(`${folder}/error.log`, 'utf8').slice(-3000); } catch { return ''; } };

const jar = new Map();
// As a browser goes to a page: by fetch the module would take it for a script's request, which it leads nowhere.
async function visit(address) {
  const headers = { Accept: 'text/html', Cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') };
  const reply = await new Promise((done, fail) => { get(address, { headers }, done).on('error', fail); });
  let text = '';
  for await (const part of reply) text += part;
  for (const cookie of reply.headers['set-cookie'] || []) {
    const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie);
    if (value) jar.set(name, value);
    else jar.delete(name);
  }
  return { status: reply.statusCode, location: reply.headers.location, text };
}

async function until(what, holds) {
  for (const end = Date.now() + 60000; Date.now() < end;) {
    if (await holds().catch(() => false)) return;
    await new Promise((done) => { setTimeout(done, 100); });
  }
  assert.fail(`${what} never came: ${log()}`);
}

try {
  await until('apache', async () => (await visit(`${site}/`)).status === 302);
  const led = await visit(`${site}/`);
  assert.ok(led.location.startsWith(`${issuer}/oauth2/authorize?`), led.location);
  const asked = await fetch(led.location, { redirect: 'manual' });
  const request = new URL(asked.headers.get('location'), issuer).hash.slice('#token='.length);
  const { redirect_to: back } = await post('/api/v1/oauth/decisions', { request, decision: 'allow' });
  const home = await visit(back);
  assert.equal(home.status, 302, home.text + log());
  assert.equal(home.location, `${site}/`);
  const inside = await visit(home.location);
  assert.equal(inside.status, 200, log());
  assert.equal(inside.text, 'inside\n');
  await post('/api/v1/auth/logout');
  await until('the logout', async () => (await visit(`${site}/`)).status === 302);
} catch (error) {
  console.error(error.message, log());
  process.exitCode = 1;
} finally {
  const gone = new Promise((done) => { apache.once('exit', done); });
  apache.kill('SIGTERM');
  await gone;
  rmSync(folder, { recursive: true });
}
