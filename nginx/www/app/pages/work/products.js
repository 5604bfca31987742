// Products: found, made, taken in and out as files.
import { html } from '../../dom.js';
import { t } from '../../i18n.js';
import { to } from '../../router.js';
import { can } from '../../session.js';
import { Badge, Button, DataTable, EmptyState, PageHead } from '../../components/index.js';
import { Export } from './export.js';
import { Amount, price } from './parts.js';

const columns = () => [
  { key: 'name', label: t('work.name'), main: true },
  { key: 'sku', label: t('work.sku'), render: (row) => html`<code>${row.sku}</code>` },
  { key: 'quantity', label: t('work.in_stock'), end: true, render: (row) => html`<span>${row.low && html`<${Badge} tone="warn">${t('work.low')}<//> `}<${Amount} quantity=${row.quantity} unit=${row.unit} /></span>` },
  { key: 'reorder_level', label: t('work.reorder_level'), end: true, render: (row) => (row.reorder_level == null ? '–' : html`<${Amount} quantity=${row.reorder_level} unit="" />`) },
  { key: 'price_minor', label: t('work.price'), end: true, render: (row) => price(row.price_minor, row.currency) },
];

export default function Products() {
  const make = can('products:create') && html`<${Button} kind="primary" icon="plus" href="/app/products/new">${t('work.product_new')}<//>`;
  const take = can('products:create') && html`<${Button} icon="upload" href="/app/products/import">${t('work.import')}<//>`;
  return html`<${PageHead} title=${t('work.products')} lead=${t('work.products_lead')}>${make}${take}<${Export} path="/api/v1/products/export" name="products" /><//>
    <${DataTable} label=${t('work.products')} path="/api/v1/products" columns=${columns()} href=${(row) => to`/app/products/${row.id}`}
      filters=${[{ name: 'q', label: t('core.search') }, { name: 'low', label: t('work.in_stock'), type: 'select', options: [['true', t('work.only_low')]] }]}
      empty=${html`<${EmptyState} icon="box" title=${t('work.no_products')} action=${html`<div class="actions">${make}${take}</div>`}>${t('work.no_products_text')}<//>`} />`;
}
