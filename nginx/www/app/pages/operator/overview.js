// How the service is now: its parts, with what to do about a bad one, and its numbers.
import { html, useEffect, useLoad } from '../../dom.js';
import { call } from '../../api.js';
import { duration, number, t } from '../../i18n.js';
import { Link } from '../../router.js';
import { Banner, Button, Card, ErrorBox, Loading, PageHead } from '../../components/index.js';
import { Parts, readHealth } from './health.js';

const kRound = 30000;  // ms between two looks

// [words, number, what it is made of, where it leads]
const numbers = (data) => [
  [t('operator.tenants'), data.tenants.total, t('operator.of_tenants', data.tenants), '/app/operator/tenants'],
  [t('operator.accounts'), data.users.total, t('operator.of_users', data.users), '/app/operator/growth'],
  [t('operator.second_factor'), data.users.with_second_factor, t('operator.of_factor', { total: data.users.active })],
  [t('operator.locked_now'), data.users.locked + data.users.second_factor_locked, t('operator.of_locked', data.users), '/app/operator/users?kind=locked'],
  [t('operator.sign_ins_day'), data.last_day.sign_ins, t('operator.of_sign_ins', { failed: data.last_day.failed_sign_ins }), '/app/operator/threats'],
  [t('operator.sessions'), data.sessions, t('operator.of_sessions')],
  [t('operator.invites'), data.pending_invites, t('operator.of_invites')],
  [t('operator.mails_waiting'), data.outbox.pending, t('operator.of_queue', { dead: data.outbox.dead }), '/app/operator/mail'],
  [t('operator.deliveries_waiting'), data.webhook_deliveries.pending, t('operator.of_queue', { dead: data.webhook_deliveries.dead }), '/app/operator/mail'],
  [t('operator.refused'), data.rate_limited, t('operator.of_refused'), '/app/operator/limits'],
];

function Numbers() {
  const { data, problem, again } = useLoad(() => call('GET', '/api/v1/admin/dashboard').then((reply) => reply.data));
  return html`<${Card} title=${t('operator.numbers')} lead=${data && t('operator.runs', { version: data.version, schema: data.schema_version, time: duration(data.uptime_seconds - (data.uptime_seconds % 60) || 60) })}>
    <${ErrorBox} problem=${problem} retry=${again} />${!data && !problem && html`<${Loading} />`}
    ${data && html`<dl class="numbers">${numbers(data).map(([name, value, parts, href]) => html`<div key=${name}><dt>${href ? html`<${Link} href=${href}>${name}<//>` : name}</dt>
      <dd><strong>${number(value)}</strong><span class="soft">${parts}</span></dd></div>`)}</dl>`}<//>`;
}

export default function Overview() {
  const { data, problem, loading, again } = useLoad(readHealth);
  useEffect(() => {
    const timer = setInterval(() => { if (document.visibilityState === 'visible') again(); }, kRound);
    return () => clearInterval(timer);
  }, []);
  const bad = data ? data.parts.filter((part) => part.state !== 'ok') : [];
  const tone = { ok: 'good', degraded: 'warn', failed: 'bad' }[data && data.status] || 'info';
  return html`<${PageHead} title=${t('operator.overview')} lead=${t('operator.overview_lead')}>
      <${Button} icon="refresh" busy=${loading} onClick=${again}>${t('operator.look_again')}<//><//>
    <${ErrorBox} problem=${problem} retry=${again}>${problem && html`<p>${t('operator.health_unread')}</p>`}<//>
    ${!data && !problem && html`<${Loading} />`}
    ${data && html`<${Banner} tone=${tone}><p><strong>${bad.length ? t('operator.bad_parts', { count: bad.length }) : t('operator.all_well')}</strong></p><//>
      <${Card} title=${t('operator.parts')} lead=${t('operator.parts_lead')}><${Parts} parts=${data.parts} /><//>`}
    <${Numbers} />`;
}
