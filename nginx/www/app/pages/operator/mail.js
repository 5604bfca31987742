// Addresses that get no mail, and what could not be delivered.
import { html, useLoad, useState } from '../../dom.js';
import { call } from '../../api.js';
import { t } from '../../i18n.js';
import { to, useRoute } from '../../router.js';
import { Badge, Card, Confirm, Button, DataTable, EmptyState, ErrorBox, Field, Form, Loading, PageHead, Plain, toast, useForm, When } from '../../components/index.js';
import { said } from './health.js';

const lift = (email) => call('DELETE', to`/api/v1/admin/mail/suppressions/${email}`).then(() => toast(t('operator.lifted', { email })));

// What no page can do is said with the command that can.
function Undelivered() {
  const { data, problem, again } = useLoad(() => call('GET', '/api/v1/admin/dashboard').then((reply) => reply.data));
  const line = (title, { pending, dead }, text, command) => html`<li><div class="part-head"><strong>${title}</strong>
      <${Badge} tone=${dead ? 'bad' : 'good'}>${t('operator.dead', { count: dead })}<//> <${Badge}>${t('operator.waiting', { count: pending })}<//></div>
    <p class="soft">${text}</p>${command && html`<p><code>${command}</code></p>`}</li>`;
  return html`<${Card} title=${t('operator.undelivered')} lead=${t('operator.undelivered_lead')}><${ErrorBox} problem=${problem} retry=${again} />${!data && !problem && html`<${Loading} />`}
    ${data && html`<ul class="parts">${line(t('operator.part_outbox'), data.outbox, t('operator.dead_mails'), 'tenantctl mail test ADDRESS')}
      ${line(t('operator.part_webhooks'), data.webhook_deliveries, t('operator.dead_deliveries'))}</ul>`}<//>`;
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
    <${Undelivered} />
    <${Card} title=${t('operator.suppressions')} lead=${t('operator.suppressions_lead')}>
      <${DataTable} label=${t('operator.suppressions')} path="/api/v1/admin/mail/suppressions" version=${version} columns=${columns()} rowKey=${(row) => row.email}
        actions=${(row) => html`<${Button} small onClick=${() => ask(row.email)}>${t('operator.lift')}<//>`}
        empty=${html`<${EmptyState} icon="mail" title=${t('operator.no_suppressions')} />`} /><//>
    <${Lift} email=${query.email || ''} onDone=${done} />
    ${asking && html`<${Confirm} title=${t('operator.lift')} action=${t('operator.lift')} danger=${false} onClose=${() => ask(null)}
      onConfirm=${async () => { await lift(asking); done(); }}><p>${t('operator.lift_text', { email: asking })}</p><//>`}`;
}
