// Sessions: one refresh at a time, for all requests of a tab and for all tabs.
//
// A refresh token is used up by its use, and one that comes late ends the session. So tabs take turns (turn.ts) and tell each
// other the token (BroadcastChannel); where a browser has no channel, each gets a token of its own. A lost reply ends no session:
// the same refresh token is sent again. A refusal alone does.
import { Problem } from './problem.js';
import { inTurn, pause } from './turn.js';

// What the service answers when it gives tokens.
export interface Grant {
  access_token: string;
  expires_in: number;
  refresh_token?: string | undefined;
}

export interface Token {
  value: string;
  until: number;    // ms since 1970
  renewAt: number;  // somewhat earlier
}

// Where a session's tokens come from.
export interface Source {
  // One for each session of a browser: tabs with the same name share it.
  readonly name: string;
  // Headers that its requests carry besides the token.
  readonly headers: Readonly<Record<string, string>>;
  // The token that some tab has kept where this one can read it, or null.
  kept(): Token | null;
  // What would be exchanged: another value than before says that some tab has renewed. Undefined if no script can tell.
  held(): string | null | undefined;
  // Exchanges the refresh token. Throws a Problem for a refusal, anything else for a lost reply.
  exchange(signal: AbortSignal): Promise<Grant>;
  keep(grant: Grant, token: Token): void;
  clear(): void;
}

export interface SessionOptions {
  // Called when the session is over; not after end().
  onEnd?: () => void;
  // How often a refresh is sent whose reply is lost, and how long one may take, in ms.
  attempts?: number;
  patience?: number;
}

const kEarly = 30_000;  // ms before its end that a token is renewed; a third of its life if that is less
const kTold = 500;      // ms that a tab waits for the token that another has just got

// `until`: of the newest token that the tab knew. One that has a newer one has signed in since.
type Message = { kind: 'token'; token: Token } | { kind: 'ended'; until: number };

export class Session {
  #token: Token | null = null;
  #over = false;
  #had = false;  // somebody was signed in, of whose end there is something to tell
  #renewing: Promise<boolean> | null = null;
  readonly #source: Source;
  readonly #options: Required<SessionOptions>;
  readonly #channel: BroadcastChannel | undefined;

  constructor(source: Source, options: SessionOptions = {}) {
    this.#source = source;
    this.#options = { onEnd: () => {}, attempts: 5, patience: 15_000, ...options };
    this.#newest();
    if (typeof BroadcastChannel === 'undefined') return;
    this.#channel = new BroadcastChannel(source.name);
    this.#channel.onmessage = (event: MessageEvent<Message>) => this.#hear(event.data);
    // In Node a channel would keep the program running.
    (this.#channel as { unref?: () => void }).unref?.();
  }

  get headers(): Readonly<Record<string, string>> {
    return this.#source.headers;
  }

  // A token that is good for a while, or null if nobody is signed in. Renews one that is about to end. Throws if nobody can tell
  // whether the session goes on.
  async token(): Promise<string | null> {
    const token = this.#newest();
    if (this.#over) return null;
    if (token && isFresh(token)) return token.value;
    try {
      return (await this.renew(token?.value)) ? (this.#token?.value ?? null) : null;
    } catch (error) {
      // The token of before does as long as it is good.
      if (token && Date.now() < token.until) return token.value;
      throw error;
    }
  }

  // Gets another token than `refused`. Returns false if the session is over. Throws if the service cannot be reached, or is busy:
  // the session stays, and the next call tries again.
  renew(refused?: string): Promise<boolean> {
    this.#renewing ??= this.#inTurn(refused).finally(() => {
      this.#renewing = null;
    });
    return this.#renewing;
  }

  // Takes the tokens of a sign-in, or of a change of the organization.
  keep(grant: Grant): void {
    this.#take(grant);
  }

  // Forgets the session in every tab; the service is not asked.
  end(): void {
    const until = this.#newest()?.until ?? 0;
    this.#drop();
    this.#channel?.postMessage({ kind: 'ended', until } satisfies Message);
  }

  // Leaves the other tabs alone from now on.
  close(): void {
    this.#channel?.close();
  }

  #inTurn(refused: string | undefined): Promise<boolean> {
    return inTurn(this.#source.name, async (waited) => {
      // The end of the other tab's turn and its message come by two ways, and the message may be the later.
      const patience = waited && this.#channel ? kTold : 0;
      for (let passed = 0; passed < patience && !this.#isNewer(refused) && !this.#over; passed += 10) await pause(10);
      return this.#exchange(refused);
    });
  }

  async #exchange(refused: string | undefined): Promise<boolean> {
    for (let attempt = 1; ; ++attempt) {
      if (this.#isNewer(refused)) return true;
      if (this.#over) return false;
      const sent = this.#source.held();
      if (sent === null) return this.#lose();
      try {
        const grant = await this.#source.exchange(AbortSignal.timeout(this.#options.patience));
        if (this.#over) return false;  // somebody has signed out meanwhile
        this.#take(grant);
        return true;
      } catch (error) {
        // Refused is only what was sent: another tab may have signed in meanwhile.
        if (this.#over) return false;
        const over = error instanceof Problem && endsSession(error);
        if (over && this.#source.held() === sent) return this.#lose();
        if (attempt >= this.#options.attempts) throw error;
        if (!over) await pause(waitAfter(error, attempt));
      }
    }
  }

  // True with a token that is good, and another one than that which was refused.
  #isNewer(refused: string | undefined): boolean {
    const token = this.#newest();
    return token !== null && token.value !== refused && isFresh(token);
  }

  #newest(): Token | null {
    const kept = this.#source.kept();
    if (kept && (!this.#token || kept.until > this.#token.until)) this.#know(kept);
    return this.#token;
  }

  #take(grant: Grant): void {
    const life = 1000 * grant.expires_in;
    const until = Date.now() + life;
    const token = { value: grant.access_token, until, renewAt: until - Math.min(kEarly, life / 3) };
    this.#know(token);
    this.#source.keep(grant, token);
    this.#channel?.postMessage({ kind: 'token', token } satisfies Message);
  }

  #know(token: Token): void {
    this.#token = token;
    this.#over = false;
    this.#had = true;
  }

  #drop(): void {
    this.#token = null;
    this.#over = true;
    this.#source.clear();
  }

  #lose(): false {
    // A tab in which nobody was signed in has nothing to tell the others.
    if (!this.#had) {
      this.#drop();
    } else if (!this.#over) {
      this.end();
      this.#options.onEnd();
    }
    return false;
  }

  #hear(message: Message): void {
    if (message.kind === 'token') return this.#know(message.token);
    const newest = this.#newest();
    if (newest && newest.until > message.until) return;
    const told = this.#had && !this.#over;
    this.#drop();
    if (told) this.#options.onEnd();
  }
}

const isFresh = (token: Token): boolean => Date.now() < token.renewAt;

// A service that is busy, or a request that never arrived whole, says nothing about the session.
const endsSession = ({ status }: Problem): boolean => status >= 400 && status < 500 && ![408, 409, 425, 429].includes(status);

const waitAfter = (error: unknown, attempt: number): number =>
  (error instanceof Problem && error.retryAfter !== undefined ? Math.min(10_000, 1000 * error.retryAfter) : 100 * 2 ** attempt);
