// Letting an account in again that wrong passwords or codes have locked.
import { html, useState } from '../../dom.js';
import { call } from '../../api.js';
import { number, t } from '../../i18n.js';
import { useSession } from '../../session.js';
import { Button, Confirm, toast } from '../../components/index.js';

// Returns {Unlock, dialog}: a button for a row that wants it, and what it opens.
export function useUnlock(onDone) {
  const { user } = useSession();
  const [asking, ask] = useState(null);
  const unlock = async () => {
    await call('POST', `/api/v1/admin/users/${asking.user_id}/unlock`);
    onDone();
    toast(t('operator.unlocked', { email: asking.email }));
  };
  const locked = (row) => row.user_id !== user.id && (row.locked_until || row.second_factor_locked_until || row.failed_sign_ins > 0);
  const Unlock = ({ row }) => (locked(row) ? html`<${Button} small icon="key" onClick=${() => ask(row)}>${t('operator.unlock')}<//>` : null);
  const dialog = asking && html`<${Confirm} title=${t('operator.unlock')} action=${t('operator.unlock')} danger=${false} onConfirm=${unlock} onClose=${() => ask(null)}>
    <p>${t('operator.unlock_lead', { email: asking.email, failed: number(asking.failed_sign_ins) })}</p><//>`;
  return { Unlock, dialog };
}
