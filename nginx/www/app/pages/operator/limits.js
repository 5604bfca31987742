// Limits and lifetimes in force, beside their defaults.
import { html } from '../../dom.js';
import { call } from '../../api.js';
import { number, t } from '../../i18n.js';
import { Badge, DataTable, EmptyState, PageHead } from '../../components/index.js';

const columns = () => [
  { key: 'key', label: t('operator.setting'), main: true, render: (row) => html`<code>${row.key.split(/(?<=_)/).map((part) => html`${part}<wbr />`)}</code>${row.value !== row.default && html` <${Badge} tone="info">${t('operator.changed')}<//>`}` },
  { key: 'description', label: t('operator.meaning'), render: (row) => html`<span lang="en">${row.description}</span>` },
  { key: 'value', label: t('operator.value'), end: true, render: (row) => number(row.value) },
  { key: 'default', label: t('operator.default'), end: true, render: (row) => number(row.default) },
  { key: 'unit', label: t('operator.unit'), short: true, render: (row) => html`<span lang="en">${row.unit}</span>` },
];

// All come in one reply, which is searched here.
const load = async ({ q, which }) => {
  const { data } = await call('GET', '/api/v1/admin/config/limits');
  const words = (q || '').toLowerCase();
  const items = data.items.filter((each) => `${each.key} ${each.description}`.toLowerCase().includes(words) && (which !== 'changed' || each.value !== each.default));
  return { items, next_cursor: null, total: items.length };
};

export default function Limits() {
  return html`<${PageHead} title=${t('operator.limits')} lead=${t('operator.limits_in_force')} />
    <${DataTable} label=${t('operator.limits')} load=${load} columns=${columns()} rowKey=${(row) => row.key}
      filters=${[{ name: 'q', label: t('core.search') }, { name: 'which', label: t('operator.value'), type: 'select', options: [['changed', t('operator.only_changed')]] }]}
      empty=${html`<${EmptyState} icon="settings" title=${t('core.empty')} />`} />`;
}
