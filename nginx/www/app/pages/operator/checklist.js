// What to look at before the first customers come. Each line is a test that can fail; what the console cannot know stands
// below, with the command that tells it.
import { html, useLoad, useState } from '../../dom.js';
import { call } from '../../api.js';
import { t } from '../../i18n.js';
import { config, loadConfig, useSession } from '../../session.js';
import { Badge, Button, Card, ErrorBox, Loading, PageHead } from '../../components/index.js';
import { readHealth } from './health.js';

const kPatience = 20000;  // ms that a mail may take to leave
const kPause = 1000;

const kTones = { good: 'good', bad: 'bad', warn: 'warn', open: '' };
const kCommands = [
  ['doctor', 'tenantctl doctor'],
  ['backup', 'mariadb-dump --single-transaction --routines --triggers --databases tenantd tenantd_app'],
  ['chains', 'tenantctl audit verify --anchors FILE'],
  ['mailbox', 'tenantctl mail test ADDRESS'],
  ['admins', 'tenantctl super-admin list'],
  ['hosts_list', 'tenantctl hosts list'],
];

// The address in the service's settings: its own description names it.
async function publicUrl() {
  const { data } = await call('GET', '/api/v1/openapi.json');
  return new URL(data.servers[0].url);
}

async function reachable(url) {
  if (url.origin !== location.origin) return false;
  const { data } = await call('GET', '/api/v1/config', { anonymous: true });
  return Boolean(data.service_name);
}

const Line = ({ state, title, text, action }) => html`<li><div class="part-head"><strong>${title}</strong><${Badge} tone=${kTones[state]}>${t(`operator.check_${state}`)}<//></div>
  <p class="soft">${text}</p>${action}</li>`;

// Sends a test mail, and looks whether it leaves the outbox.
function TestMail({ email }) {
  const [state, set] = useState('open');
  const [problem, fail] = useState(null);
  const send = async () => {
    set('busy');
    fail(null);
    try {
      const { data: { id } } = await call('POST', '/api/v1/admin/mail/test', { body: {} });
      for (const end = Date.now() + kPatience; Date.now() < end;) {
        await new Promise((done) => { setTimeout(done, kPause); });
        const { data: { status } } = await call('GET', `/api/v1/admin/mail/outbox/${id}`);
        if (status === 'dead') return set('dead');
        if (status === 'sent') return set('left');
      }
      return set('stuck');
    } catch (refusal) {
      fail(refusal);
      return set('open');
    }
  };
  const states = { open: 'open', busy: 'open', left: 'good', dead: 'bad', stuck: 'bad' };
  return html`<${Line} state=${states[state]} title=${t('operator.check_mail')} text=${html`<span role="status">${t(`operator.mail_${state}`, { email })}</span>`}
    action=${html`<${ErrorBox} problem=${problem} /><p><${Button} small icon="mail" busy=${state === 'busy'} onClick=${send}>${t('operator.mail_send')}<//></p>`} />`;
}

async function look() {
  const url = await publicUrl();
  const [reached, health, numbers] = await Promise.all([
    reachable(url).catch(() => false), readHealth(), call('GET', '/api/v1/admin/dashboard').then((reply) => reply.data), loadConfig()]);
  return { url, reached, health, numbers };
}

export default function Checklist() {
  const { user } = useSession();
  const { data, problem, loading, again } = useLoad(look);
  const { signup } = config.get();
  const part = (name) => data.health.parts.find((each) => each.name === name);
  const runs = (name) => (part(name).state === 'ok' ? 'good' : 'bad');
  return html`<${PageHead} title=${t('operator.checklist')} lead=${t('operator.checklist_lead')}><${Button} icon="refresh" busy=${loading} onClick=${again}>${t('operator.look_again')}<//><//>
    <${ErrorBox} problem=${problem} retry=${again} />${!data && !problem && html`<${Loading} />`}
    ${data && html`<${Card} title=${t('operator.checks')}><ul class="parts">
      <${Line} state=${data.reached ? 'good' : 'bad'} title=${t('operator.check_url')} text=${t(data.reached ? 'operator.url_good' : 'operator.url_bad', { url: data.url.origin, here: location.origin })}
        action=${data.url.origin !== location.origin && html`<p><a href=${`${data.url.origin}/app/operator/checklist`}>${t('operator.url_open')}</a></p>`} />
      <${Line} state=${data.url.protocol === 'https:' ? 'good' : 'bad'} title=${t('operator.check_tls')} text=${t(data.url.protocol === 'https:' ? 'operator.tls_good' : 'operator.tls_bad')} />
      <${Line} state=${user.mfa_enabled ? 'good' : 'bad'} title=${t('operator.check_factor')} text=${t(user.mfa_enabled ? 'operator.factor_good' : 'operator.factor_bad')}
        action=${!user.mfa_enabled && html`<p><${Button} small href="/app/account/security">${t('core.set_up')}<//></p>`} />
      <${TestMail} email=${user.email} />
      <${Line} state=${runs('courier')} title=${t('operator.part_courier')} text=${t(runs('courier') === 'good' ? 'operator.courier_good' : 'operator.do_courier')} />
      <${Line} state=${runs('sweeper')} title=${t('operator.part_sweeper')} text=${t(runs('sweeper') === 'good' ? 'operator.sweeper_good' : 'operator.do_sweeper')} />
      <${Line} state=${data.numbers.tenants.total ? 'good' : 'open'} title=${t('operator.check_tenant')} text=${t(data.numbers.tenants.total ? 'operator.tenant_good' : 'operator.tenant_open')}
        action=${!data.numbers.tenants.total && html`<p><${Button} small href="/app/operator/tenants">${t('operator.new_tenant')}<//></p>`} /></ul><//>
    <${Card} title=${t('operator.decide')} lead=${t('operator.decide_lead')}><ul class="parts"><li><div class="part-head"><strong>${t('operator.signup_mode')}</strong><${Badge} tone="info">SIGNUP=${signup}<//></div>
      <p class="soft">${t(`operator.signup_${signup}`)}</p></li></ul><//>`}
    <${Card} title=${t('operator.unknown')} lead=${t('operator.unknown_lead')}><ul class="parts">${kCommands.map(([name, command]) => html`<li key=${name}><strong>${t(`operator.know_${name}`)}</strong>
      <p class="soft">${t(`operator.know_${name}_text`)}</p><p><code>${command}</code></p></li>`)}</ul><//>`;
}
