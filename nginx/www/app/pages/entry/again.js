// Signing in again over a page that stays as it is: nothing that was typed there is lost.
import { html, useState } from '../../dom.js';
import { t } from '../../i18n.js';
import { forget, useSession } from '../../session.js';
import { Dialog, toast } from '../../components/index.js';
import { Who } from './parts.js';
import { Factor, Password } from './sign_in.js';

export default function Again() {
  const { user } = useSession();
  const [mfaToken, ask] = useState('');
  const over = () => {
    ask('');
    toast(t('entry.factor_over'), { tone: 'bad' });
  };
  return html`<${Dialog} title=${t('entry.again')}><p>${t('entry.again_lead')}</p>
    ${mfaToken ? html`<${Factor} mfaToken=${mfaToken} onOver=${over} />` : html`<${Who} email=${user.email} onBack=${() => forget('ended')} /><${Password} email=${user.email} onFactor=${ask} />`}
    <p class="soft">${t('entry.again_elsewhere')} <a href="/sign-in" target="_blank" rel="noopener">${t('entry.again_tab')}</a></p><//>`;
}
