// Refusals in plain words: the text of the problem's code in the language file (problem.CODE), else the service's own
// sentence, and the request id to give to whoever runs the service.
import { html } from '../dom.js';
import { duration, hasText, t } from '../i18n.js';
import { Button, CopyButton } from './basic.js';

// The sentence alone.
export function sentence(problem) {
  if (!problem) return '';
  if (problem.code === 'rate_limited' || problem.code === 'busy') {
    return t('problem.rate_limited', { wait: duration(Math.max(1, problem.retryAfter)) });
  }
  if (problem.code && hasText(`problem.${problem.code}`)) return t(`problem.${problem.code}`);
  return problem.detail || problem.title || problem.message || t('problem.internal');
}

// "email is required": of a member that is no field of the form. A detail that is a sentence stands alone.
const fault = ({ pointer, detail }) => (pointer && /^[a-z]/.test(detail || '') ? `${pointer.slice(1)} ${detail}` : detail);

// `retry`: what to do again, with a button for it.
export function ErrorBox({ problem, retry, children }) {
  if (!problem) return null;
  const items = (problem.errors || []).map(fault).filter(Boolean);
  return html`<div class="banner bad" role="alert"><div><p>${sentence(problem)}</p>
    ${items.length > 0 && html`<ul>${items.map((item, at) => html`<li key=${at}>${item}</li>`)}</ul>`}${children}
    ${problem.requestId && problem.status >= 500 && html`<p class="request">${t('core.request_id')} <code>${problem.requestId}</code> <${CopyButton} text=${problem.requestId} /></p>`}</div>
    ${retry && html`<div class="actions"><${Button} small onClick=${retry}>${t('core.again')}<//></div>`}</div>`;
}
