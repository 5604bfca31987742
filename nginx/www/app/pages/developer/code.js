// Program text with a button that copies it, in several languages.
import { html, useState } from '../../dom.js';
import { t } from '../../i18n.js';
import { Button, CopyButton } from '../../components/index.js';

export const Code = ({ text, label }) => html`<div class="code"><pre class="json" dir="ltr" tabindex="0" aria-label=${label}>${text}</pre><${CopyButton} text=${text} /></div>`;

// items: {name: text}, by the name of the language.
export function Codes({ items, label }) {
  const names = Object.keys(items);
  const [name, choose] = useState(names[0]);
  return html`<div role="group" aria-label=${label || t('developer.language')}><div class="actions">${names.map((each) => html`<${Button} key=${each} small kind=${each === name ? 'primary' : 'plain'} aria-pressed=${String(each === name)} onClick=${() => choose(each)}>${each}<//>`)}</div>
    <${Code} text=${items[name]} label=${name} /></div>`;
}
