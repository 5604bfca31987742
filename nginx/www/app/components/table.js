// DataTable: a list of the API, page by page by its cursor, with filters in the address, searched by the service; a phone
// shows each row as a card.
//
//   path | load(query) → {items, next_cursor, total}; query: what every request carries
//   columns: [{key, label, render?(row), main?, end?, short?}]   `main` is the card's title; `end` aligns numbers; `short`: never
//   broken over lines
//   filters: [{name, label, type: 'search' | 'select' | 'date', options?: [[value, words]]}]
//   actions(row): what stands at the end of a row; empty: an EmptyState; href(row): where the main column leads
//   version: a value whose change loads anew; total: false for lists that cannot count
import { html, useCallback, useComeBack, useEffect, useRef, useState } from '../dom.js';
import { call } from '../api.js';
import { number, t } from '../i18n.js';
import { Link, setQuery, useRoute } from '../router.js';
import { Button, EmptyState, Loading } from './basic.js';
import { ErrorBox } from './error.js';
import { Field, Select } from './form.js';

const kKept = 500;  // rows that are drawn at once; the first ones go when more come

function usePages({ load, path, query, size, total }, inputs) {
  const [state, set] = useState({ items: [], gone: 0, loading: true });
  const round = useRef(0);
  const more = useCallback(async (last = { items: [], gone: 0 }) => {
    const mine = ++round.current;
    set((now) => ({ ...now, loading: true, problem: null }));
    const asked = { ...query, limit: size, cursor: last.next, include_total: total && !last.next ? true : undefined };
    try {
      const page = load ? await load(asked) : (await call('GET', path, { query: asked })).data;
      if (mine !== round.current) return;
      const items = [...last.items, ...page.items];
      const gone = Math.max(0, items.length - kKept);
      set({ items: items.slice(gone), gone: last.gone + gone, next: page.next_cursor, total: page.total ?? last.total,
        stopped: last.stopped || page.total_is_exact === false, loading: false });
    } catch (problem) {
      if (mine === round.current) set((now) => ({ ...now, problem, loading: false }));
    }
  }, inputs);
  useEffect(() => {
    more();
    return () => { ++round.current; };
  }, [more]);
  const again = useCallback(() => more(), [more]);
  useComeBack(state.problem, again);
  return { ...state, more: () => more(state), again };
}

// Types go into the address after a pause, so that not every letter is a request.
function Filter({ filter, value }) {
  const [typed, set] = useState(value);
  const waiting = useRef(0);
  // What this field has put into the address is no news to it: its person has typed on, or is about to after a space.
  const sent = useRef(value);
  useEffect(() => {
    if (value === sent.current) return;
    clearTimeout(waiting.current);
    sent.current = value;
    set(value);
  }, [value]);
  useEffect(() => () => clearTimeout(waiting.current), []);
  const type = (next) => {
    set(next);
    clearTimeout(waiting.current);
    waiting.current = setTimeout(() => {
      sent.current = next.trim();
      setQuery({ [filter.name]: sent.current });
    }, 300);
  };
  if (filter.type === 'select') {
    return html`<${Select} name=${filter.name} label=${filter.label} value=${value} options=${[['', t('core.all')], ...filter.options]}
      onInput=${(next) => setQuery({ [filter.name]: next })} />`;
  }
  return html`<${Field} name=${filter.name} label=${filter.label} type=${filter.type || 'search'} autocomplete="off" value=${typed} onInput=${type} />`;
}

export function DataTable({ label, columns, filters = [], rowKey = (row) => row.id, actions, empty, href, size = 50, total = true, version, ...source }) {
  const route = useRoute();
  const chosen = Object.fromEntries(filters.map(({ name }) => [name, route.query[name] || '']));
  const query = { ...source.query, ...Object.fromEntries(Object.entries(chosen).filter(([, value]) => value !== '')) };
  const pages = usePages({ ...source, query, size, total }, [JSON.stringify(query), source.path, version]);
  const filtered = Object.values(chosen).some(Boolean);
  const cell = (column, row) => {
    const content = column.render ? column.render(row) : row[column.key] ?? '–';
    return column.main && href && href(row) ? html`<${Link} href=${href(row)}>${content}<//>` : content;
  };
  const clear = () => setQuery(Object.fromEntries(filters.map(({ name }) => [name, ''])));
  return html`<div class="data">
    ${filters.length > 0 && html`<div class="filters" role="search">${filters.map((filter) => html`<${Filter} key=${filter.name} filter=${filter} value=${chosen[filter.name]} />`)}
      ${filtered && html`<${Button} kind="quiet" onClick=${clear}>${t('core.clear_filters')}<//>`}</div>`}
    <${ErrorBox} problem=${pages.problem} retry=${pages.again} />
    ${pages.items.length > 0 && html`<div class="table-box"><table aria-label=${label} aria-busy=${pages.loading ? 'true' : null}>
      <thead><tr>${columns.map((column) => html`<th key=${column.key} scope="col" class=${column.end ? 'end' : ''}>${column.label}</th>`)}
        ${actions && html`<th scope="col"><span class="hidden">${t('core.actions')}</span></th>`}</tr></thead>
      <tbody>${pages.items.map((row) => html`<tr key=${rowKey(row)}>${columns.map((column) => html`<td key=${column.key}
        class=${['end', 'main', 'short'].filter((each) => column[each]).join(' ')} data-label=${column.label} dir=${column.main ? 'auto' : null}>${cell(column, row)}</td>`)}
        ${actions && html`<td class="row-actions">${actions(row)}</td>`}</tr>`)}</tbody></table></div>`}
    ${!pages.loading && !pages.problem && pages.items.length === 0 && (filtered
      ? html`<${EmptyState} icon="search" title=${t('core.nothing_found')} action=${html`<${Button} onClick=${clear}>${t('core.clear_filters')}<//>`} />`
      : empty || html`<${EmptyState} title=${t('core.empty')} />`)}
    ${pages.loading && pages.items.length === 0 && html`<${Loading} />`}
    ${pages.items.length > 0 && html`<div class="table-foot"><span class="soft" role="status">${pages.total === undefined ? t('core.shown', { count: pages.gone + pages.items.length })
      : t(pages.stopped ? 'core.shown_of_more' : 'core.shown_of', { shown: pages.gone ? `${number(pages.gone + 1)}–${number(pages.gone + pages.items.length)}` : pages.items.length, count: pages.total })}</span>
      ${pages.gone > 0 && html`<${Button} kind="quiet" onClick=${pages.again}>${t('core.from_start')}<//>`}
      ${pages.next && html`<${Button} busy=${pages.loading} onClick=${pages.more}>${t('core.more')}<//>`}</div>`}
  </div>`;
}
