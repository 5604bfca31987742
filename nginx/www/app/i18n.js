// Every word that the console says, by key: lang/en.json, lang/de.json. A file has a block for each group of pages;
// "entry.sign_in" is the text sign_in of the block entry. A key without a text shows itself and an error in the console,
// which fails the tests.
import { makeStore } from './dom.js';

export const languages = { en: 'English', de: 'Deutsch' };
const kRightToLeft = new Set(['ar', 'fa', 'he', 'ur']);
const kStored = 'language';

let texts = {};
let fallback = {};
let plural;
export const language = makeStore('en');

function flatten(block, prefix = '', into = {}) {
  for (const [key, value] of Object.entries(block)) {
    if (typeof value === 'string') into[prefix + key] = value;
    else flatten(value, `${prefix}${key}.`, into);
  }
  return into;
}

async function load(name) {
  const reply = await fetch(new URL(`lang/${name}.json`, import.meta.url));
  return flatten(await reply.json());
}

// The person's choice, else the first of the browser's that there is.
function wanted() {
  let chosen = null;
  try {
    chosen = localStorage.getItem(kStored);
  } catch { /* a browser that keeps nothing */ }
  const names = [chosen, ...navigator.languages].filter(Boolean).map((tag) => tag.split('-')[0].toLowerCase());
  return names.find((name) => Object.hasOwn(languages, name)) || 'en';
}

async function use(name) {
  const asked = load(name);
  if (name !== 'en' && !fallback['core.menu']) fallback = await load('en');
  texts = await asked;
  plural = new Intl.PluralRules(name);
  document.documentElement.lang = name;
  document.documentElement.dir = kRightToLeft.has(name) ? 'rtl' : 'ltr';
  language.set(name);
}

export function startLanguage() {
  return use(wanted());
}

export function chooseLanguage(name) {
  try {
    localStorage.setItem(kStored, name);
  } catch { /* it holds for this page then */ }
  return use(name);
}

function find(key, values) {
  const counted = values && typeof values.count === 'number' ? [`${key}_${plural.select(values.count)}`, `${key}_other`] : [];
  for (const table of [texts, fallback]) {
    for (const name of [...counted, key]) if (Object.hasOwn(table, name)) return table[name];
  }
  console.error(`i18n: there is no text ${key}`);
  return key;
}

export const hasText = (key) => Object.hasOwn(texts, key) || Object.hasOwn(fallback, key);

const shown = (value) => (typeof value === 'number' ? number(value) : String(value ?? ''));

// t('home.hello', { name }): the text with {name} filled in. {count} chooses invited_one or invited_other.
export function t(key, values) {
  return find(key, values).replace(/\{(\w+)\}/g, (_, name) => shown(values && values[name]));
}

// The same as a list of texts and what `values` holds, for a sentence with an element in it.
export function rich(key, values) {
  return find(key, values).split(/\{(\w+)\}/).map((part, at) => (at % 2 ? values[part] : part));
}

// t(`${prefix}.${name}`), or the name itself where there is no such text: for the service's own words.
export const word = (prefix, name) => (hasText(`${prefix}.${name}`) ? t(`${prefix}.${name}`) : String(name));

export const number = (value) => new Intl.NumberFormat(language.get()).format(value);

const format = (options) => (seconds) =>
  (seconds == null ? '–' : new Intl.DateTimeFormat(language.get(), options).format(new Date(1000 * seconds)));
export const date = format({ dateStyle: 'medium' });
// With its zone: who reads it may sit elsewhere than who wrote it.
export const dateTime = format({ year: 'numeric', month: 'short', day: 'numeric', hour: 'numeric', minute: '2-digit', timeZoneName: 'short' });
const dayOfMonth = format({ month: 'numeric', day: 'numeric' });
const timeOfDay = format({ hour: 'numeric', minute: '2-digit' });
// Below a chart whose marks are `step` seconds apart.
export const axisTime = (seconds, step) => (step < 86400 ? timeOfDay : dayOfMonth)(seconds);

const kSpans = [['year', 31536000], ['month', 2592000], ['day', 86400], ['hour', 3600], ['minute', 60]];
// "3 days ago", "in 2 hours".
export function ago(seconds) {
  if (seconds == null) return '–';
  const distance = seconds - Date.now() / 1000;
  const [unit, length] = kSpans.find(([, span]) => Math.abs(distance) >= span) || ['second', 1];
  const words = new Intl.RelativeTimeFormat(language.get(), { numeric: 'auto' });
  return unit === 'second' ? words.format(0, 'second') : words.format(Math.trunc(distance / length), unit);
}

// "15 minutes".
export function duration(seconds) {
  const [unit, length] = kSpans.find(([, span]) => seconds >= span && seconds % span === 0) ||
    kSpans.find(([, span]) => seconds >= span) || ['second', 1];
  return new Intl.NumberFormat(language.get(), { style: 'unit', unit, unitDisplay: 'long', maximumFractionDigits: 1 })
    .format(seconds / length);
}

const kBytes = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'];
export function bytes(count) {
  const power = count < 1000 ? 0 : Math.min(kBytes.length - 1, Math.floor(Math.log10(count) / 3));
  return new Intl.NumberFormat(language.get(), { style: 'unit', unit: kBytes[power], unitDisplay: power ? 'short' : 'long', maximumFractionDigits: 1 })
    .format(count / 1000 ** power);
}
