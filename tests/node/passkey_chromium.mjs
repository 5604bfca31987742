// passkey_chromium.mjs EMAIL PASSWORD: what Chromium's own authenticators make is judged alike by the service and by npm's
// @simplewebauthn/server, in registrations and in sign-ins, whether it is right or wrong. Prints how many of each were accepted
// and refused.
import assert from 'node:assert/strict';
import { base, run } from './browser.mjs';
import { registers, signs_in } from './passkey_oracle.mjs';

const [email, password] = process.argv.slice(2);
const here = { origin: base, rp_id: 'localhost' };
const counted = { registered: 0, unregistered: 0, signed_in: 0, kept_out: 0 };

const accepts = (judge, asked) => judge({ ...here, ...asked }).then((yes) => yes, () => false);

// In the page: asks the service for options, lets the authenticator answer them with `changes`, and sends what it made.
async function create({ token, password: proof, changes }) {
  const post = (path, body) => fetch(path, { method: 'POST', body: JSON.stringify(body),
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` } });
  const { publicKey } = await (await post('/api/v1/auth/passkeys/options', { password: proof })).json();
  const options = PublicKeyCredential.parseCreationOptionsFromJSON({ ...publicKey, ...changes });
  const { id, type, response } = (await navigator.credentials.create({ publicKey: options })).toJSON();
  const credential = { id, type, response: { clientDataJSON: response.clientDataJSON, attestationObject: response.attestationObject } };
  const reply = await post('/api/v1/auth/passkeys', { name: 'Chromium', credential });
  return { challenge: publicKey.challenge, credential, status: reply.status, said: await reply.json() };
}

async function use({ changes, again, id, spoil }) {
  const post = (path, body) => fetch(path, { method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } });
  const { publicKey } = await (await post('/api/v1/auth/passkey/options', {})).json();
  let credential = again;
  if (!credential) {
    const options = PublicKeyCredential.parseRequestOptionsFromJSON({ ...publicKey, allowCredentials: [{ type: 'public-key', id }], ...changes });
    const made = (await navigator.credentials.get({ publicKey: options })).toJSON();
    const { clientDataJSON, authenticatorData, signature, userHandle } = made.response;
    credential = { id: made.id, type: made.type, response: { clientDataJSON, authenticatorData, signature, ...(userHandle && { userHandle }) } };
    if (spoil) credential.response[spoil] = credential.response[spoil].replace(/^.{8}/, (start) => [...start].reverse().join(''));
  }
  const reply = await post('/api/v1/auth/passkey/verify', { credential });
  return { challenge: publicKey.challenge, credential, status: reply.status, said: await reply.json() };
}

async function authenticator(devtools, options) {
  const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', { options: {
    protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true,
    automaticPresenceSimulation: true, ...options } });
  return {
    verifies: (isUserVerified) => devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified }),
    // The same key in a device that has counted less: a copy.
    async counts(signCount) {
      const [credential] = (await devtools.send('WebAuthn.getCredentials', { authenticatorId })).credentials;
      await devtools.send('WebAuthn.clearCredentials', { authenticatorId });
      await devtools.send('WebAuthn.addCredential', { authenticatorId, credential: { ...credential, signCount } });
    },
    gone: () => devtools.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId }),
  };
}

await run(async (open) => {
  const visit = await open(`${base}/sign-in`, { expected: Array(40).fill(401).concat(Array(40).fill(422)) });
  const { page } = visit;
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('WebAuthn.enable');
  const token = await page.evaluate(async (who) => (await (await fetch('/api/v1/auth/login', { method: 'POST', body: JSON.stringify(who),
    headers: { 'Content-Type': 'application/json' } })).json()).access_token, { email, password });

  async function register(what, changes = {}) {
    const made = await page.evaluate(create, { token, password, changes });
    assert.ok([201, 422].includes(made.status), `${what}: ${made.status} ${JSON.stringify(made.said)}`);
    const here_too = made.status === 201;
    assert.equal(here_too, await accepts(registers, made), `${what}: ${JSON.stringify(made.said)}`);
    ++counted[here_too ? 'registered' : 'unregistered'];
    return { ...made, counter: 0 };
  }

  // `held` counts on with each sign-in that is accepted.
  async function sign_in(what, held, how = {}) {
    const used = await page.evaluate(use, { id: held.credential.id, ...how });
    assert.ok([200, 401, 422].includes(used.status), `${what}: ${used.status} ${JSON.stringify(used.said)}`);
    const here_too = used.status === 200;
    const { credential, challenge } = used;
    assert.equal(here_too, await accepts(signs_in, { credential, challenge, held: held.credential, counter: held.counter }), `${what}: ${JSON.stringify(used.said)}`);
    ++counted[here_too ? 'signed_in' : 'kept_out'];
    if (here_too) held.counter = Buffer.from(credential.response.authenticatorData, 'base64url').readUInt32BE(33);
    return { credential, accepted: here_too };
  }

  const devices = { internal: {}, usb: { transport: 'usb' }, nfc: { transport: 'nfc' }, 'ctap2.1': { ctap2Version: 'ctap2_1' },
    'backed up': { defaultBackupEligibility: true, defaultBackupState: true } };
  for (const [name, options] of Object.entries(devices)) {
    const device = await authenticator(devtools, options);
    const held = await register(name);
    assert.equal(held.status, 201, name);
    const first = await sign_in(`${name}, first`, held);
    assert.ok(first.accepted, name);
    assert.ok((await sign_in(`${name}, second`, held)).accepted, name);
    // An answer to another challenge, a changed signature, a person who is not verified, a copy of the device.
    const refused = {
      'an answer from before': { again: first.credential },
      'another signature': { spoil: 'signature' },
      'other data': { spoil: 'authenticatorData' },
      'a challenge of nobody': { changes: { challenge: 'A'.repeat(43) } },
    };
    for (const [what, how] of Object.entries(refused)) assert.ok(!(await sign_in(`${name}, ${what}`, held, how)).accepted, what);
    await device.counts(0);
    assert.ok(!(await sign_in(`${name}, a copy`, held)).accepted, name);
    await device.verifies(false);
    assert.ok(!(await sign_in(`${name}, unverified`, held, { changes: { userVerification: 'discouraged' } })).accepted);
    await device.gone();
  }
  // What no service should take, and what this one offers none of.
  const loose = { authenticatorSelection: { userVerification: 'discouraged' }, excludeCredentials: [] };
  const plain = { transport: 'usb', hasResidentKey: false, hasUserVerification: false, isUserVerified: false };
  const others = {
    'nobody verified': [plain, loose, 422],
    'a device of before, with attestation': [{ ...plain, protocol: 'u2f' }, { ...loose, attestation: 'direct' }, 422],
    'a challenge of nobody': [{}, { challenge: 'A'.repeat(43), excludeCredentials: [] }, 422],
    'with attestation': [{}, { attestation: 'direct', excludeCredentials: [] }, 201],
    'ES256 alone': [{}, { pubKeyCredParams: [{ type: 'public-key', alg: -7 }], excludeCredentials: [] }, 201],
    'RS256 alone': [{}, { pubKeyCredParams: [{ type: 'public-key', alg: -257 }], excludeCredentials: [] }, 201],
  };
  for (const [what, [options, changes, status]] of Object.entries(others)) {
    const device = await authenticator(devtools, options);
    assert.equal((await register(what, changes)).status, status, what);
    await device.gone();
  }
  // Chromium says so of a page that asks for one algorithm alone.
  visit.wrong = visit.wrong.filter((word) => !word.includes('pubKeyCredParams is missing'));
});
console.log(JSON.stringify(counted));
