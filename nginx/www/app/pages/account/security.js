// Password, second factor, identities at providers, and what has happened to the account.
import { html, useLoad, useState } from '../../dom.js';
import { call, saveFile } from '../../api.js';
import { t, word } from '../../i18n.js';
import { QrCode } from '../../qr.js';
import { config, reload, useSession } from '../../session.js';
import { Badge, Banner, Button, Card, Confirm, CopyButton, DataTable, Dialog, EmptyState, ErrorBox, Field, Form, Loading, PageHead, PasswordField, Plain, Select, sentence, toast, useForm, When } from '../../components/index.js';
import { only, proofFields, wrongPassword } from '../entry/parts.js';
import { Passkeys } from './passkeys.js';

function Password() {
  const form = useForm({
    initial: { current_password: '', new_password: '' },
    fields: { reauthentication_required: 'current_password', invalid_credentials: 'current_password', password_refused: 'new_password' },
    check: ({ current_password: old, new_password: next }) => only({ current_password: old ? '' : t('entry.password_missing'), new_password: wrongPassword(next) }),
    submit: async (values) => {
      await call('POST', '/api/v1/auth/change-password', { body: values });
      form.reset();
      toast(t('account.password_changed'));
    },
  });
  return html`<${Card} title=${t('account.password')} lead=${t('account.password_lead')}><${Form} form=${form} label=${t('account.change_password')} kind="plain">
    <${PasswordField} name="current_password" label=${t('account.current_password')} />
    <${PasswordField} fresh name="new_password" label=${t('entry.new_password')} hint=${t('entry.password_hint')} /><//><//>`;
}

function Codes({ codes, onClose }) {
  const all = codes.join('\n');
  return html`<${Dialog} title=${t('account.codes')} onClose=${onClose} foot=${html`<${Button} kind="primary" onClick=${onClose}>${t('core.kept')}<//>
      <${CopyButton} small=${false} text=${all} /><${Button} icon="download" onClick=${() => saveFile(new Blob([`${all}\n`], { type: 'text/plain' }), 'recovery-codes.txt')}>${t('account.save_file')}<//>`}>
    <p>${t('account.codes_lead')}</p><ul class="codes">${codes.map((code) => html`<li key=${code}><code>${code}</code></li>`)}</ul><//>`;
}

// Password, then the app's picture and its first code.
function Enroll({ onDone, onClose }) {
  const [made, set] = useState(null);
  const form = useForm({
    initial: { password: '', code: '' },
    fields: proofFields,
    check: ({ password, code }) => only({ password: password ? '' : t('entry.password_missing'), code: !made || code.trim() ? '' : t('entry.code_missing') }),
    submit: async ({ password, code }) => {
      if (!made) return set((await call('POST', '/api/v1/auth/mfa/enroll', { body: { password } })).data);
      return onDone((await call('POST', '/api/v1/auth/mfa/confirm', { body: { password, code: code.trim() } })).data.recovery_codes);
    },
  });
  return html`<${Dialog} title=${t('account.factor_set_up')} onClose=${onClose}>
    ${made && html`<p>${t('account.scan')}</p><${QrCode} text=${made.otpauth_uri} label=${t('account.qr')} />
      <p class="soft">${t('account.type_secret')}</p><div class="secret"><code>${made.secret.replace(/(.{4})(?=.)/g, '$1 ')}</code><${CopyButton} text=${made.secret} /></div>`}
    <${Form} key=${String(Boolean(made))} form=${form} label=${t(made ? 'account.confirm' : 'entry.next')}>
      ${made ? html`<${Field} name="code" label=${t('account.first_code')} autocomplete="one-time-code" inputmode="numeric" ...${Plain} />`
        : html`<${PasswordField} name="password" label=${t('entry.password')} hint=${t('account.password_again')} />`}<//><//>`;
}

