// Calls of the API. The access token is a variable of this module; the refresh token is in a cookie that no script reads
// (`X-Session: cookie`). One tab renews for all: a lock keeps the others waiting, and a channel hands them the new token.
import { makeStore } from './dom.js';

const kTimeout = 60000;  // ms
const kKept = 50;        // calls that "Show as API" knows
const kEarly = 20;       // seconds before its end that a token is renewed
const kSecret = /password|secret|token|^code$|recovery|key$|signature|otpauth|authorization_url/i;

let access = null;   // {token, until}
let acting = null;   // the same, of an impersonation, in this tab alone
let lost = () => {};
let forbidden = () => {};
let ask = async () => false;
let moving = false;  // the token is of another organization than the screen
export const calls = makeStore([]);

const channel = 'BroadcastChannel' in self ? new BroadcastChannel('tenantd') : { postMessage() {} };
const listeners = [];
channel.onmessage = ({ data }) => {
  if (data.access) access = data.access;
  for (const listener of listeners) listener(data);
};
// What another tab says: {kind: 'token' | 'organization' | 'lapsed' | 'signed-out'}.
export const onOtherTab = (listener) => listeners.push(listener);
export const tellTabs = (kind) => channel.postMessage({ kind, access });

// Why a call failed: the API's problem document, or what never arrived (status 0, code "offline").
export class Problem extends Error {
  constructor(status, body = {}, headers = new Headers()) {
    super(body.detail || body.title || body.code || `status ${status}`);
    this.status = status;
    this.code = body.code || (status >= 500 ? 'unavailable' : 'unknown');
    this.title = body.title || '';
    this.detail = body.detail || '';
    this.errors = Array.isArray(body.errors) ? body.errors : [];
    this.requestId = body.request_id || headers.get('X-Request-Id') || '';
    this.retryAfter = parseInt(headers.get('Retry-After') || '', 10) || 0;
    this.body = body;
  }
}

// A random name for one act, so that its repetition does nothing twice.
export function uniqueKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

// A value with its secrets masked, to be shown.
export function masked(value, name = '') {
  if (value && typeof value === 'object') {
    if (Array.isArray(value)) return value.map((each) => masked(each, name));
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, masked(each, key)]));
  }
  return kSecret.test(name) && value !== null && typeof value !== 'boolean' && !/_(?:at|in)$/.test(name) ? '••••' : value;
}

function record(method, path, body, status, requestId, began) {
  const call = { method, path, body: masked(body), status, requestId, at: began, took: Date.now() - began };
  calls.set([call, ...calls.get()].slice(0, kKept));
}

export function withQuery(path, query) {
  const pairs = Object.entries(query || {}).filter(([, value]) => value !== undefined && value !== null && value !== '');
  return pairs.length ? `${path}?${new URLSearchParams(pairs)}` : path;
}

async function send(method, path, { body, etag, idempotent, headers, signal, token, file, follow, organization }) {
  const began = Date.now();
  const sent = {
    Accept: 'application/json',
    ...(!follow && { 'X-Session': 'cookie' }),
    ...(token && { Authorization: `Bearer ${token}` }),
    ...(body !== undefined && !file && { 'Content-Type': 'application/json' }),
    ...(etag && { 'If-Match': etag }),
    ...(idempotent && { 'Idempotency-Key': idempotent }),
    ...(organization && token && { 'X-Tenant-Id': organization }),
    ...headers,
  };
  let reply;
  try {
    reply = await fetch(path, {
      method,
      headers: sent,
      body: body === undefined || file ? body : JSON.stringify(body),
      cache: 'no-store',
      credentials: 'same-origin',
      redirect: follow ? 'follow' : 'error',
      signal: signal || AbortSignal.timeout(kTimeout),
    });
  } catch (error) {
    record(method, path, file ? null : body, 0, '', began);
    if (signal && signal.aborted) throw error;
    throw new Problem(0, { code: 'offline', detail: error.message });
  }
  record(method, path, file ? null : body, reply.status, reply.headers.get('X-Request-Id') || '', began);
  return reply;
}

// Seconds left of a token, 0 for none.
const left = (held) => (held ? (held.until - Date.now()) / 1000 : 0);

export function keepToken(reply) {
  access = { token: reply.access_token, until: Date.now() + 1000 * reply.expires_in };
}
export function dropToken() {
  access = null;
  acting = null;
}
// From a switch of the organization until the screen has followed nothing is written: it would be meant for the one before.
export function setMoving(on) {
  moving = on;
}
const kOfAccount = /^\/(?:api\/v1\/auth\/|organization\/select|logout)/;

export const hasToken = () => Boolean(access);
export function actWith(reply) {
  acting = reply && { token: reply.access_token, until: Date.now() + 1000 * reply.expires_in };
}
export const isActing = () => Boolean(acting);
// Called when the session is over and nothing can renew it.
export function onLost(then) {
  lost = then;
}

// Called when the service says that the person may not do something: their rights may have changed.
export function onForbidden(then) {
  forbidden = then;
}

