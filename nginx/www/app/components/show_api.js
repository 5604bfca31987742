// "Show as API": the requests behind what the person sees, newest first, as curl, with the secrets masked.
import { html, useState, useStore } from '../dom.js';
import { calls } from '../api.js';
import { t } from '../i18n.js';
import { CopyButton } from './basic.js';
import { Dialog } from './dialog.js';

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

export function curl({ method, path, body }) {
  const lines = [`curl -s${method === 'GET' ? '' : ` -X ${method}`} ${quoted(location.origin + path)}`, `-H "Authorization: Bearer $TOKEN"`];
  if (body !== undefined && body !== null) lines.push("-H 'Content-Type: application/json'", `-d ${quoted(JSON.stringify(body))}`);
  return lines.join(' \\\n  ');
}

export function ShowApi({ onClose }) {
  const all = useStore(calls);
  const [first] = useState(() => all);
  return html`<${Dialog} wide title=${t('core.show_api')} onClose=${onClose}><p class="soft">${t('core.show_api_lead')}</p>
    ${first.map((call, at) => html`<details key=${at} class="call" open=${at === 0}><summary><code>${call.method} ${call.path}</code> <span class=${`badge ${call.status >= 400 || !call.status ? 'bad' : 'good'}`}>${call.status || '–'}</span></summary>
      <pre class="json" tabindex="0">${curl(call)}</pre><p class="request">${call.took} ms · ${t('core.request_id')} <code>${call.requestId || '–'}</code> <${CopyButton} text=${curl(call)} /></p></details>`)}<//>`;
}
