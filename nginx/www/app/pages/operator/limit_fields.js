// A tenant's limits in a form: a number, or nothing for no limit. Storage is typed in megabytes.
import { html } from '../../dom.js';
import { t } from '../../i18n.js';
import { Field } from '../../components/index.js';

const kMega = 1000000;
const kNames = ['max_members', 'max_projects', 'max_storage_bytes', 'max_requests'];
const kLeast = { max_members: 1, max_projects: 0, max_storage_bytes: 0, max_requests: 1 };

// Where the service's refusals belong.
export const limitFields = Object.fromEntries(kNames.map((name) => [`limits/${name}`, name]));

const unit = (name) => (name === 'max_storage_bytes' ? kMega : 1);

// As the form holds them: text.
export const typedLimits = (limits) => Object.fromEntries(kNames.map((name) => [name, limits[name] === null || limits[name] === undefined ? '' : String(limits[name] / unit(name))]));

const read = (name, text) => {
  const typed = String(text).trim();
  if (typed === '') return null;
  const value = Number(typed.replace(',', '.'));
  return name === 'max_storage_bytes' ? Math.round(value * kMega) : value;
};

export function wrongLimits(values) {
  const wrong = {};
  for (const name of kNames) {
    const value = read(name, values[name]);
    if (value !== null && !(Number.isSafeInteger(value) && value >= kLeast[name])) wrong[name] = t('operator.wrong_limit', { least: kLeast[name] });
  }
  return wrong;
}

// As the API takes them: those that differ from `before`; null for none.
export function limitsOf(values, before = {}) {
  return Object.fromEntries(kNames.map((name) => [name, read(name, values[name])]).filter(([name, value]) => value !== before[name]));
}

export const LimitFields = ({ hint }) => html`<div class="columns">${kNames.map((name) => html`<${Field} key=${name} name=${name} inputmode="decimal" autocomplete="off"
  label=${t(`operator.${name}`)} hint=${hint} />`)}</div>`;
