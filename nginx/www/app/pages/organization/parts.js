// What several pages of the organization share.
import { html, useLoad } from '../../dom.js';
import { call } from '../../api.js';
import { t, word } from '../../i18n.js';
import { can, nameOf, session } from '../../session.js';
import { Banner, Button, EmptyState, ErrorBox, Field, Loading, Select, sentence, toast } from '../../components/index.js';

export const failed = (problem) => toast(sentence(problem), { tone: 'bad' });
export const roleName = (name) => word('role', name);

// The roles of every organization, from the one that may most.
export const kGiven = ['owner', 'admin', 'manager', 'member', 'viewer'];
const rank = ({ name, system }) => (system && kGiven.includes(name) ? kGiven.indexOf(name) : kGiven.length);
export const inOrder = (roles) => [...roles].sort((one, other) => rank(one) - rank(other));

// All entries of a list that the service keeps short.
export async function all(path) {
  const found = [];
  for (let cursor; ;) {
    const { data } = await call('GET', path, { query: { limit: 200, cursor } });
    found.push(...data.items);
    cursor = data.next_cursor;
    if (!cursor || found.length >= 2000) return found;
  }
}

// Roles that hold nothing that one does not hold oneself: others the service would refuse to give.
export const useRoles = () => useLoad(async () => {
  if (!can('roles:read')) return null;
  const mine = session.get().permissions;
  return inOrder(await all('/api/v1/roles')).filter((role) => role.permissions.every((name) => mine.has(name)));
}, []);

// Who may not read the roles types the name of one.
export function RoleField({ roles, name = 'role', label = t('organization.role'), hint, also = [], ...rest }) {
  if (!roles) return html`<${Field} name=${name} label=${label} hint=${hint} maxlength="64" ...${rest} />`;
  const names = [...new Set([...roles.map((role) => role.name), ...also.filter(Boolean)])];
  return html`<${Select} name=${name} label=${label} hint=${hint} options=${names.map((each) => [each, roleName(each)])} ...${rest} />`;
}

// A person as two lines: name and address, or the address alone.
export function Person({ user }) {
  const name = nameOf(user);
  return html`<span class="person"><bdi>${name}</bdi>${name !== user.email && html`<br /><span class="soft address" dir="ltr">${user.email}</span>`}</span>`;
}

// What a page of one thing shows while it comes, or where it does not come.
export function Awaited({ load, children }) {
  if (load.data) return children(load.data);
  if (load.problem && load.problem.status === 404) return html`<${EmptyState} icon="search" title=${t('problem.not_found')} />`;
  return load.problem ? html`<${ErrorBox} problem=${load.problem} retry=${load.again} />` : html`<${Loading} />`;
}

// Beside a form: somebody else was faster (412), so load what there is now.
export const stale = (form, again) => form.problem && form.problem.code === 'precondition_failed' &&
  html`<${Button} icon="refresh" onClick=${again}>${t('organization.load_again')}<//>`;

// A day as <input type=date> has it, and back: the end of that day here.
export const dayEnd = (day) => (day ? Math.floor(new Date(`${day}T23:59:59`).getTime() / 1000) : null);
export const dayStart = (day) => (day ? Math.floor(new Date(`${day}T00:00:00`).getTime() / 1000) : null);
export function dayOf(seconds) {
  if (seconds == null) return '';
  const at = new Date(1000 * seconds);
  return [at.getFullYear(), at.getMonth() + 1, at.getDate()].map((part) => String(part).padStart(2, '0')).join('-');
}
export const today = () => dayOf(Date.now() / 1000);

export const Note = ({ children }) => html`<${Banner} tone="info">${children}<//>`;
