// One's own data: all of it as a file, and the end of the account.
import { html, useState } from '../../dom.js';
import { call, saveFile, tellTabs } from '../../api.js';
import { t } from '../../i18n.js';
import { forget, useSession } from '../../session.js';
import { Button, Card, Dialog, Field, Form, PageHead, PasswordField, Plain, toast, useForm } from '../../components/index.js';
import { only, proofFields } from '../entry/parts.js';

// Who has no password proves it in the dialog of the service's own.
const proof = ({ password, code }) => ({ ...(password && { password }), ...(code.trim() && { code: code.trim() }) });

function Proof({ user }) {
  return html`<${PasswordField} name="password" label=${t('entry.password')} />
    ${user.mfa_enabled && html`<${Field} name="code" label=${t('entry.code')} hint=${t('entry.code_hint')} autocomplete="one-time-code" inputmode="numeric" ...${Plain} />`}`;
}

function Download({ user, onClose }) {
  const form = useForm({
    initial: { password: '', code: '' },
    fields: proofFields,
    submit: async (values) => {
      const { data } = await call('POST', '/api/v1/users/me/export', { body: proof(values) });
      saveFile(new Blob([JSON.stringify(data, null, 2)], { type: 'application/json' }), 'personal-data.json');
      toast(t('account.data_saved'));
      onClose();
    },
  });
  return html`<${Dialog} title=${t('account.data_download')} onClose=${onClose}><${Form} form=${form} label=${t('account.data_download')}><${Proof} user=${user} /><//><//>`;
}

function Erase({ user, onClose }) {
  const form = useForm({
    initial: { email: '', password: '', code: '' },
    fields: { ...proofFields, confirmation_mismatch: 'email' },
    check: ({ email }) => only({ email: email.trim() ? '' : t('account.erase_address_missing') }),
    submit: async ({ email, ...values }) => {
      await call('POST', '/api/v1/users/me/erase', { body: { email: email.trim(), ...proof(values) } });
      forget('signed-out');
      tellTabs('signed-out');
    },
  });
  return html`<${Dialog} title=${t('account.erase')} onClose=${onClose}><p>${t('account.erase_warning')}</p>
    <${Form} form=${form} label=${t('account.erase_now')} kind="danger">
      <${Field} name="email" type="email" label=${t('account.erase_address')} hint=${user.email} autocomplete="off" ...${Plain} /><${Proof} user=${user} /><//><//>`;
}

export default function Data() {
  const { user } = useSession();
  const [doing, set] = useState('');
  const close = () => set('');
  return html`<${PageHead} title=${t('account.data')} />
    <${Card} title=${t('account.data_download')} lead=${t('account.data_lead')}><div class="actions"><${Button} icon="download" onClick=${() => set('download')}>${t('account.data_download')}<//></div><//>
    <${Card} title=${t('account.erase')} lead=${t('account.erase_lead')}><div class="actions"><${Button} kind="danger" onClick=${() => set('erase')}>${t('account.erase')}<//></div><//>
    ${doing === 'download' && html`<${Download} user=${user} onClose=${close} />`}${doing === 'erase' && html`<${Erase} user=${user} onClose=${close} />`}`;
}
