// Where products are kept.
import { html } from '../../dom.js';
import { t } from '../../i18n.js';
import { can } from '../../session.js';
import { SimpleList } from './simple.js';

export default function Warehouses() {
  const columns = [
    { key: 'name', label: t('work.name'), main: true },
    { key: 'address', label: t('work.address'), render: (row) => html`<bdi>${row.address || '–'}</bdi>` },
  ];
  const fields = [{ name: 'name', label: t('work.name'), max: 200 }, { name: 'address', label: t('work.address'), rows: 2, max: 500, optional: true }];
  const more = (row) => (can('stock:read') ? [{ label: t('work.what_lies_there'), icon: 'chart', href: `/app/stock?warehouse_id=${row.id}` }] : []);
  return html`<${SimpleList} name="warehouses" words="warehouse" icon="warehouse" fields=${fields} columns=${columns} more=${more} />`;
}
