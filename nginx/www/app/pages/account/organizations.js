// The organizations that one belongs to: move into one, found one, leave one.
import { html, useState } from '../../dom.js';
import { call } from '../../api.js';
import { t, word } from '../../i18n.js';
import { navigate, to } from '../../router.js';
import { config, reload, selectOrganization, useSession } from '../../session.js';
import { Badge, Button, Card, ConfirmByName, Dialog, EmptyState, Field, Form, PageHead, toast, useForm, When } from '../../components/index.js';

function Found({ onClose }) {
  const form = useForm({
    initial: { name: '' },
    check: ({ name }) => (name.trim() ? {} : { name: t('entry.organization_missing') }),
    submit: async ({ name }) => {
      const { data } = await call('POST', '/api/v1/organizations', { body: { name: name.trim() } });
      onClose();
      await selectOrganization(data.organization ? data.organization.id : data.id);
      toast(t('entry.welcome', { organization: name.trim() }));
    },
  });
  return html`<${Dialog} title=${t('account.found')} onClose=${onClose}><${Form} form=${form} label=${t('account.found_act')}>
    <${Field} name="name" label=${t('account.organization_name')} maxlength="200" /><//><//>`;
}

export default function Organizations() {
  const { organization, organizations } = useSession();
  const [founding, found] = useState(false);
  const [leaving, leave] = useState(null);
  const open = (each) => selectOrganization(each.id).then(() => navigate('/app/')).catch((problem) => toast(problem.message, { tone: 'bad' }));
  const end = async () => {
    await call('DELETE', to`/api/v1/organizations/${leaving.id}/members/me`);
    const next = organizations.find((each) => each.id !== leaving.id);
    if (organization && organization.id === leaving.id && next) await selectOrganization(next.id);
    else await reload();
    toast(t('account.left', { organization: leaving.name }));
  };
  return html`<${PageHead} title=${t('account.organizations')} lead=${t('account.organizations_lead')}>
      ${config.get().signup !== 'closed' && html`<${Button} icon="plus" kind="primary" onClick=${() => found(true)}>${t('account.found')}<//>`}<//>
    ${organizations.length === 0 ? html`<${Card}><${EmptyState} icon="building" title=${t('core.no_organization')}>${t('home.nowhere_text')}<//><//>`
      : html`<div class="table-box"><table aria-label=${t('account.organizations')}><thead><tr><th scope="col">${t('core.organization')}</th><th scope="col">${t('account.role')}</th><th scope="col">${t('account.since')}</th><th scope="col"><span class="hidden">${t('core.actions')}</span></th></tr></thead>
        <tbody>${organizations.map((each) => html`<tr key=${each.id}><td class="main" dir="auto">${each.name} ${organization && each.id === organization.id && html`<${Badge} tone="info">${t('account.here')}<//>`}</td>
          <td data-label=${t('account.role')}>${each.role ? word('role', each.role) : '–'}</td><td data-label=${t('account.since')}><${When} at=${each.created_at} /></td>
          <td class="row-actions">${!(organization && each.id === organization.id) && html`<${Button} small onClick=${() => open(each)}>${t('account.open')}<//>`} ${each.role && html`<${Button} small kind="danger" onClick=${() => leave(each)}>${t('account.leave')}<//>`}</td></tr>`)}</tbody></table></div>`}
    ${founding && html`<${Found} onClose=${() => found(false)} />`}
    ${leaving && html`<${ConfirmByName} title=${t('account.leave_title', { organization: leaving.name })} name=${leaving.name} action=${t('account.leave')} onConfirm=${end} onClose=${() => leave(null)}><p>${t('account.leave_lead')}</p><//>`}`;
}