// What takes password and code: switching off, new recovery codes.
function Proof({ title, lead, label, kind, onSubmit, onClose }) {
  const form = useForm({ initial: { password: '', code: '' }, fields: proofFields, submit: ({ password, code }) => onSubmit({ password, code: code.trim() }) });
  return html`<${Dialog} title=${title} onClose=${onClose}><p>${lead}</p><${Form} form=${form} label=${label} kind=${kind}>
    <${PasswordField} name="password" label=${t('entry.password')} />
    <${Field} name="code" label=${t('entry.code')} hint=${t('entry.code_hint')} autocomplete="one-time-code" inputmode="numeric" ...${Plain} /><//><//>`;
}

function SecondFactor({ user }) {
  const [doing, set] = useState('');
  const [codes, show] = useState(null);
  const { data } = useLoad(() => call('GET', `/api/v1/users/${user.id}/security`).then((reply) => reply.data, () => null), [user.mfa_enabled, codes]);
  const close = () => set('');
  const done = async (fresh) => {
    close();
    show(fresh);
    await reload();
  };
  return html`<${Card} title=${t('account.factor')} lead=${t('account.factor_lead')} actions=${html`<${Badge} tone=${user.mfa_enabled ? 'good' : ''}>${t(user.mfa_enabled ? 'account.on' : 'account.off')}<//>`}>
    ${user.mfa_enabled && data && html`<p class="soft codes-left">${t('account.codes_left', { count: data.recovery_codes_left })}</p>`}
    ${!user.email_verified && !user.mfa_enabled ? html`<${Banner} tone="info">${t('account.factor_needs_address')}<//>`
      : html`<div class="actions">${user.mfa_enabled ? html`<${Button} onClick=${() => set('codes')}>${t('account.new_codes')}<//><${Button} kind="danger" onClick=${() => set('off')}>${t('account.switch_off')}<//>`
        : html`<${Button} kind="primary" onClick=${() => set('on')}>${t('core.set_up')}<//>`}</div>`}
    ${doing === 'on' && html`<${Enroll} onDone=${done} onClose=${close} />`}
    ${doing === 'codes' && html`<${Proof} title=${t('account.new_codes')} lead=${t('account.new_codes_lead')} label=${t('account.new_codes')} onClose=${close}
      onSubmit=${async (body) => done((await call('POST', '/api/v1/auth/mfa/recovery-codes', { body })).data.recovery_codes)} />`}
    ${doing === 'off' && html`<${Proof} title=${t('account.switch_off_title')} lead=${t('account.switch_off_lead')} label=${t('account.switch_off')} kind="danger" onClose=${close}
      onSubmit=${async (body) => { await call('POST', '/api/v1/auth/mfa/disable', { body }); await done(null); toast(t('account.switched_off')); }} />`}
    ${codes && html`<${Codes} codes=${codes} onClose=${() => show(null)} />`}<//>`;
}

const kSocial = { google: 'Google', microsoft: 'Microsoft', github: 'GitHub' };
const providerOf = (issuer) => (issuer.startsWith('service:') ? kSocial[issuer.slice(8)] || issuer.slice(8) : new URL(issuer).host);

// Leaves for a provider of the service's; whoever comes back has it connected.
async function connect(name) {
  try {
    location.assign((await call('GET', `/api/v1/auth/social/${name}/login`)).data.authorization_url);
  } catch (problem) {
    toast(sentence(problem), { tone: 'bad' });
  }
}

