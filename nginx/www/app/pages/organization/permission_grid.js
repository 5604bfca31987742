// Permissions as a grid: a row for each resource, a box for each act. Only what one holds oneself can be ticked.
import { html } from '../../dom.js';
import { t, word } from '../../i18n.js';

const kUsual = ['read', 'create', 'update', 'delete'];

export const permissionWords = (name) => {
  const [resource, action] = name.split(':');
  return `${word('resource', resource)}: ${word('action', action)}`;
};

function Box({ permission, chosen, onToggle, readonly, words }) {
  const on = chosen.has(permission.name);
  if (readonly) return on ? html`<span role="img" aria-label=${t('organization.held', { what: words })}>✓</span>` : html`<span class="soft" aria-hidden="true">–</span>`;
  return html`<input type="checkbox" aria-label=${words} title=${permission.name} checked=${on} onChange=${() => onToggle(permission.name)} />`;
}

// permissions: [{name, resource, action, grantable}]; chosen: Set of names; onChange(Set). `readonly` shows all that
// is chosen, also what one may not grant.
export function PermissionGrid({ label, permissions, chosen, onChange, readonly }) {
  const offered = permissions.filter((each) => (readonly ? chosen.has(each.name) : each.grantable));
  const toggle = (name) => {
    const next = new Set(chosen);
    if (!next.delete(name)) next.add(name);
    onChange(next);
  };
  const toggleAll = (names) => {
    const next = new Set(chosen);
    const every = names.every((name) => next.has(name));
    for (const name of names) if (every) next.delete(name); else next.add(name);
    onChange(next);
  };
  const rows = [...new Set(offered.map((each) => each.resource))].map((resource) => [resource, offered.filter((each) => each.resource === resource)]);
  if (!rows.length) return html`<p class="soft">${t('organization.no_permissions')}</p>`;
  const box = (permission, words) => html`<${Box} permission=${permission} chosen=${chosen} onToggle=${toggle} readonly=${readonly}
    words=${permissionWords(permission.name)} />${words && html` ${words}`}`;
  return html`<div class="table-box grid"><table aria-label=${label}><thead><tr><th scope="col">${t('organization.resources')}</th>
    ${kUsual.map((action) => html`<th key=${action} scope="col">${word('action', action)}</th>`)}<th scope="col">${t('organization.further')}</th></tr></thead>
    <tbody>${rows.map(([resource, all]) => {
      const further = all.filter((each) => !kUsual.includes(each.action));
      const name = word('resource', resource);
      return html`<tr key=${resource}><td class="main">${readonly || all.length < 2 ? name : html`<button type="button" class="link" title=${t('organization.toggle_row')} onClick=${() => toggleAll(all.map((each) => each.name))}>${name}</button>`}</td>
        ${kUsual.map((action) => {
          const permission = all.find((each) => each.action === action);
          return html`<td key=${action} class=${permission ? '' : 'none'} data-label=${word('action', action)}>${permission && box(permission)}</td>`;
        })}
        <td class=${further.length ? '' : 'none'} data-label=${t('organization.further')}><span class="boxes">${further.map((each) => html`<label key=${each.name}>${box(each, word('action', each.action))}</label>`)}</span></td></tr>`;
    })}</tbody></table></div>`;
}
