// A purchase request's draft: made or changed. Lines name a product, how many, and perhaps what one costs.
import { html, useLoad } from '../../dom.js';
import { call } from '../../api.js';
import { t } from '../../i18n.js';
import { navigate, to, useRoute } from '../../router.js';
import { can } from '../../session.js';
import { Button, Card, ErrorBox, Field, Form, Loading, PageHead, Plain, TextArea, toast, useForm } from '../../components/index.js';
import { minorOf, Newer, price, typedPrice, wholeOf } from './parts.js';
import { ProductPicker, WarehousePicker } from './picker.js';

let lines = 0;
const blank = () => ({ key: ++lines, product: null, quantity: '', price: '' });
const kMostLines = 200;
const path = '/api/v1/purchase-requests';

// Nothing counts that cannot be read yet.
function sum(values) {
  return values.lines.reduce((all, line) => {
    const own = minorOf(line.price, values.currency);
    const usual = line.product && line.product.row && line.product.row.currency === values.currency ? line.product.row.price_minor : null;
    return all + (wholeOf(line.quantity) || 0) * (Number.isNaN(own) ? 0 : own ?? usual ?? 0);
  }, 0);
}

function check(values) {
  const wrong = {};
  if (!values.title.trim()) wrong.title = t('work.title_missing');
  if (values.currency && !/^[A-Z]{3}$/.test(values.currency)) wrong.currency = t('work.currency_wrong');
  values.lines.forEach((line, at) => {
    if (!line.product) wrong[`lines/${at}/product_id`] = t('work.product_missing');
    if (!wholeOf(line.quantity)) wrong[`lines/${at}/quantity`] = t('work.quantity_wrong');
    if (Number.isNaN(minorOf(line.price, values.currency || 'EUR'))) wrong[`lines/${at}/unit_price_minor`] = t('work.price_wrong');
  });
  return wrong;
}

const bodyOf = (values) => ({
  title: values.title.trim(), note: values.note, currency: values.currency || null, warehouse_id: values.warehouse ? values.warehouse.id : null,
  lines: values.lines.map((line) => ({ product_id: line.product.id, quantity: wholeOf(line.quantity), unit_price_minor: minorOf(line.price, values.currency || 'EUR') })),
});

function Line({ form, line, at, change, remove }) {
  const error = (name) => form.errors[`lines/${at}/${name}`];
  const row = line.product && line.product.row;
  const { currency } = form.values;
  const usual = row && row.price_minor != null && (!currency || row.currency === currency) ? t('work.usual_price', { price: price(row.price_minor, row.currency) }) : null;
  return html`<fieldset class="line"><legend>${t('work.line', { number: at + 1 })}</legend>
    <div class="line-fields"><${ProductPicker} label=${t('work.product_one')} value=${line.product} error=${error('product_id')} onInput=${(product) => change({ product })} />
    <${Field} label=${row ? t('work.quantity_in', { unit: row.unit }) : t('work.quantity')} inputmode="numeric" value=${line.quantity} error=${error('quantity')} onInput=${(quantity) => change({ quantity })} />
    <${Field} label=${t('work.unit_price')} optional inputmode="decimal" value=${line.price} hint=${usual} error=${error('unit_price_minor')} onInput=${(typed) => change({ price: typed })} /></div>
    ${remove && html`<${Button} small kind="quiet" icon="trash" onClick=${remove} aria-label=${t('work.remove_line', { number: at + 1 })}>${t('work.remove')}<//>`}</fieldset>`;
}

