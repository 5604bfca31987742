// Lifts the lock that wrong passwords put on an account. It gives nothing else.
import { html, useState } from '../../dom.js';
import { call } from '../../api.js';
import { t } from '../../i18n.js';
import { Heading } from '../../router.js';
import { Button, Form, useForm } from '../../components/index.js';
import { Incomplete, Over, useSecret } from './parts.js';

export default function Unlock() {
  const secret = useSecret();
  const [over, end] = useState(null);
  const form = useForm({
    submit: async () => {
      try {
        await call('POST', '/api/v1/auth/unlock', { body: { token: secret }, anonymous: true });
        end('good');
      } catch (problem) {
        if (problem.code !== 'token_invalid') throw problem;
        end('bad');
      }
    },
  });
  if (over === 'good') return html`<${Over} tone="good" title=${t('entry.unlocked')}>${t('entry.unlocked_text')}<//>`;
  if (over) return html`<${Over}>${t('entry.unlock_dead')}<//>`;
  if (!secret) return html`<${Incomplete} />`;
  return html`<${Heading}>${t('entry.unlock')}<//><p class="lead">${t('entry.unlock_lead')}</p>
    <${Form} form=${form} label=${t('entry.unlock_act')} /><div class="others"><${Button} href="/reset">${t('entry.reset_instead')}<//></div>`;
}
