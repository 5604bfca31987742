// saml_sign_in.mjs BRIDGE_PORT IDP_PORT OTHER_PORT ORG TOKEN: a SAML identity provider (npm's saml-idp) signs a person in to the
// organization ORG by the bridge of tests/sample/saml_bridge.mjs; TOKEN is the owner's access token. Then what is no good
// assertion for this sign-in comes to the bridge instead, of which nobody gets a code. Prints the signed-in person's id.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const [bridgePort, idpPort, otherPort, org, token] = process.argv.slice(2);
const base = process.env.TENANTD_URL;
const top = join(dirname(fileURLToPath(import.meta.url)), '../..');
const modules = join(top, '.cache/node/node_modules');
const { runServer } = createRequire(join(modules, 'x'))('saml-idp');
const bridge = `http://127.0.0.1:${bridgePort}`;
const issuer = 'urn:northwind:idp';
const redirect = `${base}/sso/${org}/saml`;  // the provider's own
const secret = 'nine wooden boats';

// saml-idp takes these before what it is told.
delete process.env.HOST;
delete process.env.PORT;

// What the programs say, which is told only if something goes wrong.
const said = [];
const write = process.stdout.write.bind(process.stdout);
process.stdout.write = process.stderr.write = (text) => { said.push(String(text).trim()); return true; };

async function until(what, ask) {
  for (const end = Date.now() + 60_000; Date.now() < end;) {
    const found = await ask();
    if (found) return found;
    await new Promise((done) => { setTimeout(done, 20); });
  }
  throw new Error(`${what} did not come up`);
}

function openssl(...words) {
  execFileSync('openssl', words, { stdio: 'pipe' });
}

// An identity provider with a key of its own, whose issuer and audience are the same as the other's.
async function provide(folder, name, port) {
  const [key, cert] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)];
  openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', `/CN=${name}`, '-keyout', `${key}.8`, '-out', cert);
  openssl('rsa', '-traditional', '-in', `${key}.8`, '-out', key);
  runServer({ host: '127.0.0.1', port: Number(port), key, cert, issuer, acsUrl: `${bridge}/api/oauth/saml`, audience: `${bridge}/saml` });
  const metadata = `http://127.0.0.1:${port}/metadata`;
  return until(name, () => fetch(metadata).then((reply) => reply.text(), () => null));
}

// The sample, as somebody runs it: in a folder where npm has installed what it needs.
async function build(folder, metadata) {
  symlinkSync(modules, join(folder, 'node_modules'));
  const program = join(folder, 'saml_bridge.mjs');
  copyFileSync(join(top, 'tests/sample/saml_bridge.mjs'), program);
  const file = (name, text) => { writeFileSync(join(folder, name), text); return join(folder, name); };
  openssl('genpkey', '-algorithm', 'RSA', '-out', join(folder, 'bridge.key'));
  Object.assign(process.env, {
    BRIDGE_URL: bridge, BRIDGE_PORT: bridgePort, BRIDGE_METADATA: file('metadata.xml', metadata),
    BRIDGE_REDIRECT: redirect, BRIDGE_KEY: join(folder, 'bridge.key'), BRIDGE_SECRET: secret,
  });
  await import(pathToFileURL(program));
  return until('the bridge', () => said.find((line) => /^[0-9a-f]{40}$/.test(line)));
}

