// Passkeys: what the browser's own dialog takes and gives, as the API spells it (bytes as base64url).
import { call } from './api.js';
import { config } from './session.js';

const bytes = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
const named = (list) => list.map((each) => ({ ...each, id: bytes(each.id) }));

// Whether this service has passkeys and this browser takes them.
export const hasPasskeys = () => Boolean(config.get().passkeys) && typeof PublicKeyCredential === 'function';

// True for a dialog that the person has closed, or that found nothing: no fault to tell of.
export const wasCancelled = (problem) => ['AbortError', 'NotAllowedError'].includes(problem.name);

// The credential of a new passkey, for POST /api/v1/auth/passkeys. `proof`: {password, code}.
export async function createPasskey(proof) {
  const { publicKey } = (await call('POST', '/api/v1/auth/passkeys/options', { body: proof })).data;
  const made = await navigator.credentials.create({ publicKey: {
    ...publicKey, challenge: bytes(publicKey.challenge), user: { ...publicKey.user, id: bytes(publicKey.user.id) }, excludeCredentials: named(publicKey.excludeCredentials),
  } });
  const { clientDataJSON, attestationObject } = made.response;
  return { id: made.id, type: made.type, response: { clientDataJSON: text(clientDataJSON), attestationObject: text(attestationObject) } };
}

// The credential that answers a challenge, for a sign-in or for what wants a fresh proof. `who`: whose, by an mfa_token.
export async function showPasskey(who = {}) {
  const { publicKey } = (await call('POST', '/api/v1/auth/passkey/options', { body: who, anonymous: true })).data;
  const used = await navigator.credentials.get({ publicKey: { ...publicKey, challenge: bytes(publicKey.challenge), allowCredentials: named(publicKey.allowCredentials) } });
  const { clientDataJSON, authenticatorData, signature, userHandle } = used.response;
  const response = { clientDataJSON: text(clientDataJSON), authenticatorData: text(authenticatorData), signature: text(signature) };
  if (userHandle && userHandle.byteLength) response.userHandle = text(userHandle);
  return { id: used.id, type: used.type, response };
}

// The reply of a sign-in. `mfaToken`: the passkey stands for the code.
export async function usePasskey(mfaToken) {
  const who = mfaToken ? { mfa_token: mfaToken } : {};
  return (await call('POST', '/api/v1/auth/passkey/verify', { body: { ...who, credential: await showPasskey(who) }, anonymous: true })).data;
}
