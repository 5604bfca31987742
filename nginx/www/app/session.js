// Who is signed in, in which organization, with which permissions. `session.get()`:
//   {state: 'loading' | 'out' | 'in', user, organization, permissions: Set, organizations, impersonatedBy, sessionId, reason}
// `organization` is null for who belongs to none. `reason`: why one is out ('ended', 'signed-out'). `lapsed`: the session
// has ended under a page that stays, for what is typed there, until its person has signed in again.
import { comeBack, makeStore, useStore } from './dom.js';
import { actWith, call, dropToken, isActing, keepToken, onForbidden, onLost, onOtherTab, Problem, renew, setMoving, tellTabs } from './api.js';

const kHint = 'signed-in';  // that there is a cookie to renew by; no secret
const kOut = { state: 'out', user: null, organization: null, permissions: new Set(), organizations: [], impersonatedBy: null };

export const session = makeStore({ ...kOut, state: 'loading' });
export const useSession = () => useStore(session);
// What the service says of itself: GET /api/v1/config.
export const config = makeStore({ service_name: 'tenantd', logo_url: null, app_url: null, signup: 'open', setup_open: false,
                                  password: { min_length: 8, max_bytes: 256 }, passkeys: false, mail_code: false, organization: null });

const hint = {
  get: () => {
    try {
      return localStorage.getItem(kHint) !== null;
    } catch {
      return true;
    }
  },
  set: (on) => {
    try {
      if (on) localStorage.setItem(kHint, '1');
      else localStorage.removeItem(kHint);
    } catch { /* a browser that keeps nothing */ }
  },
};

// can('users:invite'); can('super_admin'); an array: any of them; a function of the session; nothing: everybody.
export function can(needs, who = session.get()) {
  if (!needs) return true;
  if (typeof needs === 'function') return Boolean(needs(who));
  if (Array.isArray(needs)) return needs.some((each) => can(each, who));
  if (needs === 'super_admin') return Boolean(who.user && who.user.is_super_admin) && !who.impersonatedBy;
  return who.permissions.has(needs);
}

// The name that a person goes by.
export function nameOf(user) {
  const profile = (user && user.profile) || {};
  return profile.name || [profile.first_name, profile.last_name].filter((part) => typeof part === 'string' && part).join(' ') ||
    (user ? user.email : '');
}

export async function loadConfig(organization) {
  try {
    const { data } = await call('GET', '/api/v1/config', { query: { organization }, anonymous: true });
    config.set({ ...config.get(), ...data });
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
  }
  return config.get();
}

async function organizations() {
  const all = [];
  for (let cursor; all.length < 1000;) {
    const { data } = await call('GET', '/api/v1/organizations', { query: { limit: 200, cursor } });
    all.push(...data.items);
    cursor = data.next_cursor;
    if (!cursor) break;
  }
  return all;
}

const told = ({ data }) => {
  const { user, organization, permissions, impersonated_by: impersonatedBy, session_id: sessionId } = data;
  return { user, organization, permissions: new Set(permissions), impersonatedBy, sessionId };
};

// Asks the service who this is, and what they may.
export async function reload() {
  const [status, all] = await Promise.all([
    call('GET', '/api/v1/auth/status'),
    organizations().catch(() => session.get().organizations),
  ]);
  setMoving(false);
  session.set({ ...told(status), state: 'in', organizations: all });
}

const kLooks = 60000;  // ms between two looks at whether one's rights have changed
const kSoon = 1000;    // ms
let looked = 0;
const rights = ({ user, organization, permissions }) => JSON.stringify([user, organization, [...permissions]]);

