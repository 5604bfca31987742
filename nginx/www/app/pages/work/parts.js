// What the pages of the work share: money as it is typed, dates, names of what the API tells by id, states as badges,
// and what is done when somebody else was faster.
import { html, useLoad } from '../../dom.js';
import { call } from '../../api.js';
import { language, t, word } from '../../i18n.js';
import { can, nameOf, session } from '../../session.js';
import { Badge, Button, toast, sentence } from '../../components/index.js';

const kMost = 9000000000000000;  // of an amount in minor units

// As the service has them, by ISO 4217: browsers leave out of some currencies what is rarely paid.
export const kNoDecimals = ['BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND', 'VUV', 'XAF', 'XOF', 'XPF'];
export const kThreeDecimals = ['BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND'];
// Digits behind the point: 2 of EUR, 0 of JPY, 3 of KWD.
export const digitsOf = (currency) => (kNoDecimals.includes(currency) ? 0 : kThreeDecimals.includes(currency) ? 3 : 2);
const coin = (currency) => new Intl.NumberFormat(language.get(), { style: 'currency', currency,
  minimumFractionDigits: digitsOf(currency), maximumFractionDigits: digitsOf(currency) });

// "€12.50" of 1250 and EUR; "–" without a price.
export function price(minor, currency) {
  if (minor == null || !currency) return '–';
  try {
    return coin(currency).format(minor / 10 ** digitsOf(currency));
  } catch {
    return `${minor} ${currency}`;
  }
}

// "12.50" of 1250 and EUR, to be edited.
export function typedPrice(minor, currency) {
  if (minor == null) return '';
  const digits = digitsOf(currency);
  const text = String(minor).padStart(digits + 1, '0');
  return digits ? `${text.slice(0, -digits)}.${text.slice(-digits)}` : text;
}

// Minor units of what was typed; null of nothing, NaN of what is no amount of this currency.
export function minorOf(typed, currency) {
  const text = String(typed ?? '').trim();
  if (!text) return null;
  const digits = digitsOf(currency);
  const parts = /^(\d+)(?:[.,](\d+))?$/.exec(text);
  if (!parts || (parts[2] || '').length > digits) return NaN;
  const minor = Number(parts[1] + (parts[2] || '').padEnd(digits, '0'));
  return minor <= kMost ? minor : NaN;
}

// A whole number that was typed; null of nothing, NaN of anything else.
export function wholeOf(typed) {
  const text = String(typed ?? '').trim();
  if (!text) return null;
  return /^\d{1,15}$/.test(text) ? Number(text) : NaN;
}

// A day as <input type="date"> has it, and as seconds of its beginning here.
export function dayOf(seconds) {
  if (seconds == null) return '';
  const at = new Date(1000 * seconds);
  const two = (part) => String(part).padStart(2, '0');
  return `${String(at.getFullYear()).padStart(4, '0')}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}
export function secondsOf(day) {
  if (!day) return null;
  const [year, month, date] = day.split('-').map(Number);
  return Math.floor(new Date(year, month - 1, date).getTime() / 1000);
}

// The time of a day that was left as it is, wherever that day begins; else as secondsOf().
export const sameDay = (day, before) => (before != null && day === dayOf(before) ? before : secondsOf(day));

export const tagsOf = (typed) => [...new Set(typed.split(',').map((tag) => tag.trim()).filter(Boolean))];

// At most `most` entries of a list, for names and choices.
export async function all(path, query = {}, most = 1000) {
  const items = [];
  for (let cursor; items.length < most;) {
    const { data } = await call('GET', path, { query: { ...query, limit: 200, cursor } });
    items.push(...data.items);
    cursor = data.next_cursor;
    if (!cursor) break;
  }
  return items;
}

// The names of members by their ids, for who may read them. Oneself one always knows.
export async function people() {
  const { user } = session.get();
  const names = { [user.id]: nameOf(user) };
  if (can('users:read')) for (const each of await all('/api/v1/members').catch(() => [])) names[each.user_id] = nameOf(each);
  return names;
}
export const usePeople = () => useLoad(people).data || {};
export const Person = ({ id, names }) => html`<span dir="auto">${id == null ? '–' : names[id] || t('work.somebody')}</span>`;

// Whether people may decide on their own purchases here.
export const selfApproval = async () => {
  const { organization } = session.get();
  return call('GET', `/api/v1/organizations/${organization.id}`).then(({ data }) => Boolean(data.self_approval), () => false);
};

export const useWarehouses = () => useLoad(() => (can('warehouses:read') ? all('/api/v1/warehouses').catch(() => []) : [])).data || [];

const kTones = {
  draft: '', submitted: 'warn', approved: 'info', rejected: 'bad', partially_received: 'info', received: 'good',
  planned: '', active: 'good', on_hold: 'warn', completed: 'info', archived: '', announced: 'warn', stored: 'good', none: '',
};
export const State = ({ name, of }) => html`<${Badge} tone=${kTones[name]}>${word(`work.${of}`, name)}<//>`;
export const purchaseStates = ['draft', 'submitted', 'approved', 'partially_received', 'received', 'rejected'];
export const projectStates = ['planned', 'active', 'on_hold', 'completed', 'archived'];
export const choices = (of, names) => names.map((name) => [name, word(`work.${of}`, name)]);

// Below a form that was refused because somebody else has changed the thing meanwhile.
export const Newer = ({ problem, again }) => problem && problem.status === 412 &&
  html`<p class="newer"><${Button} small icon="refresh" onClick=${again}>${t('work.load_newer')}<//></p>`;

// A promise whose refusal is told in passing.
export const tell = (promise) => promise.catch((problem) => toast(sentence(problem), { tone: 'bad' }));

// How much of what: "500 piece".
export const Amount = ({ quantity, unit }) => html`<span>${new Intl.NumberFormat(language.get()).format(quantity)} <span class="soft" dir="auto">${unit}</span></span>`;
