// Where a person wanted to go before the doors stood in the way: a place of the console, or the request of a client
// that sent them here. This tab keeps it through sign-in, sign-up and an identity provider's pages, for an hour.
import { navigate } from './router.js';

const kName = 'goal';
const kLives = 3600000;  // ms: as long as a client's request is good
const kStart = { to: '/app/' };

let held = null;  // in a browser that keeps nothing
const store = {
  get: () => {
    try {
      return JSON.parse(sessionStorage.getItem(kName));
    } catch {
      return held;
    }
  },
  set: (goal) => {
    held = goal;
    try {
      if (goal) sessionStorage.setItem(kName, JSON.stringify(goal));
      else sessionStorage.removeItem(kName);
    } catch { /* `held` is all there is */ }
  },
};

// {to, secret, client, organization, email, again}: `secret` is a client's request and `client` its name; `email` and
// `organization` are what it expects; `again`: the session of before is not enough.
export const setGoal = (goal) => store.set({ ...goal, at: Date.now() });

// Never another host's place.
export function goal() {
  const kept = store.get();
  const good = kept && Date.now() - kept.at < kLives && /^\/app(\/|$)/.test(kept.to);
  return good ? kept : kStart;
}

// Goes there. `signed_in`: the person has just signed in for it.
export function arrive() {
  const { to, secret } = goal();
  store.set(null);
  navigate(to, { replace: true, state: secret ? { secret, signed_in: true } : null });
}