// Somebody else may have changed the person's role meanwhile: what they may no longer do goes from the screen, and what
// they may do now comes.
export async function look() {
  if (session.get().state !== 'in' || session.get().lapsed || Date.now() - looked < kSoon) return;
  looked = Date.now();
  const now = await call('GET', '/api/v1/auth/status').then(told, () => null);
  const then = session.get();
  if (now && then.state === 'in' && !then.lapsed && rights(now) !== rights(then)) session.set({ ...then, ...now });
}
const lookIfSeen = () => { if (!document.hidden) look(); };
setInterval(lookIfSeen, kLooks);
document.addEventListener('visibilitychange', lookIfSeen);
addEventListener('focus', lookIfSeen);
addEventListener('online', lookIfSeen);
onForbidden(look);

// At the start: the cookie is all that is left of the page before.
export async function start() {
  try {
    if (hint.get() && (await renew())) return await reload();
  } catch (problem) {
    session.set({ ...kOut, reason: 'unreachable', problem });
    return undefined;
  }
  hint.set(false);
  return session.set(kOut);
}

// Takes the tokens of a reply (sign-in, sign-up, …) for this browser's session.
export async function adopt(reply) {
  actWith(null);
  keepToken(reply);
  hint.set(true);
  await reload();
  tellTabs('organization');
  comeBack();
}

// Returns null, or {mfaToken} where a second factor is asked for. Throws the Problem of any other refusal.
async function enter(path, body) {
  try {
    const { data } = await call('POST', path, { body, anonymous: true });
    await adopt(data);
    return null;
  } catch (problem) {
    if (problem.code === 'mfa_required' && problem.body.mfa_token) return { mfaToken: problem.body.mfa_token };
    throw problem;
  }
}
export const signIn = (email, password) => enter('/api/v1/auth/login', { email, password });
// By the code that was mailed to this browser's person.
export const signInByCode = (code) => enter('/api/v1/auth/codes/verify', { code });

// A sign-in in another way has answered with this.
export const signedIn = (data) => adopt(data);

export async function verifyFactor(mfaToken, code) {
  const { data } = await call('POST', '/api/v1/auth/mfa/verify', { body: { mfa_token: mfaToken, code }, anonymous: true });
  await adopt(data);
}

// Ends it in this browser: what the service has ended already.
// Where a window keeps the names of files that are on their way: for the person alone who chose them.
export const kUnfinished = 'uploads';

export function forget(reason) {
  try {
    if (reason === 'signed-out') sessionStorage.removeItem(kUnfinished);
  } catch { /* a window that keeps nothing */ }
  dropToken();
  hint.set(false);
  session.set({ ...kOut, reason });
}

export async function signOut() {
  if (isActing()) await stopActing();
  await call('POST', '/api/v1/auth/logout').catch(() => {});
  forget('signed-out');
  tellTabs('signed-out');
}

// Moves this browser's session, all its tabs, into another organization.
export async function selectOrganization(id) {
  const { data } = await call('POST', '/organization/select', { body: { org_id: id } });
  keepToken(data);
  setMoving(true);
  tellTabs('organization');
  await reload();
}

// Impersonation: `reply` is that of POST /api/v1/auth/impersonate. In this tab alone; a reload ends it here.
export async function act(reply) {
  actWith(reply);
  await reload();
}

export async function stopActing() {
  await call('POST', '/api/v1/auth/end-impersonation').catch(() => {});
  actWith(null);
  await reload();
}

function lapse() {
  dropToken();
  hint.set(false);
  session.set({ ...session.get(), lapsed: true });
}

onLost((what) => {
  if (what === 'acting') return reload();
  if (session.get().state === 'in') {
    if (!session.get().lapsed) tellTabs('lapsed');
    lapse();
  } else forget('ended');
  return undefined;
});

onOtherTab(({ kind }) => {
  if (kind === 'signed-out' && session.get().state === 'in') {
    dropToken();
    session.set({ ...kOut, reason: 'signed-out' });
  }
  if (kind === 'lapsed' && session.get().state === 'in' && !isActing()) lapse();
  if (kind === 'organization' && !isActing()) {
    setMoving(session.get().state === 'in');
    if (session.get().state !== 'loading') reload().then(comeBack, () => {});
  }
});
