// A product: made, changed, removed; where it lies.
import { html, useLoad, useState } from '../../dom.js';
import { call } from '../../api.js';
import { t } from '../../i18n.js';
import { navigate, to } from '../../router.js';
import { can } from '../../session.js';
import { Badge, Button, Card, ConfirmByName, ErrorBox, Facts, Field, Form, Loading, PageHead, Plain, toast, useForm, When } from '../../components/index.js';
import { all, Amount, minorOf, Newer, price, typedPrice, wholeOf } from './parts.js';
import { SupplierPicker } from './picker.js';

const kCurrency = /^[A-Z]{3}$/;

function check({ name, sku, reorder_level: level, price: typed, currency }) {
  const wrong = {};
  if (!name.trim()) wrong.name = t('work.name_missing');
  if (!sku.trim()) wrong.sku = t('work.sku_missing');
  if (Number.isNaN(wholeOf(level))) wrong.reorder_level = t('work.whole_number');
  if (typed.trim() && !currency) wrong.currency = t('work.currency_missing');
  else if (currency && !typed.trim()) wrong.price = t('work.price_missing');
  if (currency && !kCurrency.test(currency)) wrong.currency = t('work.currency_wrong');
  else if (currency && Number.isNaN(minorOf(typed, currency))) wrong.price = t('work.price_wrong');
  return wrong;
}

function Editor({ given, supplier, again, onSaved }) {
  const row = given ? given.data : {};
  const form = useForm({
    initial: { name: row.name || '', sku: row.sku || '', unit: row.unit || '', reorder_level: row.reorder_level == null ? '' : String(row.reorder_level),
      price: typedPrice(row.price_minor, row.currency || 'EUR'), currency: row.currency || '', supplier },
    check, fields: { price_minor: 'price', supplier_id: 'supplier', sku_taken: 'sku' },
    submit: async (values, key) => {
      const body = {
        name: values.name.trim(), sku: values.sku.trim(), ...(values.unit.trim() && { unit: values.unit.trim() }), reorder_level: wholeOf(values.reorder_level),
        supplier_id: values.supplier ? values.supplier.id : null, price_minor: values.currency ? minorOf(values.price, values.currency) : null, currency: values.currency || null,
      };
      const reply = given ? await call('PUT', to`/api/v1/products/${row.id}`, { body, etag: given.etag }) : await call('POST', '/api/v1/products', { body, idempotent: key });
      toast(t('work.saved'));
      onSaved(reply);
    },
  });
  return html`<${Card}><${Form} form=${form} label=${t(given ? 'work.save' : 'work.product_make')} extra=${!given && html`<${Button} href="/app/products">${t('core.cancel')}<//>`}>
    <${Newer} problem=${form.problem} again=${again} />
    <${Field} name="name" label=${t('work.name')} maxlength="200" />
    <div class="columns"><${Field} name="sku" label=${t('work.sku')} hint=${t('work.sku_hint')} maxlength="64" ...${Plain} /><${Field} name="unit" label=${t('work.unit')} hint=${t('work.unit_hint')} optional maxlength="20" /></div>
    <div class="columns"><${Field} name="price" label=${t('work.price')} optional inputmode="decimal" /><${Field} name="currency" label=${t('work.currency')} hint=${t('work.currency_example')} optional maxlength="3"
      value=${form.values.currency} onInput=${(value) => form.set('currency', value.trim().toUpperCase())} /></div>
    <${Field} name="reorder_level" label=${t('work.reorder_level')} hint=${t('work.reorder_hint')} optional inputmode="numeric" />
    ${can('suppliers:read') && html`<${SupplierPicker} label=${t('work.supplier')} optional value=${form.values.supplier} error=${form.errors.supplier} onInput=${(value) => form.set('supplier', value)} />`}<//><//>`;
}

