// Addresses that get no mail, and what could not be delivered.
import { html, useState } from '../../dom.js';
import { call } from '../../api.js';
import { t } from '../../i18n.js';
import { Link, to, useRoute } from '../../router.js';
import { useSession } from '../../session.js';
import { Badge, Button, Card, Confirm, DataTable, EmptyState, Field, Form, PageHead, Plain, sentence, toast, useForm, When } from '../../components/index.js';
import { said } from './health.js';

const lift = (email) => call('DELETE', to`/api/v1/admin/mail/suppressions/${email}`).then(() => toast(t('operator.lifted', { email })));

const mails = () => [
  { key: 'email', label: t('operator.address'), main: true, render: (row) => html`<span dir="ltr">${row.email}</span>` },
  { key: 'template', label: t('operator.template'), render: (row) => said('template', row.template) },
  { key: 'error', label: t('operator.why'), render: (row) => html`<span dir="ltr">${row.error || '–'}</span>` },
  { key: 'created_at', label: t('operator.ordered'), render: (row) => html`<${When} at=${row.created_at} />` },
];

const deliveries = () => [
  { key: 'tenant_name', label: t('core.organization'), main: true, render: (row) => html`<${Link} href=${to`/app/operator/tenants/${row.tenant_id}`}><bdi>${row.tenant_name}</bdi><//>` },
  { key: 'event_type', label: t('operator.event'), render: (row) => html`<code>${row.event_type}</code>` },
  { key: 'host', label: t('operator.receiver'), render: (row) => html`<code>${row.host}</code>` },
  { key: 'error', label: t('operator.why'), render: (row) => html`<span dir="ltr">${row.error || (row.response_status ? String(row.response_status) : '–')}</span>` },
  { key: 'dead_at', label: t('operator.given_up'), render: (row) => html`<${When} at=${row.dead_at} />` },
];

// A list of what was given up, each of which is sent once more.
function Dead({ title, lead, empty, path, columns, rowKey, replay, may }) {
  const [version, next] = useState(0);
  const [busy, wait] = useState('');
  const again = async (row) => {
    wait(rowKey(row));
    try {
      await call('POST', replay(row));
      toast(t('operator.sent_again'));
      next((n) => n + 1);
    } catch (problem) {
      toast(sentence(problem), { tone: 'bad' });
    }
    wait('');
  };
  return html`<${Card} title=${title} lead=${lead}><${DataTable} label=${title} path=${path} version=${version} size=${20} total=${false} columns=${columns} rowKey=${rowKey}
    actions=${(row) => may(row) && html`<${Button} small icon="refresh" busy=${busy === rowKey(row)} onClick=${() => again(row)}>${t('operator.send_again')}<//>`}
    empty=${html`<${EmptyState} icon="check" title=${empty} />`} /><//>`;
}

// A mail to oneself, or to a mailbox elsewhere.
function TestMail() {
  const { user } = useSession();
  const form = useForm({
    initial: { email: user.email },
    check: (values) => (values.email.includes('@') ? {} : { email: t('operator.email_missing') }),
    submit: async ({ email }) => {
      await call('POST', '/api/v1/admin/mail/test', { body: { email: email.trim() } });
      toast(t('operator.test_ordered', { email: email.trim() }));
    },
  });
  return html`<${Card} title=${t('operator.test')} lead=${t('operator.test_lead')}><${Form} form=${form} kind="plain" label=${t('operator.test_send')}>
    <${Field} name="email" type="email" label=${t('operator.test_address')} maxlength="254" autocomplete="off" ...${Plain} /><//><//>`;
}

// The list cannot be searched: an address that somebody asks about is typed.
function Lift({ email, onDone }) {
  const form = useForm({
    initial: { email },
    fields: { not_found: 'email' },
    check: (values) => (values.email.includes('@') ? {} : { email: t('operator.email_missing') }),
    submit: async (values) => {
      await lift(values.email.trim());
      form.reset({ email: '' });
      onDone();
    },
  });
  return html`<${Card} title=${t('operator.lift_title')} lead=${t('operator.lift_lead')}><${Form} form=${form} kind="plain" label=${t('operator.lift')}>
    <${Field} name="email" type="email" label=${t('operator.address')} maxlength="254" autocomplete="off" ...${Plain} /><//><//>`;
}

const columns = () => [
  { key: 'email', label: t('operator.address'), main: true, render: (row) => html`<span dir="ltr">${row.email}</span>` },
  { key: 'reason', label: t('operator.why'), render: (row) => html`<div><${Badge} tone=${row.reason === 'manual' ? '' : 'warn'}>${said('suppression', row.reason)}<//>${row.detail && html`<div class="soft" dir="ltr">${row.detail}</div>`}</div>` },
  { key: 'source', label: t('operator.said_by'), render: (row) => said('source', row.source) },
  { key: 'created_at', label: t('operator.since'), render: (row) => html`<${When} at=${row.created_at} />` },
];

export default function Mail() {
  const { query } = useRoute();
  const [version, next] = useState(0);
  const [asking, ask] = useState(null);
  const done = () => next((n) => n + 1);
  return html`<${PageHead} title=${t('operator.mail')} lead=${t('operator.mail_lead')} />
    <${Dead} title=${t('operator.dead_mails')} lead=${t('operator.dead_mails_lead')} empty=${t('operator.no_dead_mails')} path="/api/v1/admin/mail/outbox" columns=${mails()} rowKey=${(row) => row.id}
      replay=${(row) => to`/api/v1/admin/mail/outbox/${row.id}/replay`} may=${(row) => row.can_be_replayed} />
    <${Dead} title=${t('operator.dead_deliveries')} lead=${t('operator.dead_deliveries_lead')} empty=${t('operator.no_dead_deliveries')} path="/api/v1/admin/webhooks/dead" columns=${deliveries()}
      rowKey=${(row) => `${row.webhook_id} ${row.event_id}`} replay=${(row) => to`/api/v1/admin/tenants/${row.tenant_id}/webhooks/${row.webhook_id}/deliveries/${row.event_id}/replay`} may=${(row) => row.webhook_status === 'active'} />
    <${TestMail} />
    <${Card} title=${t('operator.suppressions')} lead=${t('operator.suppressions_lead')}>
      <${DataTable} label=${t('operator.suppressions')} path="/api/v1/admin/mail/suppressions" version=${version} columns=${columns()} rowKey=${(row) => row.email}
        actions=${(row) => html`<${Button} small onClick=${() => ask(row.email)}>${t('operator.lift')}<//>`}
        empty=${html`<${EmptyState} icon="mail" title=${t('operator.no_suppressions')} />`} /><//>
    <${Lift} email=${query.email || ''} onDone=${done} />
    ${asking && html`<${Confirm} title=${t('operator.lift')} action=${t('operator.lift')} danger=${false} onClose=${() => ask(null)}
      onConfirm=${async () => { await lift(asking); done(); }}><p>${t('operator.lift_text', { email: asking })}</p><//>`}`;
}