// `given`: {data, etag} of a draft that there is.
function Draft({ given, initial, again }) {
  const named = Object.fromEntries(Array.from({ length: kMostLines }, (_, at) => ['product_id', 'quantity', 'unit_price_minor'].map((name) => `lines/${at}/${name}`)).flat().map((name) => [name, '']));
  const form = useForm({
    initial: { ...named, ...initial }, check, fields: { warehouse_id: 'warehouse' },
    submit: async (values, key) => {
      const { data } = given ? await call('PUT', to`/api/v1/purchase-requests/${given.data.id}`, { body: bodyOf(values), etag: given.etag })
        : await call('POST', path, { body: bodyOf(values), idempotent: key });
      toast(t('work.draft_saved'));
      navigate(to`/app/purchase-requests/${data.id}`, { replace: true });
    },
  });
  const { values } = form;
  const set = (next) => {
    form.set('lines', next);
    form.setErrors({});
  };
  const change = (at) => (part) => {
    // The first product's currency is the request's, as the service takes it.
    if (part.product && part.product.row && part.product.row.currency && !values.currency) form.set('currency', part.product.row.currency);
    set(values.lines.map((line, place) => (place === at ? { ...line, ...part } : line)));
  };
  return html`<${Form} form=${form} wide label=${t('work.save_draft')} extra=${html`<${Button} href=${given ? to`/app/purchase-requests/${given.data.id}` : '/app/purchase-requests'}>${t('core.cancel')}<//>`}>
    <${Newer} problem=${form.problem} again=${again} />
    <${Card}><div class="columns"><${Field} name="title" label=${t('work.what_for')} hint=${t('work.what_for_hint')} maxlength="200" />
      ${can('warehouses:read') && html`<${WarehousePicker} label=${t('work.receive_at')} optional value=${values.warehouse} error=${form.errors.warehouse} onInput=${(value) => form.set('warehouse', value)} />`}
      <${Field} name="currency" label=${t('work.currency')} hint=${t('work.currency_hint')} maxlength="3" autocapitalize="characters" value=${values.currency} onInput=${(value) => form.set('currency', value.trim().toUpperCase())} /></div>
      <${TextArea} name="note" label=${t('work.note')} optional rows="2" maxlength="2000" /><//>
    <${Card} title=${t('work.lines')} lead=${t('work.lines_lead')}>${values.lines.map((line, at) => html`<${Line} key=${line.key} form=${form} line=${line} at=${at} change=${change(at)}
        remove=${values.lines.length > 1 && (() => set(values.lines.filter((_, place) => place !== at)))} />`)}
      <div class="line-foot">${values.lines.length < kMostLines && html`<${Button} icon="plus" onClick=${() => set([...values.lines, blank()])}>${t('work.add_line')}<//>`}
        ${/^[A-Z]{3}$/.test(values.currency) && html`<p role="status">${t('work.total')}: <strong>${price(sum(values), values.currency)}</strong></p>`}</div><//><//>`;
}

const empty = { title: '', note: '', currency: '', warehouse: null };

async function load(id, product) {
  if (!id) {
    const row = product && can('products:read') ? await call('GET', to`/api/v1/products/${product}`).then(({ data }) => data, () => null) : null;
    const line = row ? { ...blank(), product: { id: row.id, label: `${row.sku} · ${row.name}`, row } } : blank();
    return { initial: { ...empty, currency: (row && row.currency) || '', lines: [line] } };
  }
  const given = await call('GET', to`/api/v1/purchase-requests/${id}`);
  const { data } = given;
  const warehouse = data.warehouse_id && await call('GET', to`/api/v1/warehouses/${data.warehouse_id}`).then((reply) => reply.data.name, () => data.warehouse_id);
  return { given, initial: {
    title: data.title, note: data.note, currency: data.currency || '', warehouse: warehouse ? { id: data.warehouse_id, label: warehouse } : null,
    lines: data.lines.map((line) => ({ key: ++lines, product: { id: line.product_id, label: `${line.sku} · ${line.name}`, row: { unit: line.unit } },
      quantity: String(line.quantity), price: line.unit_price_minor == null ? '' : typedPrice(line.unit_price_minor, data.currency || 'EUR') })),
  } };
}

export default function RequestEdit({ params }) {
  const { query } = useRoute();
  const { data, problem, loading, again } = useLoad(() => load(params.id, query.product));
  return html`<${PageHead} title=${t(params.id ? 'work.request_edit' : 'work.request_new')} lead=${t('work.request_new_lead')} />
    <${ErrorBox} problem=${problem} retry=${again} />
    ${!data && loading && html`<${Loading} />`}
    ${data && html`<${Draft} key=${data.given ? data.given.etag : 'new'} ...${data} again=${again} />`}`;
}
