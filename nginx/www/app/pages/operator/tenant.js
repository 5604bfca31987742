// One organization as its operators see it: limits, usage, numbers, settings; acting as one of its members; its end.
import { html, useLoad, useState } from '../../dom.js';
import { call } from '../../api.js';
import { bytes, dateTime, number, t, word } from '../../i18n.js';
import { Link, navigate, to } from '../../router.js';
import { Badge, Banner, Button, Card, Confirm, ConfirmByName, Dialog, ErrorBox, Facts, Field, Form, Json, Loading, PageHead, Plain, TextArea, toast, Usage, useForm, When } from '../../components/index.js';
import { ActAs } from './act_as.js';
import { LimitFields, limitFields, limitsOf, typedLimits, wrongLimits } from './limit_fields.js';

// Name, slug and limits, as they were read: who comes second is told so.
function Change({ tenant, etag, onDone, again }) {
  const form = useForm({
    initial: { name: tenant.name, slug: tenant.slug, ...typedLimits(tenant.limits) },
    fields: { ...limitFields, slug: 'slug', conflict: 'slug' },
    check: (values) => ({ ...(!values.name.trim() && { name: t('operator.name_missing') }), ...wrongLimits(values) }),
    submit: async (values) => {
      const limits = limitsOf(values, tenant.limits);
      const body = {
        ...(values.name.trim() !== tenant.name && { name: values.name.trim() }),
        ...(values.slug.trim() !== tenant.slug && { slug: values.slug.trim() }),
        ...(Object.keys(limits).length && { limits }),
      };
      if (Object.keys(body).length) onDone(await call('PUT', `/api/v1/tenants/${tenant.id}`, { body, etag }));
      toast(t('operator.saved'));
    },
  });
  const stale = form.problem && form.problem.status === 412;
  return html`<${Card} title=${t('operator.name_and_limits')} lead=${t('operator.limits_lead')}><${Form} wide form=${form} label=${t('operator.save')}
      extra=${stale && html`<${Button} icon="refresh" onClick=${again}>${t('operator.load_again')}<//>`}>
    <div class="columns"><${Field} name="name" label=${t('operator.name')} maxlength="200" autocomplete="off" />
      <${Field} name="slug" label=${t('operator.slug')} hint=${t('operator.slug_hint')} maxlength="63" autocomplete="off" ...${Plain} /></div>
    <${LimitFields} /><//><//>`;
}

function Used({ tenant }) {
  const { data, problem, again } = useLoad(() => call('GET', `/api/v1/tenants/${tenant.id}/stats`).then((reply) => reply.data), [tenant.updated_at]);
  const { usage, limits } = tenant;
  return html`<${Card} title=${t('operator.usage')}>
    <${Usage} label=${t('operator.members')} used=${usage.members} limit=${limits.max_members} />
    <${Usage} label=${t('operator.projects')} used=${usage.projects} limit=${limits.max_projects} />
    <${Usage} label=${t('operator.storage')} used=${usage.storage_bytes} limit=${limits.max_storage_bytes} show=${bytes} />
    <div class="usage-facts"><${ErrorBox} problem=${problem} retry=${again} />${!data && !problem && html`<${Loading} />`}
    ${data && html`<${Facts} items=${[
      [t('operator.by_role'), data.by_role.map((each) => `${word('role', each.role)}: ${number(each.active)}`).join(', ') || '–'],
      [t('operator.members_inactive'), number(data.members.inactive)], [t('operator.invites'), number(data.pending_invites)],
      [t('operator.api_keys'), number(data.api_keys)], [t('operator.sessions'), number(data.live_sessions)],
      [t('operator.last_activity'), html`<${When} at=${data.last_activity_at} />`]]} />`}</div><//>`;
}

// Reading them leaves a line in the organization's own log, so they are read when they are asked for.
function Settings({ tenant }) {
  const [read, set] = useState(null);
  const [problem, fail] = useState(null);
  const [asking, ask] = useState(false);
  const path = `/api/v1/tenants/${tenant.id}/settings`;
  const load = () => call('GET', path).then(({ data }) => { set(data); fail(null); }, fail);
  const seconds = (value) => (value === null ? t('operator.as_service') : t('operator.seconds', { count: value }));
  const change = async () => {
    set((await call('PUT', path, { body: { require_mfa: !read.require_mfa } })).data);
    toast(t('operator.saved'));
  };
  return html`<${Card} title=${t('operator.settings')} lead=${t('operator.settings_lead')} actions=${read
      ? html`<${Button} onClick=${() => ask(true)}>${t(read.require_mfa ? 'operator.factor_waive' : 'operator.factor_ask')}<//>` : html`<${Button} onClick=${load}>${t('operator.settings_read')}<//>`}>
    <${ErrorBox} problem=${problem} retry=${load} />
    ${read && html`<${Facts} items=${[
      [t('operator.require_mfa'), html`<${Badge} tone=${read.require_mfa ? 'good' : ''}>${t(read.require_mfa ? 'operator.yes' : 'operator.no')}<//>`],
      [t('operator.sender'), html`<span dir="auto">${read.mail_sender_name || t('operator.as_service')}</span>`],
      [t('operator.self_approval'), t(read.self_approval ? 'operator.yes' : 'operator.no')],
      [t('operator.idle'), seconds(read.session_idle_seconds)], [t('operator.longest'), seconds(read.session_max_seconds)],
      [t('operator.invite_time'), seconds(read.invite_seconds)],
      [t('operator.login_alert'), read.login_alert ? t(`operator.alert_${read.login_alert}`) : t('operator.as_service')],
      Object.keys(read.settings).length > 0 && [t('operator.free_form'), html`<${Json} value=${read.settings} />`]]} />`}
    ${asking && html`<${Confirm} title=${t(read.require_mfa ? 'operator.factor_waive' : 'operator.factor_ask')} action=${t(read.require_mfa ? 'operator.factor_waive' : 'operator.factor_ask')}
      danger=${!read.require_mfa} onConfirm=${change} onClose=${() => ask(false)}><p>${t(read.require_mfa ? 'operator.factor_waive_lead' : 'operator.factor_ask_lead', { name: tenant.name })}</p><//>`}<//>`;
}

