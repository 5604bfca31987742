// The account's passkeys: added, named, removed.
import { html, useLoad, useState } from '../../dom.js';
import { call } from '../../api.js';
import { t } from '../../i18n.js';
import { createPasskey, hasPasskeys, wasCancelled } from '../../passkeys.js';
import { useSession } from '../../session.js';
import { to } from '../../router.js';
import { Badge, Banner, Button, Card, Dialog, ErrorBox, Field, Form, Loading, PasswordField, Plain, toast, useForm, When } from '../../components/index.js';
import { only, proofFields } from '../entry/parts.js';

// Password, and the code where the account has one, before a way in comes or goes.
function Proof({ title, lead, label, kind, name, onSubmit, onClose }) {
  const { user } = useSession();
  const form = useForm({
    initial: { name: name || '', password: '', code: '' },
    fields: proofFields,
    check: (typed) => only({ name: name === undefined || typed.name.trim() ? '' : t('account.passkey_name_missing'), password: typed.password ? '' : t('entry.password_missing') }),
    submit: async (typed) => {
      const proof = { password: typed.password };
      if (typed.code.trim()) proof.code = typed.code.trim();
      try {
        await onSubmit(proof, typed.name.trim());
      } catch (problem) {
        if (!wasCancelled(problem)) throw problem;
        toast(t('account.passkey_cancelled'), { tone: 'bad' });
      }
    },
  });
  return html`<${Dialog} title=${title} onClose=${onClose}><p>${lead}</p><${Form} form=${form} label=${label} kind=${kind}>
    ${name !== undefined && html`<${Field} name="name" label=${t('account.passkey_name')} hint=${t('account.passkey_name_hint')} maxlength="100" ...${Plain} autofocus />`}
    <${PasswordField} name="password" label=${t('entry.password')} />
    ${user.mfa_enabled && html`<${Field} name="code" label=${t('entry.code')} hint=${t('entry.code_hint')} autocomplete="one-time-code" inputmode="numeric" ...${Plain} />`}<//><//>`;
}

function Rename({ passkey, onDone, onClose }) {
  const form = useForm({
    initial: { name: passkey.name },
    check: ({ name }) => only({ name: name.trim() ? '' : t('account.passkey_name_missing') }),
    submit: async ({ name }) => {
      await call('PUT', to`/api/v1/auth/passkeys/${passkey.id}`, { body: { name: name.trim() } });
      onDone();
    },
  });
  return html`<${Dialog} title=${t('account.passkey_rename')} onClose=${onClose}><${Form} form=${form} label=${t('account.save')}>
    <${Field} name="name" label=${t('account.passkey_name')} maxlength="100" ...${Plain} autofocus /><//><//>`;
}

function List({ items, onRename, onRemove }) {
  return html`<div class="table-box"><table aria-label=${t('account.passkeys')}><thead><tr>${[t('account.passkey_name'), t('account.passkey_added'), t('account.last_used'), '', ''].map((name, at) => (name ? html`<th key=${at} scope="col">${name}</th>` : html`<td key=${at}></td>`))}</tr></thead><tbody>${items.map((each) => html`<tr key=${each.id}><td class="main">${each.name}</td>
    <td data-label=${t('account.passkey_added')}><${When} at=${each.created_at} /></td><td data-label=${t('account.last_used')}><${When} at=${each.last_used_at} /></td>
    <td>${each.backed_up && html`<${Badge}>${t('account.passkey_synced')}<//>`}</td>
    <td class="row-actions"><${Button} small onClick=${() => onRename(each)}>${t('account.passkey_name_it')}<//> <${Button} small kind="danger" onClick=${() => onRemove(each)}>${t('account.passkey_drop')}<//></td></tr>`)}</tbody></table></div>`;
}

export function Passkeys() {
  const { user } = useSession();
  const { data, problem, again } = useLoad(() => call('GET', '/api/v1/auth/passkeys').then((reply) => reply.data.items));
  const [doing, set] = useState(null);
  const close = () => set(null);
  const done = (said) => {
    close();
    again();
    toast(t(said));
  };
  // Where there is none and none can be made, there is nothing to say.
  if (!hasPasskeys() && !(data && data.length)) return null;
  return html`<${Card} title=${t('account.passkeys')} lead=${t('account.passkeys_lead')}><${ErrorBox} problem=${problem} retry=${again} />
    ${!data && !problem && html`<${Loading} />`}
    ${data && (data.length ? html`<${List} items=${data} onRename=${(passkey) => set({ rename: passkey })} onRemove=${(passkey) => set({ remove: passkey })} />` : html`<p class="soft">${t('account.no_passkeys')}</p>`)}
    ${hasPasskeys() && (user.email_verified ? html`<div class="actions"><${Button} kind="primary" onClick=${() => set({ add: true })}>${t('account.passkey_add')}<//></div>`
      : html`<${Banner} tone="info">${t('account.passkey_needs_address')}<//>`)}
    ${doing && doing.add && html`<${Proof} title=${t('account.passkey_add')} lead=${t('account.passkey_add_lead')} label=${t('entry.next')} name="" onClose=${close}
      onSubmit=${async (proof, name) => { await call('POST', '/api/v1/auth/passkeys', { body: { name, credential: await createPasskey(proof) } }); done('account.passkey_is_added'); }} />`}
    ${doing && doing.rename && html`<${Rename} passkey=${doing.rename} onClose=${close} onDone=${() => done('account.saved')} />`}
    ${doing && doing.remove && html`<${Proof} title=${t('account.passkey_remove')} lead=${t('account.passkey_remove_lead', { name: doing.remove.name })} label=${t('account.passkey_remove')} kind="danger" onClose=${close}
      onSubmit=${async (proof) => { await call('POST', to`/api/v1/auth/passkeys/${doing.remove.id}/remove`, { body: proof }); done('account.passkey_is_removed'); }} />`}<//>`;
}
