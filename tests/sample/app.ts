// A small application on tenantd-client: people sign in by OpenID Connect, choose an organization, and see the page of the role
// that they have there. The page may be of any origin; the service lets it call the API where CORS_ORIGINS lists it.
import { createTenantd, isProblem, OauthSession, type Output, problemOf } from 'tenantd-client';

type Who = Output<'getUserinfo'>;
interface Page {
  title: string;
  show: (main: HTMLElement) => Promise<void>;
}

const told = (name: string): string => document.querySelector<HTMLMetaElement>(`meta[name=${name}]`)?.content ?? '';

const session = new OauthSession({
  issuer: told('issuer'),
  clientId: told('client'),
  redirectUri: `${location.origin}/callback`,
  // What the pages need, and all that a viewer holds: an application gives nobody more than it was let into itself.
  scope: `openid email org offline_access users:read users:invite warehouses:create projects:read documents:read
    documents:download warehouses:read products:read suppliers:read stock:read purchase_requests:read`.replace(/\s+/g, ' '),
  onEnd: () => void start(),
});
const { api } = createTenantd({ baseUrl: location.origin, session });

// --- what pages are made of ---

const at = (id: string): HTMLElement => {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page has no ${id}`);
  return found;
};

const say = (words: string): void => {
  at('said').textContent = words;
};

function element<Name extends keyof HTMLElementTagNameMap>(name: Name, text: string, more: Partial<HTMLElementTagNameMap[Name]> = {}): HTMLElementTagNameMap[Name] {
  return Object.assign(document.createElement(name), { textContent: text }, more);
}

function list(items: string[]): HTMLElement {
  const made = element('ul', '');
  made.append(...(items.length ? items : ['nothing yet']).map((each) => element('li', each)));
  return made;
}

// A form with one field. `send` gets what was typed.
function ask(label: string, button: string, send: (value: string) => Promise<void>, type = 'text'): HTMLFormElement {
  const form = element('form', '');
  const field = element('input', '', { type, name: button, required: true });
  const labelled = element('label', `${label} `);
  labelled.append(field);
  form.append(labelled, element('button', button));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    send(field.value).catch(failed);
  });
  return form;
}

function failed(error: unknown): void {
  if (isProblem(error, 'insufficient_scope') || isProblem(error, 'forbidden')) return say('You may not do that here');
  if (isProblem(error)) return say(`${error.detail} (${error.code})`);
  say('The service cannot be reached: try again');
  throw error;
}

// --- a page for each role ---

const people: Page = {
  title: 'People',
  show: async (main) => {
    const { items } = await api.listMembers({ params: { query: { limit: 100 } } });
    const invite = async (email: string): Promise<void> => {
      try {
        const { email: invited } = await api.createInvite({ body: { email, role: 'viewer' } });
        say(`${invited} is invited`);
      } catch (error) {
        const problem = problemOf(error, 'createInvite');
        if (problem.code === 'validation_failed') return say(problem.errors.map((fault) => fault.detail).join(', '));
        if (problem.code === 'already_member') return say(`${email} is a member already`);
        throw error;
      }
    };
    main.append(list(items.map((each) => `${each.email}: ${each.role}`)), ask('Address', 'Invite', invite, 'email'));
  },
};

const stock: Page = {
  title: 'Warehouses',
  show: async (main) => {
    const { items } = await api.listWarehouses();
    const add = async (name: string): Promise<void> => {
      // If the reply is lost the request goes again with the same Idempotency-Key: there is one warehouse in the end.
      const made = await api.createWarehouse({ body: { name } });
      await show();
      say(`${made.name} is there`);
    };
    main.append(list(items.map((each) => each.name)), ask('Name', 'Add', add));
  },
};

const reading: Page = {
  title: 'Projects',
  show: async (main) => {
    const { items } = await api.listProjects();
    main.append(list(items.map((each) => each.name)));
  },
};

const pages: Record<string, Page> = { owner: people, admin: people, manager: stock };

// --- who is here, and where ---

function head(who: Who): void {
  // A token is good for one organization, so it cannot list the others. The service shows the person's own, and the chosen one
  // gets a token of its own.
  const elsewhere = element('button', 'Another organization');
  elsewhere.addEventListener('click', () => {
    session.signIn({ prompt: 'select_account' }).catch(failed);
  });
  const leave = element('button', 'Sign out');
  leave.addEventListener('click', () => {
    session.signOut().then(start, failed);
  });
  at('header').replaceChildren(
    element('strong', `${who.email ?? 'Somebody'} in ${who.org?.name ?? 'no organization'} as ${who.org?.role ?? 'nobody'}`),
    elsewhere, leave);
}

async function show(): Promise<void> {
  const who = await api.getUserinfo();
  head(who);
  const page = pages[who.org?.role ?? ''] ?? reading;
  const main = element('main', '', { id: 'main' });
  main.append(element('h1', page.title));
  await page.show(main);
  at('main').replaceWith(main);
  say('');
}

async function start(): Promise<void> {
  if (await session.token()) return show();
  const enter = element('button', 'Sign in');
  enter.addEventListener('click', () => {
    session.signIn().catch(failed);
  });
  at('header').replaceChildren(enter);
  at('main').replaceChildren(element('h1', 'Welcome'));
}

if (location.pathname === '/callback') history.replaceState(null, '', await session.finishSignIn());
await start().catch(failed);

// For a look from the browser's tools.
Object.assign(globalThis, { sample: { api, session } });
