// Addresses: /app/members/:id leads to a page with params.id, filters stand in the query. A link's secret stands in the
// fragment, which no server sees: it is taken out of the address bar at once and kept in this tab's history entry, which
// outlives a reload and nothing else.
import { html, makeStore, useStore, useEffect, useRef } from './dom.js';

const read = () => ({
  path: location.pathname.replace(/(.)\/+$/, '$1'),
  query: Object.fromEntries(new URLSearchParams(location.search)),
  state: history.state || {},
});

// Takes the secret of a mail's link, and what a provider sends back, out of the address bar.
function hide() {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const sso = /^\/sso(\/|$)/.test(location.pathname) && location.search !== '';
  if (!fragment.has('token') && !sso) return;
  const kept = sso ? { back: { ...Object.fromEntries(new URLSearchParams(location.search)), to: location.origin + location.pathname.replace(/\/$/, '') } } : { secret: fragment.get('token') };
  history.replaceState(kept, '', location.pathname);
}
hide();

export const route = makeStore(read());
export const useRoute = () => useStore(route);
let leaving = null;

addEventListener('popstate', () => route.set(read()));
// A second link opened in the same tab changes only the fragment: start over with its token.
addEventListener('hashchange', () => {
  if (!new URLSearchParams(location.hash.slice(1)).has('token')) return;
  hide();
  location.reload();
});

// `replace`: no new entry in the history. `state`: what a reload shall still know.
export function navigate(to, { replace = false, state = null } = {}) {
  if (leaving && !leaving()) return;
  leaving = null;
  history[replace ? 'replaceState' : 'pushState'](state, '', to);
  route.set({ ...read(), moved: true });
  if (!replace) scrollTo(0, 0);
}

// Forgets the secret of the link that led here, once it is used.
export function forgetSecret() {
  history.replaceState(null, '', location.pathname + location.search);
  route.set({ ...route.get(), state: {} });
}

// Keeps `state` for a reload of this very page.
export function keep(state) {
  history.replaceState({ ...history.state, ...state }, '');
}

// Filters of a list: replaces the named ones in the query, without a new entry in the history.
export function setQuery(values) {
  const query = { ...route.get().query, ...values };
  for (const [name, value] of Object.entries(query)) if (value === '' || value == null) delete query[name];
  const words = String(new URLSearchParams(query));
  history.replaceState(history.state, '', location.pathname + (words && `?${words}`));
  route.set(read());
}

// Asks `question()` before another page takes this one's place: unsaved input.
export function useLeave(question) {
  useEffect(() => {
    leaving = question;
    const unload = (event) => { if (!question()) event.preventDefault(); };
    addEventListener('beforeunload', unload);
    return () => {
      leaving = null;
      removeEventListener('beforeunload', unload);
    };
  }, [question]);
}

// The params of `pattern` in `path`, or null.
export function match(pattern, path) {
  const wanted = pattern.split('/');
  const there = path.split('/');
  if (wanted.length !== there.length) return null;
  const params = {};
  for (let at = 0; at < wanted.length; ++at) {
    if (!wanted[at].startsWith(':')) {
      if (wanted[at] !== there[at]) return null;
    } else {
      try {
        params[wanted[at].slice(1)] = decodeURIComponent(there[at]);
      } catch {
        return null;
      }
    }
  }
  return params;
}

// An address with its parts encoded: to`/app/members/${id}`.
export const to = (parts, ...values) =>
  parts.reduce((address, part, at) => address + encodeURIComponent(values[at - 1]) + part);

export function Link({ href, children, ...rest }) {
  const follow = (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    if (rest.onClick) rest.onClick(event);
    navigate(href);
  };
  return html`<a ...${rest} href=${href} onClick=${follow}>${children}</a>`;
}

// The heading of a page, which gets the focus when the page is come to.
export function Heading({ children, ...rest }) {
  const element = useRef(null);
  useEffect(() => {
    if (route.get().moved) element.current.focus();
  }, []);
  return html`<h1 tabindex="-1" ref=${element} ...${rest}>${children}</h1>`;
}
