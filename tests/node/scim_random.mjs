// Random resources, filters and changes of SCIM, for what compares ours with others' software. The seed is the second
// argument. Only what RFC 7644 settles is drawn: names in the schema's spelling, values without capitals (packages compare
// with case), no comparison of what is not there, no operation on an element that is not there.

let state = Number(process.argv[3] ?? 1);
// Mulberry32.
export function random() {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
export const below = (n) => Math.floor(random() * n);
export const one_of = (list) => list[below(list.length)];

const words = ['a', 'b', 'ab', 'abc', 'bc', 'lee', 'ann', 'work', 'home', 'x y', 'é', '1'];
export const word = () => one_of(words);
export const texts = ['userName', 'title', 'displayName', 'nickName', 'locale'];
export const lists = ['emails', 'phoneNumbers', 'ims'];
export const name_parts = ['familyName', 'givenName', 'middleName'];
const element_parts = ['value', 'type', 'display'];

const some = (names, make) => Object.fromEntries(names.filter(() => random() < 0.6).map((name) => [name, make(name)]));
// What a type is drawn of; scimmy takes what the schema suggests alone.
let types = words;
export function draw_types_of(list) {
  types = list;
}
const element = () => ({ value: word(), ...some(['type', 'display'], (name) => (name === 'type' ? one_of(types) : word())) });
// No two with one value: what becomes of the same element twice is each service's to say.
function elements(count) {
  const found = Array.from({ length: count }, element);
  return found.filter((each, i) => found.findIndex((other) => other.value === each.value) === i);
}

export function user() {
  return {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
    userName: word(),
    ...some(texts.slice(1), word),
    ...some(['active'], () => random() < 0.5),
    ...some(['name'], () => ({ familyName: word(), ...some(name_parts.slice(1), word) })),
    ...some(lists, () => elements(1 + below(3))),
  };
}

export const quoted = (text) => JSON.stringify(text);
export const comparison_of = (path) => `${path} ${one_of(['eq', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le', 'ne'])} ${quoted(word())}`;

// RFC 7644 wants one element that fits all; that package lets each comparison find one of its own.
export function element_filter(element_of) {
  const known = element_parts.filter((part) => element_of.every((each) => part in each));
  const pieces = known.filter(() => random() < 0.6).map((part) => (random() < 0.2 ? `${part} pr` : comparison_of(part)));
  if (pieces.length === 0) return comparison_of('value');
  return pieces.join(element_of.length === 1 && random() < 0.5 ? ' and ' : ' or ');
}

export function any_filter(resource, depth) {
  const roll = random();
  if (depth > 0 && roll < 0.35) {
    const both = `${any_filter(resource, depth - 1)} ${one_of(['and', 'or'])} ${any_filter(resource, depth - 1)}`;
    return random() < 0.4 ? `(${both})` : both;
  }
  if (depth > 0 && roll < 0.45) return `not (${any_filter(resource, depth - 1)})`;
  if (roll < 0.55) return `${one_of([...texts, ...lists, 'name', 'name.givenName', 'emails.type'])} pr`;
  if (roll < 0.6 && 'active' in resource) return `active eq ${random() < 0.5}`;
  const list = one_of(lists);
  if (roll < 0.75 && list in resource) return `${list}[${element_filter(resource[list])}]`;
  if (roll < 0.85 && 'name' in resource) return comparison_of(`name.${one_of(Object.keys(resource.name))}`);
  return comparison_of(one_of(texts.filter((name) => name in resource)));
}

export function operation(resource) {
  const list = one_of(lists);
  const path = one_of(texts.slice(1));
  switch (below(9)) {
    case 0: return { op: one_of(['add', 'replace', 'Replace', 'Add']), path, value: word() };
    case 1: return { op: one_of(['add', 'replace']), path: 'active', value: random() < 0.5 };
    case 2: return { op: one_of(['add', 'replace']), path: `name.${one_of(name_parts)}`, value: word() };
    case 3: return { op: one_of(['add', 'replace']), value: some(texts, word) };
    case 4: {
      const added = element();
      if (resource[list]?.some((each) => each.value === added.value)) return null;
      return { op: 'add', path: list, value: [added] };
    }
    case 5: return { op: 'replace', path: list, value: elements(1 + below(2)) };
    case 6: return path in resource ? { op: one_of(['remove', 'Remove']), path } : null;
    case 7: {
      if (!(list in resource)) return null;
      const chosen = one_of(resource[list]);
      const part = one_of(['type', 'display']);
      return { op: 'replace', path: `${list}[value eq ${quoted(chosen.value)}].${part}`, value: part === 'type' ? one_of(types) : word() };
    }
    default: {
      if (!(list in resource)) return null;
      const chosen = one_of(resource[list]);
      return { op: 'remove', path: `${list}[value eq ${quoted(chosen.value)}]` };
    }
  }
}
