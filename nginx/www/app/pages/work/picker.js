// Picker: one entry of a list that may be long, found by typing; the service searches. The value is {id, label} or null.
//   path, query: the list; show(row) → its words; idOf(row); extra(row) → what stands smaller beside them
import { html, useEffect, useId, useRef, useState } from '../../dom.js';
import { call } from '../../api.js';
import { t } from '../../i18n.js';
import { sentence } from '../../components/index.js';

const kShown = 20;

export function Picker({ label, hint, error, optional, value, onInput, path, query, show = (row) => row.name, idOf = (row) => row.id, extra, hidden, name }) {
  const id = useId('picker');
  const [typed, type] = useState(null);  // null: closed, and the value is shown
  const [found, set] = useState({ items: [] });
  const [at, move] = useState(0);
  const round = useRef(0);
  const list = useRef(null);
  const open = typed !== null;
  useEffect(() => {
    if (!open) return undefined;
    const mine = ++round.current;
    const wait = setTimeout(async () => {
      try {
        const { data } = await call('GET', path, { query: { ...query, q: typed.trim(), limit: kShown } });
        if (mine === round.current) set({ items: data.items, done: true });
      } catch (problem) {
        if (mine === round.current) set({ items: [], problem });
      }
      move(0);
    }, typed ? 200 : 0);
    return () => { clearTimeout(wait); ++round.current; };
  }, [typed]);
  useEffect(() => {
    const element = list.current && list.current.children[at];
    if (element) element.scrollIntoView({ block: 'nearest' });
  }, [at]);
  const choose = (row) => {
    onInput(row ? { id: idOf(row), label: show(row), row } : null);
    type(null);
  };
  const keys = (event) => {
    const { key } = event;
    if ((key === 'ArrowDown' || key === 'ArrowUp') && !open) type('');
    else if (key === 'ArrowDown') move(Math.min(at + 1, found.items.length - 1));
    else if (key === 'ArrowUp') move(Math.max(at - 1, 0));
    else if (key === 'Enter' && open && found.items[at]) choose(found.items[at]);
    else if (key === 'Escape' && open) {
      event.stopPropagation();
      type(null);
    } else return;
    event.preventDefault();
  };
  const input = (event) => {
    const next = event.target.value;
    if (!next && value) onInput(null);
    type(next);
  };
  const note = error || hint;
  return html`<div class="field picker"><label for=${id} class=${hidden ? 'hidden' : ''}>${label}${optional && html`<span class="soft optional"> ${t('core.optional')}</span>`}</label>
    <div class="input"><input id=${id} name=${name} type="text" role="combobox" autocomplete="off" dir="auto" aria-expanded=${String(open)} aria-controls=${`${id}-list`} aria-autocomplete="list"
      aria-activedescendant=${open && found.items[at] ? `${id}-${at}` : null} aria-invalid=${error ? 'true' : null} aria-describedby=${note ? `${id}-hint` : null}
      placeholder=${t('work.pick')} value=${open ? typed : value ? value.label : ''} onInput=${input} onKeyDown=${keys} onClick=${() => { if (!open) type(''); }} onBlur=${() => type(null)} /></div>
    <div class="picker-list" hidden=${!open}><ul id=${`${id}-list`} role="listbox" aria-label=${label} ref=${list}>${open && found.items.map((row, place) => html`<li key=${idOf(row)} id=${`${id}-${place}`} role="option" aria-selected=${String(place === at)}
        onPointerDown=${(event) => { event.preventDefault(); choose(row); }}><span dir="auto">${show(row)}</span>${extra && html`<span class="soft" dir="auto">${extra(row)}</span>`}</li>`)}</ul>
      ${open && found.done && found.items.length === 0 && html`<p class="soft" role="status">${t('work.pick_none')}</p>`}
      ${found.problem && html`<p class="hint bad" role="alert">${sentence(found.problem)}</p>`}</div>
    ${note && html`<p class=${error ? 'hint bad' : 'hint'} id=${`${id}-hint`}>${note}</p>`}</div>`;
}

const chosen = (row) => `${row.sku} · ${row.name}`;
export const ProductPicker = (props) => html`<${Picker} path="/api/v1/products" show=${chosen} ...${props} />`;
export const WarehousePicker = (props) => html`<${Picker} path="/api/v1/warehouses" ...${props} />`;
export const SupplierPicker = (props) => html`<${Picker} path="/api/v1/suppliers" ...${props} />`;
export const MemberPicker = (props) => html`<${Picker} path="/api/v1/members" query=${{ status: 'active' }} idOf=${(row) => row.user_id} show=${(row) => row.email}
  extra=${(row) => [row.profile.first_name, row.profile.last_name].filter((part) => typeof part === 'string').join(' ')} ...${props} />`;
