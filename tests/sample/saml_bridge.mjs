// saml_bridge.mjs: an identity provider that speaks SAML alone, as the OpenID Connect provider of an organization. It is
// npm's @boxyhq/saml-jackson with the paths that an OpenID Connect client asks for, on a loopback port: nginx stands before
// it. What is under way is kept in memory: a sign-in that a restart cuts off begins again.
//
//   BRIDGE_URL       its address to the outside, which is its issuer: https://saml.example.com
//   BRIDGE_PORT      where it listens, on 127.0.0.1
//   BRIDGE_METADATA  the file with the identity provider's metadata
//   BRIDGE_REDIRECT  where it sends people back to, and nowhere else: https://accounts.example.com/sso/ORGANIZATION/saml
//   BRIDGE_KEY       the file with the RSA key (PKCS #8) that signs its ID tokens
//   BRIDGE_SECRET    the client's secret
//
// Prints the client_id when it is ready. The identity provider sends to BRIDGE_URL/api/oauth/saml, for the audience
// BRIDGE_URL/saml.
import { createPublicKey, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import jackson from '@boxyhq/saml-jackson';

const { BRIDGE_URL: url, BRIDGE_PORT: port, BRIDGE_METADATA: metadata, BRIDGE_REDIRECT: redirect, BRIDGE_KEY: key,
  BRIDGE_SECRET: secret } = process.env;
const kMaxBody = 256 * 1024;  // bytes

const signing = readFileSync(key, 'utf8');
const base64 = (text) => Buffer.from(text).toString('base64');
const { connectionAPIController, oauthController, oidcDiscoveryController } = await jackson.controllers({
  externalUrl: url,
  samlPath: '/api/oauth/saml',
  samlAudience: `${url}/saml`,
  db: { engine: 'mem' },
  openid: {
    jwsAlg: 'RS256',
    jwtSigningKeys: { private: base64(signing), public: base64(createPublicKey(signing).export({ type: 'spki', format: 'pem' })) },
    redirectExactMatch: true,
  },
  noAnalytics: true,  // else it tells its makers once a day
});
const connection = await connectionAPIController.createSAMLConnection({
  tenant: 'one', product: 'tenantd', defaultRedirectUrl: redirect, redirectUrl: [redirect],
  rawMetadata: readFileSync(metadata, 'utf8'),
});

// Of a request with PKCE, jackson does not look at the client's secret.
function isClient(header = '') {
  const [, given] = Buffer.from(header.replace(/^Basic /i, ''), 'base64').toString().split(':').map(decodeURIComponent);
  const [one, other] = [given ?? '', secret].map((text) => Buffer.from(text));
  return one.length === other.length && timingSafeEqual(one, other);
}

async function form(request) {
  let text = '';
  for await (const part of request) {
    text += part;
    if (text.length > kMaxBody) throw Object.assign(new Error('The body is too long'), { statusCode: 413 });
  }
  return Object.fromEntries(new URLSearchParams(text));
}

const json = (value, status = 200) => ({ status, type: 'application/json', text: JSON.stringify(value) });
const go = ({ redirect_url: to, authorize_form: page }) => (page ? { status: 200, type: 'text/html', text: page } : { status: 302, to });

const paths = {
  'GET /.well-known/openid-configuration': () => json(oidcDiscoveryController.openidConfig()),
  'GET /oauth/jwks': async () => json(await oidcDiscoveryController.jwks()),
  'GET /api/oauth/authorize': async (request, query) => go(await oauthController.authorize(query)),
  'POST /api/oauth/saml': async (request) => go(await oauthController.samlResponse(await form(request))),
  'POST /api/oauth/token': async (request) => (isClient(request.headers.authorization)
    ? json(await oauthController.token(await form(request))) : json({ error: 'invalid_client' }, 401)),
  'GET /api/oauth/userinfo': async (request) => json(await oauthController.userInfo((request.headers.authorization ?? '').split(' ')[1])),
};

createServer(async (request, reply) => {
  const { pathname, searchParams } = new URL(request.url, url);
  let said = json({ error: 'not_found' }, 404);
  try {
    const path = paths[`${request.method} ${pathname}`];
    if (path) said = await path(request, Object.fromEntries(searchParams));
  } catch (error) {
    said = json({ error: 'invalid_request', error_description: error.message }, error.statusCode ?? 500);
  }
  reply.writeHead(said.status, { 'Cache-Control': 'no-store', ...(said.to ? { Location: said.to } : { 'Content-Type': said.type }) });
  reply.end(said.text);
}).listen(Number(port), '127.0.0.1', () => console.log(connection.clientID));
