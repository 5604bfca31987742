// What stands around the pages: menu, top bar, banners; and which page an address leads to.
import { html, makeStore, useEffect, useErrorBoundary, useRef, useState, useStore } from './dom.js';
import { call } from './api.js';
import { chooseLanguage, language, languages, t } from './i18n.js';
import { setGoal } from './goal.js';
import { Link, match, navigate, useRoute } from './router.js';
import { can, config, forget, look, nameOf, selectOrganization, signOut, stopActing, useSession } from './session.js';
import { Banner, Button, Card, EmptyState, ErrorBox, Icon, Loading, Menu, PageHead, ShowApi, StepUp, toast, Toasts } from './components/index.js';

// The menu's groups in their order; a page names its own.
const kGroups = ['home', 'work', 'organization', 'developer', 'operator', 'account'];

const found = (pages, path) => {
  for (const page of pages) {
    const params = match(page.path, path);
    if (params) return { page, params };
  }
  return null;
};

export const Logo = () => {
  const { service_name: name, logo_url: logo } = useStore(config);
  const own = logo && new URL(logo, location.href).origin === location.origin;
  return html`<span class="logo"><img src=${own ? logo : new URL('icon.svg', import.meta.url).href} alt="" width="28" height="28" /><span dir="auto">${name}</span></span>`;
};

export const LanguageMenu = () => html`<${Menu} label=${t('core.language')} icon="globe" items=${Object.entries(languages).map(([name, label]) =>
  ({ label, current: name === language.get(), onClick: () => chooseLanguage(name) }))} />`;

// Which organization this is; a press moves into another one.
export function OrgSwitcher() {
  const { organization, organizations } = useSession();
  const choose = (each) => selectOrganization(each.id).then(() => navigate('/app/')).catch((problem) => toast(problem.message, { tone: 'bad' }));
  return html`<${Menu} label=${t('core.organization')} align="start" look="button plain switcher" items=${[
      ...organizations.map((each) => ({ label: each.name, current: organization && each.id === organization.id, onClick: () => choose(each) })),
      organizations.length === 0 && { note: t('core.no_organization') },
      { label: t('core.my_organizations'), icon: 'building', href: '/app/account/organizations' }]}>
    <${Icon} name="building" size=${18} /><span class="cut" dir="auto">${organization ? organization.name : t('core.no_organization')}</span><${Icon} name="chevron" size=${16} /><//>`;
}

function AccountMenu({ onApi }) {
  const { user, impersonatedBy } = useSession();
  return html`<${Menu} label=${t('core.account_menu')} icon="person" items=${[
    { note: html`<strong dir="auto">${nameOf(user)}</strong><br /><span dir="ltr">${user.email}</span>` },
    { label: t('core.my_account'), icon: 'settings', href: '/app/account' },
    { label: t('core.show_api'), icon: 'code', onClick: onApi },
    impersonatedBy ? { label: t('core.stop_acting'), icon: 'close', onClick: () => stopActing().then(() => navigate('/app/')) }
      : { label: t('core.sign_out'), icon: 'lock', onClick: () => signOut().then(() => navigate('/sign-in')) },
  ]} />`;
}

