// What npm's @simplewebauthn/server makes of passkeys: passkey_oracle.mjs FILE. Each line of FILE is a JSON object: of which
// `kind` it is (webauthn.create, webauthn.get), the `credential` as the service was sent it, the `challenge` that was given
// for it, and the `origin` and `rp_id` of the service; of a sign-in also what it knows of the passkey: its `held` credential
// and `counter`. For each, a line says whether it is `accepted`, and `why` not.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { webcrypto } from 'node:crypto';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

// Debian 12's node does not show it to everybody.
globalThis.crypto ??= webcrypto;
const require = createRequire(join(dirname(fileURLToPath(import.meta.url)), '../../.cache/node/'));
const { verifyAuthenticationResponse, verifyRegistrationResponse } = require('@simplewebauthn/server');
const { decodeAttestationObject, isoBase64URL, parseAuthenticatorData } = require('@simplewebauthn/server/helpers');

// What the service offers: EdDSA, ES256, RS256.
const supportedAlgorithmIDs = [-8, -7, -257];

export async function registers({ credential, challenge, origin, rp_id }) {
  const { verified } = await verifyRegistrationResponse({
    response: { rawId: credential.id, ...credential },
    expectedChallenge: challenge,
    expectedOrigin: origin,
    expectedRPID: rp_id,
    supportedAlgorithmIDs,
  });
  return verified;
}

export async function signs_in({ credential, challenge, origin, rp_id, held, counter }) {
  // To look it up is not the library's part.
  if (credential.id !== held.id) throw new Error('no such credential');
  const object = decodeAttestationObject(isoBase64URL.toBuffer(held.response.attestationObject));
  const { verified } = await verifyAuthenticationResponse({
    response: { rawId: credential.id, ...credential },
    expectedChallenge: challenge,
    expectedOrigin: origin,
    expectedRPID: rp_id,
    credential: { id: held.id, publicKey: parseAuthenticatorData(object.get('authData')).credentialPublicKey, counter },
  });
  return verified;
}

async function judge(line) {
  const asked = JSON.parse(line);
  try {
    const accepted = await (asked.kind === 'webauthn.create' ? registers : signs_in)(asked);
    return { accepted, why: accepted ? '' : 'the signature does not hold' };
  } catch (refusal) {
    return { accepted: false, why: `${refusal.message}` };
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href)
  for (const line of readFileSync(process.argv[2], 'utf8').split('\n')) if (line !== '') console.log(JSON.stringify(await judge(line)));
