// Full-text search over projects and documents.
import { html, useEffect, useRef, useState } from '../../dom.js';
import { call } from '../../api.js';
import { t } from '../../i18n.js';
import { Link, setQuery, to, useRoute } from '../../router.js';
import { can } from '../../session.js';
import { Badge, Card, EmptyState, ErrorBox, Field, Icon, Loading, PageHead, Select, When } from '../../components/index.js';
import { State } from './parts.js';

const kMost = 50;
const kPause = 300;  // ms after the last letter

const Highlight = ({ parts }) => parts.map((part, at) => (part.match ? html`<mark key=${at}>${part.text}</mark>` : part.text));

function Hit({ hit }) {
  const name = hit.highlights.find(({ field }) => field === 'name');
  const others = hit.highlights.filter(({ field }) => field !== 'name');
  return html`<li class="hit"><${Icon} name=${hit.kind === 'project' ? 'folder' : 'file'} /><div><p><${Link} href=${to`/app/projects/${hit.project_id}` + (hit.kind === 'document' ? to`?q=${hit.name}` : '')} dir="auto">${name ? html`<${Highlight} parts=${name.parts} />` : hit.name}<//>
      <${Badge}>${t(`work.kinds.${hit.kind}`)}<//> ${(hit.kind === 'project' || hit.status !== 'none') && html`<${State} of=${hit.kind === 'project' ? 'project_status' : 'document_status'} name=${hit.status} />`}</p>
    ${others.map(({ field, parts }) => html`<p key=${field} class="soft" dir="auto"><${Highlight} parts=${parts} /></p>`)}<p class="hint"><${When} at=${hit.updated_at} /></p></div></li>`;
}

export default function Search() {
  const { query } = useRoute();
  const words = query.q || '';
  const [typed, type] = useState(words);
  const [state, set] = useState({});
  const waiting = useRef(0);
  useEffect(() => () => clearTimeout(waiting.current), []);
  useEffect(() => {
    if (!words) {
      set({});
      return undefined;
    }
    const stop = new AbortController();
    set((last) => ({ ...last, problem: null, loading: true }));
    call('POST', '/api/v1/projects/search', { body: { query: words, limit: kMost, ...(query.kind && { kinds: [query.kind] }) }, signal: stop.signal })
      .then(({ data }) => set({ data }), (problem) => { if (!stop.signal.aborted) set({ problem }); });
    return () => stop.abort();
  }, [words, query.kind]);
  const input = (next) => {
    type(next);
    clearTimeout(waiting.current);
    waiting.current = setTimeout(() => setQuery({ q: next.trim() }), kPause);
  };
  const { data, problem, loading } = state;
  return html`<${PageHead} title=${t('work.search')} lead=${t('work.search_lead')} />
    <div class="filters" role="search"><${Field} name="q" type="search" label=${t('work.search_for')} autocomplete="off" maxlength="200" value=${typed} onInput=${input} />
      ${can('documents:read') && html`<${Select} name="kind" label=${t('work.search_in')} value=${query.kind || ''} options=${[['', t('work.kinds.both')], ['project', t('work.projects')], ['document', t('work.documents')]]} onInput=${(kind) => setQuery({ kind })} />`}</div>
    <${ErrorBox} problem=${problem} />
    ${loading && !data && html`<${Loading} />`}
    ${!words && html`<${Card}><${EmptyState} icon="search" title=${t('work.search_begin')}>${t('work.search_hint')}<//><//>`}
    ${data && words && html`<${Card}><p role="status" class="soft">${data.more ? t('work.more_hits', { count: data.items.length }) : t('work.hits', { count: data.items.length })}</p>
      ${data.items.length === 0 ? html`<${EmptyState} icon="search" title=${t('work.no_hits')}>${t('work.no_hits_text')}<//>` : html`<ul class="hits">${data.items.map((hit) => html`<${Hit} key=${hit.kind + hit.id} hit=${hit} />`)}</ul>`}<//>`}`;
}