function Deactivate({ tenant, onDone, onClose }) {
  const form = useForm({
    initial: { reason: '' },
    submit: async ({ reason }) => {
      onDone(await call('POST', `/api/v1/tenants/${tenant.id}/deactivate`, { body: reason.trim() ? { reason: reason.trim() } : {} }));
      toast(t('operator.deactivated', { name: tenant.name }));
      onClose();
    },
  });
  return html`<${Dialog} title=${t('operator.deactivate')} onClose=${onClose}><p>${t('operator.deactivate_lead', { name: tenant.name })}</p>
    <${Form} form=${form} kind="danger" label=${t('operator.deactivate')} extra=${html`<${Button} onClick=${onClose}>${t('core.cancel')}<//>`}>
      <${TextArea} name="reason" label=${t('operator.reason')} optional rows=${2} maxlength="500" hint=${t('operator.reason_audit')} /><//><//>`;
}

export default function Tenant({ params }) {
  const path = to`/api/v1/tenants/${params.id}`;
  const [fresh, set] = useState(null);  // what a change has answered
  const [round, next] = useState(0);
  const [doing, act] = useState('');
  const { data, problem, again } = useLoad(() => call('GET', path));
  const reply = fresh || data;
  const reread = () => { set(null); next(round + 1); again(); };
  const done = (changed) => { set(changed); next(round + 1); };
  if (!reply) return html`<${PageHead} title=${t('operator.tenant')} />${problem ? html`<${ErrorBox} problem=${problem} retry=${again} />` : html`<${Loading} />`}`;
  const tenant = reply.data;
  const active = tenant.status === 'active';
  const close = () => act('');
  const activate = () => call('POST', `${path}/activate`).then((changed) => { done(changed); toast(t('operator.activated', { name: tenant.name })); }).catch((refusal) => toast(refusal.message, { tone: 'bad' }));
  const end = async () => {
    await call('DELETE', path, { body: { name: tenant.name } });
    toast(t('operator.ended', { name: tenant.name }));
    navigate('/app/operator/tenants');
  };
  return html`<p class="back"><${Link} href="/app/operator/tenants">${t('operator.all_tenants')}<//></p>
    <${PageHead} title=${html`<span dir="auto">${tenant.name}</span>`} lead=${t('operator.tenant_lead', { date: dateTime(tenant.created_at) })}>
      ${active && html`<${Button} icon="person" onClick=${() => act('impersonate')}>${t('operator.act_as')}<//>`}
      <${Button} icon="file" href=${`/app/operator/audit?tenant_id=${tenant.id}`}>${t('operator.its_audit')}<//><//>
    <${ErrorBox} problem=${problem} retry=${again} />
    ${!active && html`<${Banner} tone="warn" action=${html`<${Button} small onClick=${activate}>${t('operator.activate')}<//>`}><p><strong>${t('operator.inactive_since', { date: dateTime(tenant.deactivated_at) })}</strong> ${t('operator.inactive_lead')}</p><//>`}
    <${Change} key=${`${round} ${reply.etag}`} tenant=${tenant} etag=${reply.etag} onDone=${done} again=${reread} />
    <${Used} tenant=${tenant} /><${Settings} tenant=${tenant} />
    <${Card} title=${t('operator.end_title')} tone="danger" lead=${t('operator.end_lead')}><div class="actions">
      ${active && html`<${Button} kind="danger" onClick=${() => act('deactivate')}>${t('operator.deactivate')}<//>`}
      <${Button} kind="danger" icon="trash" onClick=${() => act('end')}>${t('operator.end')}<//></div><//>
    ${doing === 'impersonate' && html`<${ActAs} tenant=${tenant} onClose=${close} />`}
    ${doing === 'deactivate' && html`<${Deactivate} tenant=${tenant} onDone=${done} onClose=${close} />`}
    ${doing === 'end' && html`<${ConfirmByName} title=${t('operator.end')} name=${tenant.name} action=${t('operator.end')} onConfirm=${end} onClose=${close}><p>${t('operator.end_text', { name: tenant.name })}</p><//>`}`;
}
