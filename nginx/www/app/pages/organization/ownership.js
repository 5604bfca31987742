// Handing the organization over, and ending it.
import { html, useEffect, useLoad, useState } from '../../dom.js';
import { call } from '../../api.js';
import { t } from '../../i18n.js';
import { navigate, to } from '../../router.js';
import { can, nameOf, reload, selectOrganization, useSession } from '../../session.js';
import { Button, Card, ConfirmByName, Dialog, ErrorBox, Field, Form, PageHead, PasswordField, Plain, toast, useForm } from '../../components/index.js';
import { Person, roleName } from './parts.js';

function Prove({ member, onClose }) {
  const { user, organization } = useSession();
  const form = useForm({
    initial: { password: '', code: '' },
    fields: { reauthentication_required: 'password', mfa_invalid: 'code' },
    submit: async ({ password, code }) => {
      await call('POST', to`/api/v1/organizations/${organization.id}/transfer-ownership`,
                 { body: { user_id: member.id, ...(password && { password }), ...(code.trim() && { code: code.trim() }) } });
      await reload();
      toast(t('organization.transferred', { name: nameOf(member) }));
      navigate('/app/');
    },
  });
  return html`<${Dialog} title=${t('organization.transfer_title', { organization: organization.name })} onClose=${onClose}>
    <p>${t('organization.transfer_sure', { name: nameOf(member), organization: organization.name })}</p>
    <${Form} form=${form} label=${t('organization.transfer_act')} kind="danger" extra=${html`<${Button} onClick=${onClose}>${t('core.cancel')}<//>`}>
      <${PasswordField} name="password" label=${t('entry.password')} hint=${t('account.password_again')} />
      ${user.mfa_enabled && html`<${Field} name="code" label=${t('entry.code')} hint=${t('entry.code_hint')} autocomplete="one-time-code" inputmode="numeric" ...${Plain} />`}<//><//>`;
}

function Transfer() {
  const { user } = useSession();
  const [typed, type] = useState('');
  const [q, ask] = useState('');
  const [member, choose] = useState(null);
  useEffect(() => {
    const waiting = setTimeout(() => ask(typed.trim()), 300);
    return () => clearTimeout(waiting);
  }, [typed]);
  const { data, problem, again } = useLoad(() => call('GET', '/api/v1/users', { query: { q, status: 'active', limit: 10 } }).then((reply) => reply.data.items), [q]);
  const others = data && data.filter((each) => each.id !== user.id);
  return html`<${Card} title=${t('organization.transfer')} lead=${t('organization.transfer_lead')}>
    <${Field} name="member" type="search" label=${t('organization.find_member')} autocomplete="off" value=${typed} onInput=${type} />
    <${ErrorBox} problem=${problem} retry=${again} />
    ${others && (others.length ? html`<ul class="choices" aria-label=${t('organization.members')}>${others.map((each) => html`<li key=${each.id}><${Person} user=${each} /><span class="soft grow">${roleName(each.role)}</span>
      <${Button} small onClick=${() => choose(each)} aria-label=${t('organization.choose_person', { name: nameOf(each) })}>${t('organization.choose')}<//></li>`)}</ul>`
      : html`<p class="soft" role="status">${t(q ? 'core.nothing_found' : 'organization.nobody_else')}</p>`)}
    ${member && html`<${Prove} member=${member} onClose=${() => choose(null)} />`}<//>`;
}

function End() {
  const { organization, organizations } = useSession();
  const [ending, ask] = useState(false);
  const end = async () => {
    await call('DELETE', to`/api/v1/organizations/${organization.id}`, { body: { name: organization.name } });
    const next = organizations.find((each) => each.id !== organization.id);
    if (next) await selectOrganization(next.id);
    else await reload();
    toast(t('organization.was_ended', { organization: organization.name }));
    navigate('/app/');
  };
  return html`<${Card} tone="danger" title=${t('organization.end_title', { organization: organization.name })} lead=${t('organization.end_lead')}>
    <${Button} kind="danger" onClick=${() => ask(true)}>${t('organization.end_act')}<//>
    ${ending && html`<${ConfirmByName} title=${t('organization.end_title', { organization: organization.name })} name=${organization.name} action=${t('organization.end_act')} onConfirm=${end} onClose=${() => ask(false)}>
      <p>${t('organization.end_sure')}</p><//>`}<//>`;
}

export default function Ownership() {
  return html`<${PageHead} title=${t('organization.ownership')} lead=${t('organization.ownership_lead')} />
    ${can('tenant:transfer') && can('users:read') && html`<${Transfer} />`}${can('tenant:delete') && html`<${End} />`}`;
}
