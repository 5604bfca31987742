// Where one is signed in.
import { html, useState } from '../../dom.js';
import { call } from '../../api.js';
import { t } from '../../i18n.js';
import { navigate } from '../../router.js';
import { forget, useSession } from '../../session.js';
import { Badge, Button, Confirm, DataTable, PageHead, toast, When } from '../../components/index.js';

const columns = () => [
  { key: 'device', label: t('account.device'), main: true, render: (row) => html`${row.device} ${row.current && html`<${Badge} tone="good">${t('account.this_device')}<//>`} ${row.impersonator_id && html`<${Badge} tone="warn">${t('account.acted')}<//>`}` },
  { key: 'address', label: t('account.from'), render: (row) => html`<code class="ip">${row.address}</code>` },
  { key: 'created_at', label: t('account.began'), render: (row) => html`<${When} at=${row.created_at} />` },
  { key: 'last_used_at', label: t('account.last_used'), render: (row) => html`<${When} at=${row.last_used_at} />` },
];

export default function Sessions() {
  const { user } = useSession();
  const [version, next] = useState(0);
  const [all, ask] = useState(false);
  const path = `/api/v1/users/${user.id}/sessions`;
  const end = (row) => call('DELETE', `${path}/${row.id}`).then(() => {
    next((n) => n + 1);
    toast(t('account.session_ended'));
  }).catch((problem) => toast(problem.message, { tone: 'bad' }));
  const endAll = async () => {
    await call('DELETE', path);
    forget('signed-out');
    navigate('/sign-in');
  };
  return html`<${PageHead} title=${t('account.sessions')} lead=${t('account.sessions_lead')}><${Button} kind="danger" onClick=${() => ask(true)}>${t('account.end_all')}<//><//>
    <${DataTable} label=${t('account.sessions')} path=${path} version=${version} columns=${columns()}
      actions=${(row) => !row.current && html`<${Button} small onClick=${() => end(row)}>${t('account.end')}<//>`} />
    ${all && html`<${Confirm} title=${t('account.end_all')} action=${t('account.end_all')} onConfirm=${endAll} onClose=${() => ask(false)}><p>${t('account.end_all_lead')}</p><//>`}`;
}
