// A session of a page of any origin: sign-in by OpenID Connect (code with PKCE), tokens of a public client.
import { grantIn } from './cookie_session.js';
import { Problem, readObject } from './problem.js';
import { type Grant, Session, type SessionOptions, type Source, type Token } from './session.js';

export interface OauthSessionOptions extends SessionOptions {
  issuer: string;       // where the service is: PUBLIC_URL
  clientId: string;
  redirectUri: string;  // a page that calls finishSignIn()
  scope: string;        // with offline_access, or the session ends with its first access token
  // Where tokens are kept: localStorage is one session for all tabs, sessionStorage one for each. What a script can read, a
  // hostile one can too: a page that must not run any keeps its session by a cookie instead.
  storage?: Storage;
  fetch?: typeof fetch;
}

export interface SignIn {
  organization?: string;  // id or slug; otherwise the person's active one
  prompt?: 'none' | 'login' | 'create' | 'select_account';
  loginHint?: string;
}

interface Kept {
  token: Token;
  refresh: string | undefined;
}

interface Begun {
  state: string;
  verifier: string;
  back: string;
}

type Whole = OauthSessionOptions & Required<Pick<OauthSessionOptions, 'storage' | 'fetch'>>;

export class OauthSession extends Session {
  readonly #options: Whole;
  readonly #begun: string;

  constructor(options: OauthSessionOptions) {
    const whole = { storage: globalThis.localStorage, fetch: globalThis.fetch.bind(globalThis), ...options };
    super(new Stored(whole), options);
    this.#options = whole;
    this.#begun = `tenantd-sign-in ${options.clientId}`;
  }

  // Leads the browser to the service's page, which comes back to redirectUri.
  async signIn(how: SignIn = {}): Promise<void> {
    location.assign(await this.signInAddress(how));
  }

  // The address that signIn() leads to. What finishSignIn() needs is remembered in this tab.
  async signInAddress({ organization, prompt, loginHint }: SignIn = {}): Promise<string> {
    const begun: Begun = { state: random(), verifier: random(), back: location.href };
    sessionStorage.setItem(this.#begun, JSON.stringify(begun));
    const { issuer, clientId, redirectUri, scope } = this.#options;
    const query = new URLSearchParams({
      response_type: 'code', client_id: clientId, redirect_uri: redirectUri, scope, state: begun.state,
      code_challenge: await challenge(begun.verifier), code_challenge_method: 'S256',
    });
    if (organization) query.set('organization', organization);
    if (prompt) query.set('prompt', prompt);
    if (loginHint) query.set('login_hint', loginHint);
    return `${issuer}/oauth2/authorize?${query}`;
  }

  // On redirectUri: exchanges the code in the address. Returns the address where signIn() was called. Throws a Problem if the
  // service refuses, and an Error if this tab has begun no such sign-in.
  async finishSignIn(address: string = location.href): Promise<string> {
    const query = new URL(address).searchParams;
    const begun = JSON.parse(sessionStorage.getItem(this.#begun) ?? 'null') as Begun | null;
    sessionStorage.removeItem(this.#begun);
    const isOwn = begun && query.get('state') === begun.state && query.get('iss') === this.#options.issuer;
    if (!isOwn) throw new Error('This tab has begun no such sign-in');
    const code = query.get('code');
    if (!code) throw new Error(query.get('error_description') ?? query.get('error') ?? 'The sign-in was given up');
    const { redirectUri, clientId } = this.#options;
    this.keep(await askForTokens(this.#options, {
      grant_type: 'authorization_code', code, code_verifier: begun.verifier, redirect_uri: redirectUri, client_id: clientId,
    }));
    return begun.back;
  }

  // Ends the session here and at the service. That of the service's own pages goes on.
  async signOut(): Promise<void> {
    const kept = read(this.#options);
    this.end();
    const { issuer, clientId, fetch } = this.#options;
    const token = kept?.refresh ?? kept?.token.value;
    if (token) await fetch(`${issuer}/oauth2/revoke`, { method: 'POST', body: new URLSearchParams({ token, client_id: clientId }) });
  }
}

class Stored implements Source {
  readonly name: string;
  readonly headers = {};

  constructor(private readonly options: Whole) {
    this.name = nameOf(options);
  }

  kept(): Token | null {
    return read(this.options)?.token ?? null;
  }

  held(): string | null {
    return read(this.options)?.refresh ?? null;
  }

  exchange(signal: AbortSignal): Promise<Grant> {
    const form = { grant_type: 'refresh_token', refresh_token: this.held() ?? '', client_id: this.options.clientId };
    return askForTokens(this.options, form, signal);
  }

  keep(grant: Grant, token: Token): void {
    const kept: Kept = { token, refresh: grant.refresh_token ?? this.held() ?? undefined };
    this.options.storage.setItem(this.name, JSON.stringify(kept));
  }

  clear(): void {
    this.options.storage.removeItem(this.name);
  }
}

const nameOf = ({ issuer, clientId }: Whole): string => `tenantd-session ${issuer} ${clientId}`;

const read = (options: Whole): Kept | null =>
  JSON.parse(options.storage.getItem(nameOf(options)) ?? 'null') as Kept | null;

async function askForTokens({ issuer, fetch: send }: Whole, form: Record<string, string>, signal?: AbortSignal): Promise<Grant> {
  const reply = await send(`${issuer}/oauth2/token`, { method: 'POST', body: new URLSearchParams(form), ...(signal && { signal }) });
  if (!reply.ok) throw await Problem.from(reply);
  return grantIn(await readObject(reply));
}

const base64url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');

const random = (): string => base64url(crypto.getRandomValues(new Uint8Array(32)));

const challenge = async (verifier: string): Promise<string> =>
  base64url(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))));
