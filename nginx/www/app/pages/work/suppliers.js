// Who delivers products.
import { html } from '../../dom.js';
import { t } from '../../i18n.js';
import { SimpleList } from './simple.js';

export default function Suppliers() {
  const columns = [
    { key: 'name', label: t('work.name'), main: true },
    { key: 'email', label: t('work.email'), render: (row) => (row.email ? html`<a href=${`mailto:${encodeURIComponent(row.email)}`} dir="ltr">${row.email}</a>` : '–') },
    { key: 'phone', label: t('work.phone'), render: (row) => html`<bdi>${row.phone || '–'}</bdi>` },
    { key: 'address', label: t('work.address'), render: (row) => html`<bdi>${row.address || '–'}</bdi>` },
  ];
  const fields = [
    { name: 'name', label: t('work.name'), max: 200 }, { name: 'email', label: t('work.email'), type: 'email', hint: t('work.orders_to'), max: 254, optional: true },
    { name: 'phone', label: t('work.phone'), type: 'tel', max: 50, optional: true }, { name: 'address', label: t('work.address'), rows: 2, max: 500, optional: true },
  ];
  return html`<${SimpleList} name="suppliers" words="supplier" icon="people" fields=${fields} columns=${columns} />`;
}
