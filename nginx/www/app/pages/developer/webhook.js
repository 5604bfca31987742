// A webhook: its deliveries with the reason of each failure; try it, pause it, give it another secret, end it.
import { html, useEffect, useLoad, useState } from '../../dom.js';
import { call } from '../../api.js';
import { number, t } from '../../i18n.js';
import { navigate, to } from '../../router.js';
import { Badge, Button, Card, Confirm, ConfirmByName, DataTable, EmptyState, Facts, Menu, PageHead, SecretOnce, toast, When } from '../../components/index.js';
import { Awaited, failed } from '../organization/parts.js';
import { eventsOf, Status } from './webhooks.js';

const kTone = { delivered: 'good', dead: 'bad', pending: 'info' };

const columns = () => [
  { key: 'event_type', label: t('account.event'), main: true, render: (row) => html`<code>${row.event_type}</code>` },
  { key: 'status', label: t('organization.status'), render: (row) => html`<${Badge} tone=${kTone[row.status]}>${t(`developer.delivery_${row.status}`)}<//>` },
  { key: 'error', label: t('developer.reason'), render: (row) => html`<span>${row.response_status && row.error !== `HTTP ${row.response_status}` ? html`<code>HTTP ${row.response_status}</code> ` : ''}<bdi>${row.error || (row.response_status ? '' : '–')}</bdi>
    ${row.next_attempt_at && row.status === 'pending' && row.attempts > 0 && html`<br /><span class="soft">${t('developer.next_attempt')} <${When} at=${row.next_attempt_at} /></span>`}</span>` },
  { key: 'attempts', label: t('developer.attempts'), end: true, render: (row) => number(row.attempts) },
  { key: 'duration_ms', label: t('developer.took'), end: true, render: (row) => (row.duration_ms == null ? '–' : `${number(row.duration_ms)} ms`) },
  { key: 'created_at', label: t('account.when'), render: (row) => html`<${When} at=${row.created_at} />` },
];

function Deliveries({ path, paused, version, again }) {
  const replay = (row) => call('POST', `${path}/deliveries/${row.event_id}/replay`, { idempotent: true }).then(() => {
    toast(t('developer.replayed'));
    again();
  }).catch(failed);
  return html`<${Card} title=${t('developer.deliveries')} lead=${t('developer.deliveries_lead')} actions=${html`<${Button} small icon="refresh" onClick=${again}>${t('developer.refresh')}<//>`}>
    <${DataTable} label=${t('developer.deliveries')} path=${`${path}/deliveries`} rowKey=${(row) => row.event_id} columns=${columns()} version=${version}
      filters=${[{ name: 'status', label: t('organization.status'), type: 'select', options: Object.keys(kTone).map((name) => [name, t(`developer.delivery_${name}`)]) }]}
      actions=${(row) => !paused && row.status !== 'pending' && html`<${Button} small onClick=${() => replay(row)}>${t('developer.replay')}<//>`}
      empty=${html`<${EmptyState} icon="inbox" title=${t('developer.no_deliveries')}>${t('developer.no_deliveries_text')}<//>`} /><//>`;
}

export default function Webhook({ params }) {
  const path = to`/api/v1/webhooks/${params.id}`;
  const load = useLoad(() => call('GET', path), [path]);
  const [version, next] = useState(0);
  const [doing, set] = useState('');
  const [secret, show] = useState(null);
  const [waiting, wait] = useState(0);
  const again = () => next((n) => n + 1);
  const close = () => set('');
  // A test is listed once the courier has taken it: look a few times.
  useEffect(() => {
    if (!waiting) return undefined;
    const timer = setTimeout(() => {
      again();
      wait(waiting - 1);
    }, 1500);
    return () => clearTimeout(timer);
  }, [waiting]);
  const test = () => call('POST', `${path}/test`, { idempotent: true }).then(() => {
    toast(t('developer.test_sent'));
    wait(3);
  }).catch(failed);
  const setStatus = (status) => call('PUT', path, { body: { status }, etag: load.data.etag }).then(() => {
    toast(t(`developer.now_${status}`), status === 'paused' ? { undo: () => call('PUT', path, { body: { status: 'active' } }).then(load.again).catch(failed) } : {});
    load.again();
  }).catch((problem) => {
    failed(problem);
    if (problem.status === 412) load.again();
  });
  const rotate = async () => show((await call('POST', `${path}/rotate-secret`, { idempotent: true })).data.secret);
  const remove = async () => {
    await call('DELETE', path);
    toast(t('developer.webhook_ended'));
    navigate('/app/webhooks');
  };
  return html`<${Awaited} load=${load}>${({ data: row }) => html`
    <${PageHead} title=${t('developer.webhook')} lead=${html`<span class="address" dir="ltr">${row.url}</span>`}>
      ${row.status === 'active' && html`<${Button} kind="primary" icon="pulse" onClick=${test}>${t('developer.test')}<//>`}
      <${Button} onClick=${() => setStatus(row.status === 'active' ? 'paused' : 'active')}>${t(row.status === 'active' ? 'developer.pause' : 'developer.go_on')}<//>
      <${Menu} label=${t('core.actions')} items=${[{ label: t('developer.change_webhook'), icon: 'settings', href: to`/app/webhooks/${row.id}/edit` },
        { label: t('developer.rotate'), icon: 'key', onClick: () => set('rotate') }, { label: t('developer.end_webhook'), icon: 'trash', danger: true, onClick: () => set('end') }]} /><//>
    <${Card} title=${t('developer.about_webhook')}><${Facts} items=${[[t('organization.status'), html`<${Status} row=${row} />`], row.description && [t('organization.description'), html`<bdi>${row.description}</bdi>`],
      [t('developer.events'), row.events.includes('*') ? eventsOf(row) : html`<span class="codes-in-line">${row.events.map((name) => html`<code key=${name}>${name} </code>`)}</span>`],
      [t('developer.changed'), html`<${When} at=${row.updated_at} />`]]} /><//>
    <${Deliveries} path=${path} paused=${row.status === 'paused'} version=${version} again=${again} />
    ${doing === 'rotate' && html`<${Confirm} title=${t('developer.rotate')} action=${t('developer.rotate')} onConfirm=${rotate} onClose=${close}><p>${t('developer.rotate_lead')}</p><//>`}
    ${doing === 'end' && html`<${ConfirmByName} title=${t('developer.end_webhook')} name=${new URL(row.url).host} action=${t('developer.end_webhook')} onConfirm=${remove} onClose=${close}><p>${t('developer.end_webhook_lead')}</p><//>`}
    ${secret && html`<${SecretOnce} title=${t('developer.secret_title')} value=${secret} onClose=${() => show(null)}>${t('developer.secret_rotated')}<//>`}`}<//>`;
}