// Called when the service wants a fresh proof of who the person is (RFC 9470). Answers whether it was given.
export function onProofWanted(then) {
  ask = then;
}
const wantsProof = (reply) => reply.status === 403 && /insufficient_user_authentication/.test(reply.headers.get('WWW-Authenticate') || '');

const kLock = 'tenantd-refresh';
const kTold = 500;  // ms that a tab waits for the token that another has just got
let renewing = null;

const isFresh = (refused) => access && access.token !== refused && left(access) > kEarly;

async function refresh(refused) {
  // Another tab was faster.
  if (isFresh(refused)) return true;
  const reply = await send('POST', '/api/v1/auth/refresh', { body: {} });
  const body = await bodyOf(reply);
  if (reply.ok) {
    keepToken(body);
    tellTabs('token');
    return true;
  }
  if (reply.status === 401 || reply.status === 422 || reply.status === 403) {
    access = null;
    return false;
  }
  throw refusal(reply, body);
}

// The other tab's message and the end of its lock come by two ways, and the message may be the later.
async function refreshAfter(refused) {
  for (let waited = 0; waited < kTold && !isFresh(refused); waited += 10) await new Promise((done) => { setTimeout(done, 10); });
  return refresh(refused);
}

async function refreshOnce(refused) {
  if (!navigator.locks) return refresh(refused);
  const done = await navigator.locks.request(kLock, { ifAvailable: true }, (lock) => (lock ? refresh(refused) : null));
  return done === null ? navigator.locks.request(kLock, () => refreshAfter(refused)) : done;
}

// Returns true with a token that is good, false where the session is over. Throws a Problem if nobody can tell.
export function renew(refused) {
  renewing = renewing || refreshOnce(refused).finally(() => { renewing = null; });
  return renewing;
}

// call('PUT', '/api/v1/warehouses/1', { body, query, etag, idempotent, signal, headers, file, anonymous })
//   idempotent: true, or a key of one's own (uniqueKey) that all attempts of one act share
//   organization: the id of the one that the call is for, of work that goes on when the person has moved elsewhere
//   follow: the reply may be elsewhere, where documents' files are; what is sent there is no token of this service
//   anonymous: without the access token; file: `body` is a Blob or text, sent as it is; blob: `data` is one
// Returns {status, data, etag, headers}; `data` is null where there is no body. Throws a Problem.
export async function call(method, path, { query, idempotent, anonymous, blob, ...options } = {}) {
  const address = withQuery(path, query);
  if (moving && method !== 'GET' && !anonymous && !options.organization && !kOfAccount.test(path)) throw new Problem(409, { code: 'organization_moved' });
  const asked = { ...options, idempotent: idempotent === true ? uniqueKey() : idempotent };
  let used = null;
  const attempt = () => {
    used = anonymous ? null : (acting || access);
    return send(method, address, { ...asked, token: used && used.token });
  };
  const early = !anonymous && !acting && access && left(access) < kEarly;
  if (early && !(await renew(access.token).catch(() => true))) lost('session');
  let reply = await attempt();
  if (reply.status === 401 && used) {
    const problem = await reply.clone().json().catch(() => ({}));
    if (['invalid_token', 'unauthenticated'].includes(problem.code)) {
      if (used === acting) {
        acting = null;
        lost('acting');
      } else if (await renew(used.token)) reply = await attempt();
      else lost('session');
    }
  }
  if (used && wantsProof(reply)) {
    if (!(await ask())) throw new Problem(403, { code: 'step_up_cancelled' });
    reply = await attempt();
  }
  if (reply.status === 403 && used) forbidden();
  return read(reply, blob, options.signal);
}

const refusal = (reply, body) => new Problem(reply.status, body && typeof body === 'object' ? body : {}, reply.headers);

async function read(reply, blob, signal) {
  const body = await bodyOf(reply, blob, signal);
  if (!reply.ok) throw refusal(reply, body);
  return { status: reply.status, data: body === '' ? null : body, etag: reply.headers.get('ETag'), headers: reply.headers };
}

// The reply's body: JSON, text, or null where there is none. Throws a Problem if it breaks off; a refusal may lack its words.
async function bodyOf(reply, blob, signal) {
  const type = reply.headers.get('Content-Type') || '';
  try {
    if (blob && reply.ok) return await reply.blob();
    // JSON Lines are text: several values are no JSON.
    if (/^application\/(?:[\w.-]+\+)?json\b/.test(type)) return await reply.json();
    return reply.status === 204 ? null : await reply.text();
  } catch (error) {
    if (signal && signal.aborted) throw error;
    if (!reply.ok) return {};
    throw new Problem(0, { code: 'offline', detail: error.message });
  }
}

// Saves what `path` answers as a file: exports.
export async function download(path, { query, name, accept } = {}) {
  const reply = await call('GET', path, { query, headers: accept ? { Accept: accept } : {} });
  const type = reply.headers.get('Content-Type') || 'text/plain';
  const content = typeof reply.data === 'string' ? reply.data : JSON.stringify(reply.data, null, 2);
  const said = /filename="?([^";]+)/.exec(reply.headers.get('Content-Disposition') || '');
  saveFile(new Blob([content], { type }), name || (said ? said[1] : 'export.txt'));
}

export function saveFile(blob, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}