const unescape = (text) => text.replaceAll(/&#(x?)([0-9a-f]+);/gi, (all, hex, digits) => String.fromCodePoint(parseInt(digits, hex ? 16 : 10)))
  .replaceAll('&quot;', '"').replaceAll('&amp;', '&');
function field(page, name) {
  const found = new RegExp(`name="${name}"[^>]*\\bvalue=(["'])(.*?)\\1`).exec(page);
  assert.ok(found, `no ${name} in ${page.slice(0, 500)}`);
  return unescape(found[2]);
}
const post = (url, fields, headers = {}) => fetch(url, { method: 'POST', redirect: 'manual', headers, body: new URLSearchParams(fields) });
const api = (path, body, headers) => fetch(base + path, {
  method: 'POST', headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(body) });

// A sign-in that one person has begun in their browser.
class SignIn {
  async begin() {
    const reply = await fetch(`${base}/api/v1/auth/oauth/saml/login/${org}`);
    assert.equal(reply.status, 200, await reply.clone().text());
    this.cookie = reply.headers.get('set-cookie').split(';')[0];
    this.asks = (await reply.json()).authorization_url;
    const led = await fetch(this.asks, { redirect: 'manual' });
    assert.equal(led.status, 302, await led.text());
    this.request = new URL(led.headers.get('location'));
    return this;
  }

  // What the identity provider on this port answers for `name`.
  async assertion(name, port = idpPort) {
    const to = new URL(this.request);
    to.port = port;
    const asked = field(await (await fetch(to)).text(), '_authnRequest');
    const address = `${name}@example.com`;
    const page = await (await post(`${to.origin}/signin`, {
      _authnRequest: asked, userName: address, email: address, displayName: 'Sam Jackson', groups: 'staff,it' })).text();
    return { SAMLResponse: field(page, 'SAMLResponse'), RelayState: field(page, 'RelayState') };
  }

  back(query) {
    return api(`/api/v1/auth/oauth/saml/callback/${org}`, { ...Object.fromEntries(query), redirect_uri: redirect }, { Cookie: this.cookie });
  }
}

const acs = (fields) => post(`${bridge}/api/oauth/saml`, fields);
const edited = ({ SAMLResponse, RelayState }, change) => {
  const xml = Buffer.from(SAMLResponse, 'base64').toString();
  const other = change(xml);
  assert.notEqual(other, xml, xml);
  return { SAMLResponse: Buffer.from(other).toString('base64'), RelayState };
};
const unsigned = (xml) => xml.replaceAll(/<(\w+:)?Signature\b.*?<\/(\w+:)?Signature>/gs, '');

// Sends the identity provider's answers with other words for as long as `act` runs.
async function otherwise(settings, act) {
  const set = (values) => post(`http://127.0.0.1:${idpPort}/settings`, values);
  await set(settings);
  try { return await act(); } finally { await set({ issuer, audience: `${bridge}/saml` }); }
}

// Neither the bridge nor the service gives anything for these fields.
async function nothing(what, fields, means) {
  const reply = await acs(fields);
  const told = await reply.text();
  const query = new URL(reply.headers.get('location') ?? 'x:').searchParams;
  assert.equal(query.get('code'), null, what);
  const why = query.get('error_description') ?? JSON.parse(told).error_description;
  assert.match(why, means, `${what}: ${reply.status} ${why}`);
}

async function refusals() {
  const begun = await new SignIn().begin();
  const good = await begun.assertion('eve');
  await nothing('no signature', edited(good, unsigned), /signature|Invalid assertion/i);
  await nothing('another address', edited(good, (xml) => xml.replaceAll('eve@example.com', 'ann@example.com')), /signature|Invalid assertion/i);
  await nothing('another key', await begun.assertion('eve', otherPort), /signature|Invalid assertion/i);
  const to = (settings) => otherwise(settings, () => begun.assertion('eve'));
  await nothing('another audience', await to({ audience: 'https://another.example.com/saml' }), /audience/i);
  await nothing('another issuer', await to({ issuer: 'urn:northwind:another' }), /connection not found|wrong happened/i);
  const later = await new SignIn().begin();
  await nothing('the answer to another request', { ...good, RelayState: (await later.assertion('eve')).RelayState }, /InResponseTo/);
  await nothing('no request at all', { ...good, RelayState: '' }, /wrong happened|disabled/i);
  // The answer is good: the bridge gives a code for it. In another browser than the one that asked, the code gives nothing.
  const led = await acs(good);
  const query = new URL(led.headers.get('location')).searchParams;
  assert.ok(query.get('code'), led.headers.get('location'));
  await nothing('the same answer again', good, /state/);
  const other = await later.back(query);
  assert.equal(other.status, 400);
  assert.equal((await other.json()).code, 'oauth_state_invalid');
  // The bridge asks for the client's secret, and sends people to one address alone.
  const stolen = await post(`${bridge}/api/oauth/token`, { grant_type: 'authorization_code', code: query.get('code'), redirect_uri: redirect },
                            { Authorization: `Basic ${Buffer.from('x:nine wooden boat').toString('base64')}` });
  assert.equal(stolen.status, 401);
  const astray = new URL(begun.asks);
  astray.searchParams.set('redirect_uri', `${base}/elsewhere`);
  assert.equal((await fetch(astray, { redirect: 'manual' })).status, 403);
}

// A second assertion, which nobody has signed, before the one that is.
function wrapped(xml) {
  const [whole] = /<saml:Assertion\b.*<\/saml:Assertion>/s.exec(xml);
  return xml.replace(whole, unsigned(whole).replaceAll('eve@', 'ann@').replace(/ID="[^"]*"/, 'ID="_ann"') + whole);
}

// `name` is who comes out of it, whatever else stands in the answer.
async function sign_in(name, change = (answer) => answer) {
  const begun = await new SignIn().begin();
  const led = await acs(change(await begun.assertion(name)));
  assert.equal(led.status, 302, await led.text());
  const back = new URL(led.headers.get('location'));
  assert.equal(back.origin + back.pathname, redirect);
  const reply = await begun.back(back.searchParams);
  const tokens = await reply.json();
  assert.equal(reply.status, 200, JSON.stringify(tokens));
  assert.equal(tokens.organization.id, org);
  assert.equal(tokens.organization.role, 'viewer');
  assert.equal(tokens.user.email, `${name}@example.com`);
  assert.equal(tokens.user.email_verified, false);
  return tokens.user;
}

async function trust(client) {
  const reply = await api(`/api/v1/tenants/${org}/oidc-providers`, {
    slug: 'saml', name: 'Northwind', issuer: bridge, client_id: client, client_secret: secret, trust_addresses: true,
    auto_provision_users: true, allowed_domains: ['example.com'], default_role_name: 'member', name_claim: 'raw.displayName',
    groups_claim: 'groups', group_roles: [{ group: 'it', role_name: 'viewer' }],
  }, { Authorization: `Bearer ${token}` });
  assert.equal(reply.status, 201, await reply.text());
}

const folder = mkdtempSync(join(tmpdir(), 'saml-'));
try {
  const metadata = await provide(folder, 'idp', idpPort);
  await provide(folder, 'other', otherPort);
  await trust(await build(folder, metadata));
  const first = await sign_in('sam');
  await refusals();
  assert.equal((await sign_in('sam')).id, first.id);
  await sign_in('eve', (answer) => edited(answer, wrapped));
  write(`${first.id}\n`);
} catch (error) {
  write(`${said.join('\n').slice(-3000)}\n${error.stack}\n`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true });
  process.exit();
}
