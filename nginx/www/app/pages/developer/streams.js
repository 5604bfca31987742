// Streams of the organization, or of the whole system: how far each receiver is, and what its last attempt met.
import { html, useState } from '../../dom.js';
import { call } from '../../api.js';
import { number, t } from '../../i18n.js';
import { to } from '../../router.js';
import { Badge, Button, Confirm, ConfirmByName, DataTable, Dialog, EmptyState, Form, Menu, PageHead, SecretOnce, toast, useForm, When } from '../../components/index.js';
import { failed } from '../organization/parts.js';
import { KeyFields, kSignals } from './new_stream.js';

const tone = (row) => (row.status === 'paused' ? 'warn' : row.failures > 0 ? 'bad' : 'good');
const state = (row) => (row.status === 'active' && row.failures > 0 ? 'failing' : row.status);

const columns = () => [
  { key: 'name', label: t('organization.name'), main: true, render: (row) => html`<bdi>${row.name}</bdi>` },
  { key: 'url', label: t('streams.receiver'), render: (row) => html`<span><code>${row.kind}</code> <span class="address" dir="ltr">${row.url}</span></span>` },
  { key: 'status', label: t('organization.status'), render: (row) => html`<div><${Badge} tone=${tone(row)}>${t(`streams.${state(row)}`)}<//>${row.last_error && html`<bdi class="under">${row.last_error}</bdi>`}</div>` },
  { key: 'behind', label: t('streams.lag'), end: true, render: (row) => (row.behind === 0 ? t('streams.none_behind') : t('streams.behind', { count: number(row.behind), minutes: number(Math.floor(row.lag_seconds / 60)) })) },
  { key: 'delivered_at', label: t('streams.delivered'), render: (row) => (row.delivered_at ? html`<${When} at=${row.delivered_at} />` : '–') },
];

// Another key or header for the receiver; the stream goes on where it is.
function KeyDialog({ row, path, onDone, onClose }) {
  const names = row.kind === kSignals ? ['authorization'] : ['access_key_id', 'secret_access_key'];
  const form = useForm({
    initial: Object.fromEntries(names.map((name) => [name, row[name] || ''])),
    check: (values) => Object.fromEntries(names.filter((name) => !values[name].trim()).map((name) => [name, t('streams.key_missing')])),
    submit: async (values) => {
      await call('PUT', path + to`/${row.id}`, { body: values });
      toast(t('account.saved'));
      onDone();
    },
  });
  return html`<${Dialog} title=${t('streams.change_key')} onClose=${onClose}><p>${t('streams.change_key_lead')}</p>
    <${Form} form=${form} label=${t('account.save')} extra=${html`<${Button} onClick=${onClose}>${t('core.cancel')}<//>`}><${KeyFields} kind=${row.kind} /><//><//>`;
}

// Where they are, as the API and as the console names it.
const kOfOrganization = { path: '/api/v1/streams', page: '/app/streams', lead: 'streams.lead', title: 'streams.title' };

export default function Streams({ of = kOfOrganization }) {
  const [version, next] = useState(0);
  const [ending, end] = useState(null);
  const [rotating, rotate] = useState(null);
  const [secret, show] = useState(null);
  const [keyed, key] = useState(null);
  const again = () => next((n) => n + 1);
  const remove = async () => {
    await call('DELETE', of.path + to`/${ending.id}`);
    toast(t('streams.ended', { name: ending.name }));
    again();
  };
  const renew = async () => {
    show((await call('POST', of.path + to`/${rotating.id}/rotate-secret`, { idempotent: true })).data);
    rotate(null);
  };
  const set = (row, status) => call('PUT', of.path + to`/${row.id}`, { body: { status } }).then(again).catch(failed);
  const test = (row) => call('POST', of.path + to`/${row.id}/test`, { idempotent: true }).then(() => {
    toast(t('streams.tested'));
    again();
  }).catch(failed);
  const more = (row) => [row.status === 'active' && { label: t('developer.pause'), onClick: () => set(row, 'paused') },
    (row.kind === 's3' || row.kind === kSignals) && { label: t('streams.change_key'), icon: 'key', onClick: () => key(row) },
    row.kind === 'https' && { label: t('developer.rotate'), icon: 'refresh', onClick: () => rotate(row) }, { label: t('account.end'), icon: 'trash', danger: true, onClick: () => end(row) }].filter(Boolean);
  const acts = (row) => html`<div class="actions end-actions">${row.status === 'active' ? html`<${Button} small onClick=${() => test(row)}>${t('developer.test')}<//>`
    : html`<${Button} small onClick=${() => set(row, 'active')}>${t('developer.go_on')}<//>`}<${Menu} label=${t('work.acts_of', { name: row.name })} items=${more(row)} /></div>`;
  const add = html`<${Button} kind="primary" icon="plus" href=${`${of.page}/new`}>${t('streams.new')}<//>`;
  return html`<${PageHead} title=${t(of.title)} lead=${t(of.lead)}>${add}<//>
    <${DataTable} label=${t(of.title)} path=${of.path} version=${version} columns=${columns()} actions=${acts}
      empty=${html`<${EmptyState} icon="pulse" title=${t('streams.no_streams')} action=${add}>${t('streams.no_streams_text')}<//>`} />
    ${keyed && html`<${KeyDialog} row=${keyed} path=${of.path} onClose=${() => key(null)} onDone=${() => { key(null); again(); }} />`}
    ${secret && html`<${SecretOnce} title=${t('streams.secret_title')} value=${secret.secret} onClose=${() => show(null)}>${t('developer.secret_rotated')}<//>`}
    ${rotating && html`<${Confirm} title=${t('developer.rotate')} action=${t('developer.rotate')} onConfirm=${renew} onClose=${() => rotate(null)}><p>${t('developer.rotate_lead')}</p><//>`}
    ${ending && html`<${ConfirmByName} title=${t('streams.end', { name: ending.name })} name=${ending.name} action=${t('account.end')} onConfirm=${remove} onClose=${() => end(null)}><p>${t('streams.end_lead')}</p><//>`}`;
}