function Navigation({ pages, path }) {
  const who = useSession();
  const groups = kGroups.map((name) => [name, pages.filter((page) => page.menu && page.group === name && can(page.needs, who))])
    .filter(([, items]) => items.length);
  // Of several places that lead to this one, the nearest.
  const leads = (page) => path === page.path || (page.path === '/app/' ? path === '/app' : path.startsWith(`${page.path}/`));
  const nearest = Math.max(0, ...pages.filter((page) => page.menu && leads(page)).map((page) => page.path.length));
  const here = (page) => (leads(page) && page.path.length === nearest ? 'page' : null);
  return groups.map(([name, items]) => html`<div class="nav-group" key=${name}>${name !== 'home' && html`<h2>${t(`menu.${name}`)}</h2>`}
    <ul>${items.map((page) => html`<li key=${page.path}><${Link} href=${page.path} aria-current=${here(page)}><${Icon} name=${page.icon} />${t(page.title)}<//></li>`)}</ul></div>`);
}

const online = makeStore(navigator.onLine !== false);
addEventListener('online', () => online.set(true));
addEventListener('offline', () => online.set(false));

const Offline = () => html`<div role="status">${!useStore(online) && html`<${Banner} tone="warn"><p><strong>${t('core.offline')}</strong> ${t('core.offline_text')}</p><//>`}</div>`;

function Banners() {
  const { user, organization, impersonatedBy } = useSession();
  const again = () => call('POST', '/api/v1/auth/verify-email/resend').then(() => toast(t('core.link_sent')))
    .catch((problem) => toast(problem.message, { tone: 'bad' }));
  return html`<${Offline} />
    ${impersonatedBy && html`<${Banner} tone="acting" action=${html`<${Button} onClick=${() => stopActing().then(() => navigate('/app/'))}>${t('core.stop_acting')}<//>`}>
      <p><strong>${t('core.acting', { who: nameOf(user), organization: organization ? organization.name : '' })}</strong> ${t('core.acting_note', { by: impersonatedBy.email })}</p><//>`}
    ${!user.email_verified && !impersonatedBy && html`<${Banner} tone="warn" action=${html`<${Button} small onClick=${again}>${t('core.send_again')}<//>`}>
      <p>${t('core.unverified', { email: user.email })}</p><//>`}
    ${organization && organization.require_mfa && !user.mfa_enabled && html`<${Banner} tone="warn" action=${html`<${Button} small href="/app/account/security">${t('core.set_up')}<//>`}>
      <p>${t('core.factor_required', { organization: organization.name })}</p><//>`}`;
}

// The session has ended: its person signs in again over the page that stays as it is.
const again = { load: () => import('./pages/entry/again.js') };

// A page whose module comes when it is wanted.
function Lazy({ page, params }) {
  const [Body, set] = useState(() => page.render || null);
  const [problem, fail] = useState(null);
  const load = () => page.load().then((module) => set(() => module.default), fail);
  useEffect(() => { if (!Body) load(); }, []);
  if (problem) return html`<${ErrorBox} problem=${{ code: 'offline' }} retry=${() => location.reload()} />`;
  return Body ? html`<${Body} params=${params} />` : html`<${Loading} />`;
}

function Guarded(props) {
  const [error] = useErrorBoundary((thrown) => console.error(thrown));
  if (error) return html`<${ErrorBox} problem=${{ code: 'internal' }} retry=${() => location.reload()} />`;
  return html`<${Lazy} ...${props} />`;
}

function NotAllowed({ page }) {
  const { organization } = useSession();
  const needs = [page.needs].flat().filter((each) => typeof each === 'string');
  return html`<${PageHead} title=${t('core.not_allowed')} /><${Card}><${EmptyState} icon="lock" title=${t(page.title)}
    action=${html`<${Button} href="/app/">${t('core.to_start')}<//>`}>${needs.includes('super_admin') ? t('core.needs_super_admin')
      : organization ? t('core.needs', { needs: needs.join(', '), organization: organization.name, role: organization.role || '–' }) : t('core.needs_organization')}<//><//>`;
}

const NotFound = () => html`<${PageHead} title=${t('core.not_found')} /><${Card}><${EmptyState} icon="search" title=${t('core.not_found_text')}
  action=${html`<${Button} href="/app/">${t('core.to_start')}<//>`} /><//>`;

function Frame({ pages, here, path }) {
  const [open, set] = useState(false);
  const [api, showApi] = useState(false);
  const drawer = useRef(null);
  const who = useSession();
  useEffect(() => set(false), [path]);
  // The menu may be longer than the window.
  useEffect(() => {
    const current = drawer.current.querySelector('[aria-current]');
    if (current) current.scrollIntoView({ block: 'nearest' });
  }, [path, open, who.organization && who.organization.id]);
  useEffect(() => {
    if (open) drawer.current.querySelector('a').focus();
  }, [open]);
  const keys = (event) => { if (event.key === 'Escape') set(false); };
  const page = here && here.page;
  return html`<a class="jump" href="#content" onClick=${(event) => { event.preventDefault(); document.getElementById('content').focus(); }}>${t('core.to_content')}</a>
    <div class=${open ? 'frame open' : 'frame'} onKeyDown=${keys}>
    <header class="top"><button type="button" class="button quiet drawer" aria-expanded=${String(open)} aria-controls="menu" aria-label=${t('core.menu')} onClick=${() => set(!open)}><${Icon} name=${open ? 'close' : 'menu'} /></button>
      <${Link} class="brand" href="/app/" aria-label=${t('core.to_start')}><${Logo} /><//><${OrgSwitcher} /><span class="grow"></span><${LanguageMenu} /><${AccountMenu} onApi=${() => showApi(true)} /></header>
    <nav class="side" id="menu" ref=${drawer} aria-label=${t('core.menu')}><${Navigation} pages=${pages} path=${path} /></nav>
    <main id="content" tabindex="-1"><${Banners} />${!page ? html`<${NotFound} />` : can(page.needs, who)
      ? html`<${Guarded} key=${`${path} ${who.organization && who.organization.id} ${who.user.id}`} page=${page} params=${here.params} />` : html`<${NotAllowed} page=${page} />`}</main>
    </div>${api && html`<${ShowApi} onClose=${() => showApi(false)} />`}${who.lapsed && html`<${Lazy} page=${again} />`}`;
}

// Entry pages: one card, nothing else to go to.
function Door({ page, params }) {
  return html`<div class="door"><header><${Logo} /><${LanguageMenu} /></header><main id="content"><${Guarded} key=${page.path} page=${page} params=${params} /></main></div>`;
}

export function App({ pages }) {
  const { path } = useRoute();
  const who = useSession();
  useStore(language);
  const here = found(pages, path === '/app' ? '/app/' : path);
  const page = here && here.page;
  const door = page && page.door;
  const outside = who.state === 'out' && !door;
  useEffect(() => { if (door && who.lapsed) forget('ended'); }, [door, who.lapsed]);
  useEffect(() => { look(); }, [path]);
  useEffect(() => {
    if (path === '/') navigate('/app/', { replace: true });
    else if (outside && who.reason !== 'unreachable') {
      if (who.reason !== 'signed-out') setGoal({ to: path + location.search });
      navigate('/sign-in', { replace: true, state: { reason: who.reason } });
    }
  }, [path, outside]);
  const name = useStore(config).service_name;
  useEffect(() => {
    document.title = `${page ? t(page.title) : t('core.not_found')} · ${name}`;
  }, [page, name, language.get()]);
  if (outside && who.reason === 'unreachable') {
    return html`<div class="door"><header><${Logo} /></header><main id="content"><h1>${t('core.unreachable')}</h1><${ErrorBox} problem=${who.problem} retry=${() => location.reload()} /></main></div>`;
  }
  if (path === '/' || outside) return html`<${Loading} />`;
  if (door) return html`<${Door} page=${page} params=${here.params} /><${Toasts} />`;
  return html`<${Frame} pages=${pages} here=${here} path=${path} /><${StepUp} /><${Toasts} />`;
}
