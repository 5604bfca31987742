// How a request travels: with the session's token, and once more where that does no harm.
import { Problem, secondsToWait } from './problem.js';
import type { Session } from './session.js';

export interface TransportOptions {
  session?: Session;
  apiKey?: string;
  // The organization (id or slug) that requests act in, where it is not the token's.
  organization?: string | (() => string | undefined);
  // How often a request is sent at most, and how long a busy service may ask to wait, in seconds.
  attempts?: number;
  mostWait?: number;
  fetch?: typeof fetch;
}

// Returns a fetch that adds what a request needs, renews a token that is refused, and repeats what was lost: a GET, and a POST by
// the Idempotency-Key that each of them gets. Any request is repeated that was refused before it had acted.
export function transport(options: TransportOptions): (request: Request) => Promise<Response> {
  const { session, attempts = 3, mostWait = 10, fetch: send = globalThis.fetch } = options;

  return async (request) => {
    dress(request, options);
    const mayRepeat = request.method === 'GET' || request.headers.has('Idempotency-Key');
    let renewed = false;
    for (let attempt = 1; ; ++attempt) {
      const token = request.headers.has('X-Api-Key') ? null : ((await session?.token()) ?? null);
      const sent = request.clone();
      if (token) sent.headers.set('Authorization', `Bearer ${token}`);
      let reply: Response;
      try {
        reply = await send(sent);
      } catch (error) {
        if (!mayRepeat || attempt >= attempts || request.signal.aborted) throw error;
        await pause(200 * 2 ** attempt, request.signal);
        continue;
      }
      if (token && session && !renewed && (await refusesToken(reply))) {
        renewed = true;
        --attempt;
        if (!(await session.renew(token))) return reply;
        continue;
      }
      const wait = attempt < attempts ? await secondsToRepeat(reply, mayRepeat) : undefined;
      if (wait === undefined || wait > mostWait) return reply;
      await pause(Math.max(1000 * wait, 200 * 2 ** attempt), request.signal);
    }
  };
}

function dress({ headers, method }: Request, { session, apiKey, organization }: TransportOptions): void {
  const add = (name: string, value: string | undefined): void => {
    if (value && !headers.has(name)) headers.set(name, value);
  };
  for (const [name, value] of Object.entries(session?.headers ?? {})) add(name, value);
  add('X-Api-Key', apiKey);
  add('X-Tenant-Id', typeof organization === 'function' ? organization() : organization);
  if (method === 'POST') add('Idempotency-Key', crypto.randomUUID());
}

async function refusesToken(reply: Response): Promise<boolean> {
  if (reply.status !== 401) return false;
  const { code } = await Problem.from(reply.clone());
  return code === 'invalid_token' || code === 'unauthenticated';
}

// Undefined: what came is the answer.
async function secondsToRepeat(reply: Response, mayRepeat: boolean): Promise<number | undefined> {
  // Refused at the door.
  if (reply.status === 429) return secondsToWait(reply.headers) ?? 1;
  if (reply.status === 409) {
    const { code } = await Problem.from(reply.clone());
    const waits = code === 'contended' || (code === 'idempotency_in_progress' && mayRepeat);
    return waits ? (secondsToWait(reply.headers) ?? 1) : undefined;
  }
  // Nobody can tell whether it has acted.
  if ([502, 503, 504].includes(reply.status) && mayRepeat) return secondsToWait(reply.headers) ?? 0;
  return undefined;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((done, failed) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      failed(signal.reason as Error);
    }, { once: true });
  });
}
