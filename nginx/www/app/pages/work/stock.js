// How much lies where.
import { html } from '../../dom.js';
import { t } from '../../i18n.js';
import { to, useRoute } from '../../router.js';
import { can } from '../../session.js';
import { Badge, Button, DataTable, EmptyState, PageHead } from '../../components/index.js';
import { Amount, useWarehouses } from './parts.js';

const columns = (one) => [
  { key: 'name', label: t('work.product_one'), main: true },
  { key: 'sku', label: t('work.sku'), render: (row) => html`<code>${row.sku}</code>` },
  { key: 'quantity', label: t(one ? 'work.everywhere' : 'work.in_stock'), end: true, render: (row) => html`<span>${row.low && html`<${Badge} tone="warn">${t('work.low')}<//> `}<${Amount} quantity=${row.quantity} unit=${row.unit} /></span>` },
  { key: 'reorder_level', label: t('work.reorder_level'), end: true, render: (row) => (row.reorder_level == null ? '–' : html`<${Amount} quantity=${row.reorder_level} unit="" />`) },
  { key: 'warehouses', label: t(one ? 'work.lies_here' : 'work.where'), render: (row) => (row.warehouses.length
    ? html`<ul class="places">${row.warehouses.map((each) => html`<li key=${each.warehouse_id}><bdi>${each.name}</bdi> <strong><${Amount} quantity=${each.quantity} unit="" /></strong></li>`)}</ul>` : '–') },
];

export default function Stock() {
  const warehouses = useWarehouses();
  const { query } = useRoute();
  const move = can('stock:create') && html`<${Button} kind="primary" icon="plus" href="/app/movements?make=1">${t('work.movement_new')}<//>`;
  return html`<${PageHead} title=${t('work.stock')} lead=${t('work.stock_lead')}>${move}<${Button} href="/app/movements">${t('work.movements')}<//><//>
    <${DataTable} label=${t('work.stock')} path="/api/v1/stock-levels" columns=${columns(query.warehouse_id)} rowKey=${(row) => row.product_id}
      href=${(row) => can('products:read') && to`/app/products/${row.product_id}`}
      filters=${[{ name: 'q', label: t('core.search') }, ...(warehouses.length ? [{ name: 'warehouse_id', label: t('work.warehouse'), type: 'select', options: warehouses.map((each) => [each.id, each.name]) }] : [])]}
      empty=${html`<${EmptyState} icon="box" title=${t('work.no_products')} action=${can('products:create') && html`<${Button} kind="primary" icon="plus" href="/app/products/new">${t('work.product_new')}<//>`}>${t('work.no_products_text')}<//>`} />`;
}
