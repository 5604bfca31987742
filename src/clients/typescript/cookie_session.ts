import { Problem, readObject } from './problem.js';
import { type Grant, Session, type SessionOptions } from './session.js';

export interface CookieSessionOptions extends SessionOptions {
  baseUrl: string;
  fetch?: typeof fetch;
}

// A session of a page of the service's own origin: the browser keeps the refresh token in a cookie that no script reads. The
// first request finds out whether somebody is signed in.
export function cookieSession({ baseUrl, fetch: send = globalThis.fetch, ...options }: CookieSessionOptions): Session {
  const headers = { 'X-Session': 'cookie' };
  return new Session({
    name: `tenantd-session ${baseUrl}`,
    headers,
    kept: () => null,
    held: () => undefined,
    exchange: async (signal): Promise<Grant> => {
      const reply = await send(`${baseUrl}/api/v1/auth/refresh`, {
        method: 'POST', body: '{}', headers: { ...headers, 'Content-Type': 'application/json' }, credentials: 'same-origin', signal,
      });
      if (!reply.ok) throw await Problem.from(reply);
      return grantIn(await readObject(reply));
    },
    keep: () => {},
    clear: () => {},
  }, options);
}

// Throws an Error, as for a lost reply, if the body broke off.
export function grantIn(body: Record<string, unknown>): Grant & Record<string, unknown> {
  if (typeof body.access_token !== 'string' || typeof body.expires_in !== 'number') throw new Error('The reply holds no token');
  return body as Grant & Record<string, unknown>;
}
