// The ledger of stock: what moved when, and a movement to make.
import { html, useRef, useState } from '../../dom.js';
import { call } from '../../api.js';
import { number, t } from '../../i18n.js';
import { setQuery, to, useRoute } from '../../router.js';
import { can } from '../../session.js';
import { Badge, Button, DataTable, Dialog, EmptyState, Field, Form, PageHead, Select, toast, useForm, When } from '../../components/index.js';
import { Export } from './export.js';
import { choices, Person, usePeople, useWarehouses, wholeOf } from './parts.js';
import { ProductPicker, WarehousePicker } from './picker.js';

const kTypes = ['in', 'out', 'transfer', 'adjust'];

// A page of movements with the products that they name, each asked for once.
function useNamed() {
  const known = useRef(new Map());
  const name = async (id) => {
    if (!known.current.has(id)) known.current.set(id, call('GET', to`/api/v1/products/${id}`).then(({ data }) => data, () => null));
    return known.current.get(id);
  };
  return async (query) => {
    const { data } = await call('GET', '/api/v1/stock-movements', { query });
    const items = await Promise.all(data.items.map(async (row) => ({ ...row, product: can('products:read') ? await name(row.product_id) : null })));
    return { ...data, items };
  };
}

const signed = (change) => (change > 0 ? `+${number(change)}` : number(change).replace('-', '−'));

const columns = (places, names) => {
  const place = (id) => html`<bdi>${(places.find((each) => each.id === id) || { name: t('work.a_warehouse') }).name}</bdi>`;
  return [
    { key: 'product', label: t('work.product_one'), main: true, render: (row) => (row.product ? row.product.name : t('work.a_product')) },
    { key: 'type', label: t('work.kind'), render: (row) => html`<${Badge}>${t(`work.movement_type.${row.type}`)}<//>` },
    { key: 'change', label: t('work.change'), end: true, render: (row) => html`<strong>${signed(row.change)}</strong>` },
    { key: 'warehouse', label: t('work.warehouse'), render: (row) => html`<span>${place(row.warehouse_id)}${row.to_warehouse_id && html` <span class="soft">${t('work.to')}</span> ${place(row.to_warehouse_id)}`}</span>` },
    { key: 'level_after', label: t('work.level_after'), end: true, render: (row) => number(row.level_after) },
    { key: 'reason', label: t('work.reason'), render: (row) => html`<bdi>${row.reason || '–'}</bdi>` },
    { key: 'created_at', label: t('work.when'), render: (row) => html`<div><${When} at=${row.created_at} /><span class="under"><${Person} id=${row.created_by} names=${names} /></span></div>` },
  ];
};

function Move({ product, warehouse, onDone, onClose }) {
  const form = useForm({
    initial: { type: 'in', quantity: '', reason: '', product_id: product, warehouse_id: warehouse, to_warehouse_id: null },
    fields: { insufficient_stock: 'quantity' },
    check: (values) => {
      const wrong = {};
      const quantity = wholeOf(values.quantity);
      if (!values.product_id) wrong.product_id = t('work.product_missing');
      if (!values.warehouse_id) wrong.warehouse_id = t('work.warehouse_missing');
      if (values.type === 'transfer' && !values.to_warehouse_id) wrong.to_warehouse_id = t('work.warehouse_missing');
      if (quantity === null || Number.isNaN(quantity) || (quantity === 0 && values.type !== 'adjust')) wrong.quantity = t('work.quantity_wrong');
      return wrong;
    },
    submit: async (values, key) => {
      const { data } = await call('POST', '/api/v1/stock-movements', { idempotent: key, body: {
        product_id: values.product_id.id, warehouse_id: values.warehouse_id.id, type: values.type, quantity: wholeOf(values.quantity), reason: values.reason.trim(),
        ...(values.type === 'transfer' && { to_warehouse_id: values.to_warehouse_id.id }),
      } });
      toast(t('work.moved', { level: data.level_after }));
      onDone();
    },
  });
  const { values, errors } = form;
  const pick = (name) => ({ value: values[name], error: errors[name], onInput: (value) => form.set(name, value) });
  const row = values.product_id && values.product_id.row;
  return html`<${Dialog} title=${t('work.movement_new')} onClose=${onClose}><${Form} form=${form} label=${t('work.move')} extra=${html`<${Button} onClick=${onClose}>${t('core.cancel')}<//>`}>
    <${Select} name="type" label=${t('work.kind')} hint=${t(`work.movement_hint.${values.type}`)} options=${choices('movement_type', kTypes)} />
    <${ProductPicker} label=${t('work.product_one')} ...${pick('product_id')} />
    <${WarehousePicker} label=${t(values.type === 'transfer' ? 'work.from_warehouse' : 'work.warehouse')} ...${pick('warehouse_id')} />
    ${values.type === 'transfer' && html`<${WarehousePicker} label=${t('work.to_warehouse')} ...${pick('to_warehouse_id')} />`}
    <${Field} name="quantity" label=${t(values.type === 'adjust' ? 'work.counted' : 'work.quantity')} hint=${row ? t('work.in_all', { count: row.quantity, unit: row.unit }) : null} inputmode="numeric" autocomplete="off" />
    <${Field} name="reason" label=${t('work.reason')} hint=${t('work.reason_hint')} optional maxlength="500" /><//><//>`;
}

// Opened by an address, perhaps for a product that is known already.
function Asked({ query, onDone, onClose }) {
  const [product, set] = useState(query.product_id ? undefined : null);
  if (product === undefined) {
    call('GET', to`/api/v1/products/${query.product_id}`).then(({ data }) => set({ id: data.id, label: `${data.sku} · ${data.name}`, row: data }), () => set(null));
    return null;
  }
  return html`<${Move} product=${product} warehouse=${null} onDone=${onDone} onClose=${onClose} />`;
}

export default function Movements() {
  const { query } = useRoute();
  const load = useNamed();
  const names = usePeople();
  const places = useWarehouses();
  const [version, next] = useState(0);
  const close = () => setQuery({ make: '' });
  const done = () => {
    close();
    next((n) => n + 1);
  };
  const make = can('stock:create') && html`<${Button} kind="primary" icon="plus" onClick=${() => setQuery({ make: '1' })}>${t('work.movement_new')}<//>`;
  const only = { product_id: query.product_id, warehouse_id: query.warehouse_id };
  return html`<${PageHead} title=${t('work.movements')} lead=${t('work.movements_lead')}>${make}
      ${can('stock:create') && html`<${Button} icon="upload" href="/app/movements/import">${t('work.import')}<//>`}<${Export} path="/api/v1/stock-movements/export" query=${only} name="stock-movements" /><//>
    ${query.product_id && html`<p class="only">${t('work.only_product')} <${Button} small onClick=${() => setQuery({ product_id: '' })}>${t('work.all_products')}<//></p>`}
    <${DataTable} label=${t('work.movements')} load=${load} path=${`movements ${query.product_id || ''}`} query=${{ product_id: query.product_id }} version=${version} columns=${columns(places, names)}
      filters=${[{ name: 'type', label: t('work.kind'), type: 'select', options: choices('movement_type', kTypes) },
        ...(places.length ? [{ name: 'warehouse_id', label: t('work.warehouse'), type: 'select', options: places.map((each) => [each.id, each.name]) }] : [])]}
      empty=${html`<${EmptyState} icon="refresh" title=${t('work.no_movements')} action=${make}>${t('work.no_movements_text')}<//>`} />
    ${query.make && can('stock:create') && html`<${Asked} query=${query} onDone=${done} onClose=${close} />`}`;
}