function Identities() {
  const { data, problem, again } = useLoad(() => call('GET', '/api/v1/auth/identities').then((reply) => reply.data.items));
  const [ending, end] = useState(null);
  return html`<${Card} title=${t('account.identities')} lead=${t('account.identities_lead')}><${ErrorBox} problem=${problem} retry=${again} />
    ${!data && !problem && html`<${Loading} />`}
    ${data && (data.length ? html`<div class="table-box"><table><tbody>${data.map((each) => html`<tr key=${each.id}><td class="main" dir="ltr">${each.email}</td><td data-label=${t('account.provider')}>${providerOf(each.issuer)}</td>
      <td data-label=${t('account.last_used')}><${When} at=${each.last_used_at} /></td><td class="row-actions"><${Button} small kind="danger" onClick=${() => end(each)}>${t('account.disconnect')}<//></td></tr>`)}</tbody></table></div>`
      : html`<p class="soft">${t('account.no_identities')}</p>`)}
    ${data && (config.get().social || []).length > 0 && html`<div class="actions after">${config.get().social.map((name) => html`<${Button} key=${name} onClick=${() => connect(name)}>${t('account.connect', { provider: kSocial[name] || name })}<//>`)}</div>`}
    ${ending && html`<${Confirm} title=${t('account.disconnect')} action=${t('account.disconnect')} onClose=${() => end(null)}
      onConfirm=${async () => { await call('DELETE', `/api/v1/auth/identities/${ending.id}`); again(); toast(t('account.disconnected')); }}><p>${t('account.disconnect_lead', { email: ending.email })}</p><//>`}<//>`;
}

const kAlerts = ['never', 'new_device', 'always'];

// Of which sign-ins one wants a mail: not fewer than the service and one's organizations ask for.
function Alerts() {
  const { data, problem, again } = useLoad(() => call('GET', '/api/v1/users/me/preferences').then((reply) => reply.data));
  return html`<${Card} title=${t('account.alerts')} lead=${t('account.alerts_lead')}><${ErrorBox} problem=${problem} retry=${again} />
    ${!data && !problem && html`<${Loading} />`}${data && html`<${AlertForm} key=${data.login_alert} read=${data} again=${again} />`}<//>`;
}

function AlertForm({ read, again }) {
  const offered = kAlerts.slice(kAlerts.indexOf(read.login_alert_least));
  const form = useForm({
    initial: { login_alert: read.login_alert ?? '' },
    submit: async ({ login_alert: chosen }) => {
      await call('PUT', '/api/v1/users/me/preferences', { body: { login_alert: chosen || null } });
      toast(t('account.saved'));
      again();
    },
  });
  const now = html`<p class="soft">${t('account.alerts_now', { which: t(`account.alert_${read.login_alert_in_force}`) })}</p>`;
  if (offered.length === 1) return html`${now}<p class="soft">${t('account.alerts_fixed')}</p>`;
  const usual = ['', t('account.alerts_usual', { which: t(`account.alert_${read.login_alert_usual}`) })];
  const kept = read.login_alert && !offered.includes(read.login_alert) ? [read.login_alert] : [];
  return html`${now}<${Form} form=${form} label=${t('account.save')} kind="plain">
    <${Select} name="login_alert" label=${t('account.alerts_choice')} options=${[usual, ...[...kept, ...offered].map((name) => [name, t(`account.alert_${name}`)])]} /><//>`;
}

const columns = () => [
  { key: 'type', label: t('account.event'), main: true, render: (row) => word('event', row.type.replaceAll('.', '_')) },
  { key: 'created_at', label: t('account.when'), render: (row) => html`<${When} at=${row.created_at} />` },
  { key: 'address', label: t('account.from'), render: (row) => html`<code class="ip">${row.address}</code>` },
  { key: 'agent', label: t('account.program') },
];

export default function Security() {
  const { user } = useSession();
  return html`<${PageHead} title=${t('account.security')} lead=${t('account.security_lead')} />
    <${Password} /><${Passkeys} /><${SecondFactor} user=${user} /><${Alerts} /><${Identities} />
    <${Card} title=${t('account.events')} lead=${t('account.events_lead')}><${DataTable} label=${t('account.events')} path="/api/v1/auth/security-events" size=${20} total=${false} columns=${columns()}
      empty=${html`<${EmptyState} icon="shield" title=${t('account.no_events')} />`} /><//>`;
}
