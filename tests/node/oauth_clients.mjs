// oauth_clients.mjs ISSUER CLIENT SECRET TOKEN: npm's openid-client and oauth4webapi sign somebody in by the provider, refresh,
// ask who it is, introspect, revoke and log out, unchanged. TOKEN is the person's own access token, with which a page would
// send the answer. Prints nothing but what went wrong.
import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';

globalThis.crypto ??= webcrypto;
const installed = new URL('../../.cache/node/node_modules/', import.meta.url);
const client = await import(new URL('openid-client/build/index.js', installed));
const oauth = await import(new URL('oauth4webapi/build/index.js', installed));

const [issuer, id, secret, token] = process.argv.slice(2);
const callback = 'https://client.example.com/callback';
const scope = 'openid profile email org offline_access projects:read';

// The person's part: from the address that the client sends the browser to, back to the client's.
async function person(address) {
  const led = await fetch(address, { redirect: 'manual' });
  assert.equal(led.status, 303, await led.text());
  const request = new URL(led.headers.get('location'), issuer).hash.slice('#token='.length);
  const reply = await fetch(`${issuer}/api/v1/oauth/decisions`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
    body: JSON.stringify({ request, decision: 'allow' }),
  });
  const body = await reply.json();
  assert.equal(reply.status, 200, JSON.stringify(body));
  assert.ok(body.redirect_to, JSON.stringify(body));
  return new URL(body.redirect_to);
}

async function byOpenidClient() {
  const config = await client.discovery(new URL(issuer), id, secret, client.ClientSecretBasic(secret), { execute: [client.allowInsecureRequests] });
  client.enableNonRepudiationChecks(config);  // the ID token's signature too, by the JWKS
  const verifier = client.randomPKCECodeVerifier();
  const state = client.randomState();
  const nonce = client.randomNonce();
  const address = client.buildAuthorizationUrl(config, {
    redirect_uri: callback, scope, state, nonce,
    code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
  });
  const back = await person(address);
  const tokens = await client.authorizationCodeGrant(config, back, { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, maxAge: 3600 });
  const claims = tokens.claims();
  const info = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
  assert.equal(info.sub, claims.sub);
  assert.ok(info.email.includes('@'));
  assert.equal(info.org.role, 'owner');
  const again = await client.refreshTokenGrant(config, tokens.refresh_token);
  assert.notEqual(again.refresh_token, tokens.refresh_token);
  const told = await client.tokenIntrospection(config, again.access_token);
  assert.equal(told.active, true);
  const api = await client.fetchProtectedResource(config, again.access_token, new URL(`${issuer}/api/v1/projects`), 'GET');
  assert.equal(api.status, 200);
  const out = await fetch(client.buildEndSessionUrl(config, { id_token_hint: tokens.id_token }), { redirect: 'manual' });
  assert.equal(out.status, 303);
  await client.tokenRevocation(config, again.refresh_token);
  assert.equal((await client.tokenIntrospection(config, again.access_token)).active, false);
  await assert.rejects(client.refreshTokenGrant(config, again.refresh_token), (error) => error.error === 'invalid_grant');
}

async function byOauth4webapi() {
  const plain = { [oauth.allowInsecureRequests]: true };
  const server = await oauth.processDiscoveryResponse(new URL(issuer), await oauth.discoveryRequest(new URL(issuer), plain));
  const again = await oauth.processDiscoveryResponse(new URL(issuer), await oauth.discoveryRequest(new URL(issuer), { ...plain, algorithm: 'oauth2' }));
  assert.deepEqual(again, server);
  const app = { client_id: id };
  const verifier = oauth.generateRandomCodeVerifier();
  const nonce = oauth.generateRandomNonce();
  const state = oauth.generateRandomState();
  const address = new URL(server.authorization_endpoint);
  for (const [name, value] of Object.entries({
    client_id: id, redirect_uri: callback, response_type: 'code', scope, state, nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
  })) address.searchParams.set(name, value);
  const back = oauth.validateAuthResponse(server, app, await person(address), state);  // iss too: no mix-up
  const reply = await oauth.authorizationCodeGrantRequest(server, app, oauth.ClientSecretBasic(secret), back, callback, verifier, plain);
  const tokens = await oauth.processAuthorizationCodeResponse(server, app, reply, { expectedNonce: nonce, requireIdToken: true });
  await oauth.validateApplicationLevelSignature(server, reply, plain);
  const { sub } = oauth.getValidatedIdTokenClaims(tokens);
  const info = await oauth.processUserInfoResponse(server, app, sub, await oauth.userInfoRequest(server, app, tokens.access_token, plain));
  assert.equal(info.sub, sub);
  // Another issuer's answer is no answer.
  const mixed = await person(address).then((url) => { url.searchParams.set('iss', 'https://evil.example'); return url; });
  assert.throws(() => oauth.validateAuthResponse(server, app, mixed, state));
}

await byOpenidClient();
await byOauth4webapi();
