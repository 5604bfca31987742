// Acting as a member of an organization, for a short time and for a reason that both of them read.
import { html } from '../../dom.js';
import { call } from '../../api.js';
import { t } from '../../i18n.js';
import { navigate } from '../../router.js';
import { act } from '../../session.js';
import { Banner, Button, Dialog, Field, Form, Plain, TextArea, useForm } from '../../components/index.js';

const kShortest = 5;

export function ActAs({ tenant, onClose }) {
  const form = useForm({
    initial: { reason: '', user_id: '' },
    fields: { impersonation_refused: 'user_id' },
    check: ({ reason }) => (reason.trim().length < kShortest ? { reason: t('operator.reason_short') } : {}),
    submit: async ({ reason, user_id: user }) => {
      const { data } = await call('POST', '/api/v1/auth/impersonate', { body: { tenant_id: tenant.id, reason: reason.trim(), ...(user.trim() && { user_id: user.trim() }) } });
      await act(data);
      navigate('/app/');
    },
  });
  return html`<${Dialog} title=${t('operator.act_title', { name: tenant.name })} onClose=${onClose}>
    <${Banner} tone="warn"><p>${t('operator.act_lead')}</p><//>
    <${Form} form=${form} label=${t('operator.act_begin')} extra=${html`<${Button} onClick=${onClose}>${t('core.cancel')}<//>`}>
      <${TextArea} name="reason" label=${t('operator.reason')} rows=${2} maxlength="500" hint=${t('operator.reason_hint')} />
      <${Field} name="user_id" label=${t('operator.act_member')} optional hint=${t('operator.act_member_hint')} maxlength="36" autocomplete="off" ...${Plain} /><//><//>`;
}