// Where it lies. Its SKU finds it among the levels, which are by product.
function Levels({ product }) {
  const { data, problem, loading, again } = useLoad(async () => {
    const levels = await all('/api/v1/stock-levels', { q: product.sku });
    return levels.find((each) => each.product_id === product.id) || { warehouses: [] };
  }, [product.id, product.updated_at]);
  return html`<${Card} title=${t('work.where')} actions=${html`<${Button} small href=${`/app/movements?product_id=${product.id}`}>${t('work.movements')}<//>
      ${can('stock:create') && html`<${Button} small href=${`/app/movements?make=1&product_id=${product.id}`}>${t('work.movement_new')}<//>`}`}>
    <p class="level"><strong><${Amount} quantity=${product.quantity} unit=${product.unit} /></strong> ${product.low && html`<${Badge} tone="warn">${t('work.low')}<//>`}</p>
    <${ErrorBox} problem=${problem} retry=${again} />${!data && loading && html`<${Loading} />`}
    ${data && (data.warehouses.length ? html`<${Facts} items=${data.warehouses.map((each) => [html`<bdi>${each.name}</bdi>`, html`<${Amount} quantity=${each.quantity} unit=${product.unit} /> <span class="soft">· <${When} at=${each.updated_at} /></span>`])} />`
      : html`<p class="soft">${t('work.nowhere')}</p>`)}<//>`;
}

async function load(id) {
  const given = await call('GET', to`/api/v1/products/${id}`);
  const { supplier_id: supplier } = given.data;
  const name = supplier && await call('GET', to`/api/v1/suppliers/${supplier}`).then((reply) => reply.data.name, () => supplier);
  return { given, supplier: supplier ? { id: supplier, label: name } : null };
}

function Existing({ id }) {
  const loaded = useLoad(() => load(id), [id]);
  const [asked, ask] = useState(false);
  const { data } = loaded;
  if (!data) return html`<${PageHead} title=${t('work.product')} />${loaded.loading ? html`<${Loading} />` : html`<${ErrorBox} problem=${loaded.problem} retry=${loaded.again} />`}`;
  const product = data.given.data;
  const remove = async () => {
    await call('DELETE', to`/api/v1/products/${id}`);
    toast(t('work.product_removed', { name: product.name }));
    navigate('/app/products', { replace: true });
  };
  return html`<${PageHead} title=${html`<bdi>${product.name}</bdi>`} lead=${html`<code>${product.sku}</code>`}>
      ${can('purchase_requests:create') && html`<${Button} icon="cart" href=${`/app/purchase-requests/new?product=${product.id}`}>${t('work.reorder')}<//>`}
      ${can('products:delete') && html`<${Button} kind="danger" icon="trash" onClick=${() => ask(true)}>${t('work.remove')}<//>`}<//>
    ${can('stock:read') && html`<${Levels} product=${product} />`}
    ${can('products:update') ? html`<${Editor} key=${data.given.etag} given=${data.given} supplier=${data.supplier} again=${loaded.again} onSaved=${loaded.again} />`
      : html`<${Card}><${Facts} items=${[[t('work.unit'), product.unit], [t('work.price'), price(product.price_minor, product.currency)], [t('work.reorder_level'), product.reorder_level ?? '–'],
          [t('work.supplier'), data.supplier ? html`<bdi>${data.supplier.label}</bdi>` : '–']]} /><//>`}
    ${asked && html`<${ConfirmByName} title=${t('work.product_remove')} name=${product.sku} action=${t('work.remove')} onConfirm=${remove} onClose=${() => ask(false)}><p>${t('work.product_remove_lead', { name: product.name })}</p><//>`}`;
}

export default function Product({ params }) {
  if (params.id) return html`<${Existing} id=${params.id} />`;
  return html`<${PageHead} title=${t('work.product_new')} lead=${t('work.product_new_lead')} />
    <${Editor} supplier=${null} onSaved=${({ data }) => navigate(to`/app/products/${data.id}`, { replace: true })} />`;
}
