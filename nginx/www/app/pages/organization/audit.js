// What has happened: filters by person, act and time, what differs, and all of it as a file.
import { html, useLoad, useState } from '../../dom.js';
import { call, saveFile } from '../../api.js';
import { dateTime, t } from '../../i18n.js';
import { setQuery, useRoute } from '../../router.js';
import { can } from '../../session.js';
import { Button, DataTable, Dialog, EmptyState, Facts, JsonDiff, Menu, PageHead, toast, When } from '../../components/index.js';
import { asCsv, exportAll } from './audit_export.js';
import { auditActions } from './event_types.js';
import { dayEnd, dayStart, failed } from './parts.js';

// Days of the filters as the seconds that the API takes.
const asked = ({ from, to, ...query }) => ({ ...query, from_time: dayStart(from) ?? undefined, to_time: dayEnd(to) ?? undefined });
const load = (query) => call('GET', '/api/v1/audit-logs', { query: asked(query) }).then((reply) => reply.data);

// Who did it: behind an impersonation both, and the key where one was used.
const Actor = ({ row }) => html`<span>${!row.actor ? t('organization.the_service') : row.actor.email ? html`<bdi class="address">${row.actor.email}</bdi>` : html`<code>${row.actor.id}</code>`}
  ${row.actor && row.effective_user && row.effective_user.id !== row.actor.id && html`<br /><span class="soft">${t('organization.acting_as', { who: row.effective_user.email || row.effective_user.id })}</span>`}
  ${row.api_key_id && html`<br /><span class="soft">${t('organization.by_key')}</span>`}</span>`;

const columns = () => [
  { key: 'action', label: t('organization.act'), main: true, render: (row) => html`<code>${row.action}</code>` },
  { key: 'actor', label: t('organization.actor'), render: (row) => html`<${Actor} row=${row} />` },
  { key: 'address', label: t('account.from'), render: (row) => html`<code class="ip">${row.address}</code>` },
  { key: 'created_at', label: t('account.when'), render: (row) => html`<${When} at=${row.created_at} />` },
];

function Detail({ row, onClose }) {
  const only = (query) => {
    setQuery({ actor: '', action: '', from: '', to: '', request_id: '', resource_id: '', ...query });
    onClose();
  };
  return html`<${Dialog} wide title=${row.action} onClose=${onClose} foot=${html`${row.actor && html`<${Button} onClick=${() => only({ actor: row.actor.id })}>${t('organization.only_person')}<//>`}
      ${row.resource_id && html`<${Button} onClick=${() => only({ resource_id: row.resource_id })}>${t('organization.only_thing')}<//>`}
      <${Button} onClick=${() => only({ request_id: row.request_id })}>${t('organization.only_request')}<//>`}>
    <${Facts} items=${[[t('organization.actor'), html`<${Actor} row=${row} />`], [t('account.when'), dateTime(row.created_at)],
      [t('account.from'), html`<code class="ip">${row.address}</code>`], [t('account.program'), html`<bdi>${row.agent || '–'}</bdi>`],
      [t('organization.thing'), html`<code>${row.resource} ${row.resource_id || ''}</code>`], [t('core.request_id'), html`<code>${row.request_id}</code>`]]} />
    <${JsonDiff} before=${row.old_values} after=${row.new_values} /><//>`;
}

export default function Audit() {
  const { query } = useRoute();
  const [shown, show] = useState(null);
  const [busy, wait] = useState(0);
  const { data: people } = useLoad(async () => (can('users:read') ? (await call('GET', '/api/v1/users', { query: { limit: 200 } })).data.items : []), []);
  const actors = (people || []).map((each) => [each.id, each.email]);
  if (query.actor && people && !actors.some(([id]) => id === query.actor)) actors.push([query.actor, query.actor]);
  const save = async (kind) => {
    const { actor, action, from, to, request_id: request, resource_id: thing } = query;
    wait(1);
    try {
      const { lines, whole } = await exportAll(asked({ actor, action, from, to, request_id: request, resource_id: thing }), (count) => wait(count));
      const name = `audit-${new Date().toISOString().slice(0, 10)}${whole ? '' : '-part'}`;
      if (kind === 'csv') saveFile(new Blob([asCsv(lines)], { type: 'text/csv' }), `${name}.csv`);
      else saveFile(new Blob([lines.map((line) => `${line}\n`).join('')], { type: 'application/x-ndjson' }), `${name}.jsonl`);
      if (!whole) toast(t('work.export_part'), { tone: 'bad' });
    } catch (problem) {
      failed(problem);
    }
    wait(0);
  };
  const filters = [
    ...(actors.length ? [{ name: 'actor', label: t('organization.actor'), type: 'select', options: actors }] : []),
    { name: 'action', label: t('organization.act'), type: 'select', options: auditActions.map((name) => [name, name]) },
    { name: 'from', label: t('organization.from'), type: 'date' }, { name: 'to', label: t('organization.to'), type: 'date' },
    ...['request_id', 'resource_id'].filter((name) => query[name]).map((name) => ({ name, label: t(name === 'request_id' ? 'core.request_id' : 'organization.thing') })),
  ];
  return html`<${PageHead} title=${t('organization.audit')} lead=${t('organization.audit_lead')}>
      ${busy ? html`<span class="soft" role="status">${t('organization.exporting', { count: busy })}</span>`
        : html`<${Menu} label=${t('organization.export')} look="button plain" items=${[{ label: t('organization.as_json'), icon: 'download', onClick: () => save('json') },
            { label: t('organization.as_csv'), icon: 'download', onClick: () => save('csv') }]}>${t('organization.export')}<//>`}<//>
    <${DataTable} label=${t('organization.audit')} path="audit" load=${load} columns=${columns()} filters=${filters}
      actions=${(row) => html`<${Button} small onClick=${() => show(row)} aria-label=${t('organization.show_act', { act: row.action })}>${t('core.show')}<//>`}
      empty=${html`<${EmptyState} icon="file" title=${t('organization.nothing_happened')} />`} />
    ${shown && html`<${Detail} row=${shown} onClose=${() => show(null)} />`}`;
}
