// What npm's scimmy makes of filters and changes, in the form of scim_oracle.mjs: as many lines of each as the first argument
// says, drawn where scimmy follows RFC 7644. Where it departs stands in `departures`, each with the section, what is right and
// what scimmy does instead. The script ends with an error once scimmy does something else there, so that nothing is left out
// for a reason that has gone.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import {
  below, comparison_of, draw_types_of, element_filter, lists, name_parts, one_of, operation, random, texts, user,
} from './scim_random.mjs';

const require = createRequire(join(dirname(fileURLToPath(import.meta.url)), '../../.cache/node/'));
const { default: SCIMMY } = require('scimmy');

const found = (resource, filter) => {
  try {
    return new SCIMMY.Types.Filter(filter).match([resource]).length === 1;
  } catch {
    return 'fails';
  }
};

const ann = {
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
  userName: 'ann',
  title: 'a',
  displayName: 'b',
  emails: [{ value: 'home' }, { value: 'work', type: 'b' }],
};
const departures = [
  // Figure 1 of section 3.4.2.2: what stands in parentheses is a filter, with parentheses in it too.
  { section: '3.4.2.2, figure 1', filter: '(title eq "x" or (userName eq "ann" and displayName eq "b"))', fits: true, there: 'fails' },
  { section: '3.4.2.2, figure 1', filter: 'not (not (userName eq "ann"))', fits: true, there: 'fails' },
  // Table 4: "not" turns the whole expression round; there each comparison in it, by itself.
  { section: '3.4.2.2, table 4', filter: 'not (userName eq "ann" and title eq "x")', fits: true, there: false },
  // Likewise around a list: none of its elements may fit; there one of them must not.
  { section: '3.4.2.2, table 4', filter: 'not (emails[value eq "home"])', fits: false, there: true },
  // Table 3: "pr" is true of a list with elements, and false of a part whose whole is not there.
  { section: '3.4.2.2, table 3', filter: 'emails pr', fits: true, there: 'fails' },
  { section: '3.4.2.2, table 3', filter: 'name.givenName pr', fits: false, there: 'fails' },
  { section: '3.4.2.2, table 3', filter: 'phoneNumbers.type pr', fits: false, there: 'fails' },
  // Each pair of brackets is a condition of its own, which any element may fulfil; there one element must fulfil both.
  { section: '3.4.2.2, table 4', filter: 'emails[value eq "home"] and emails[type eq "b"]', fits: true, there: false },
  // Of what is in brackets with "or", beside two other conditions, and of two conditions beside parentheses.
  { section: '3.4.2.2, table 4', filter: 'userName eq "ann" and title eq "x" and emails[value eq "home" or type eq "b"]', fits: false, there: true },
  { section: '3.4.2.2, table 4', filter: 'userName eq "ann" and title eq "x" and (displayName eq "b" or displayName eq "c")', fits: false, there: true },
];
for (const { section, filter, fits, there } of departures) {
  if (found(ann, filter) !== there) throw new Error(`scimmy does something else now (RFC 7644, ${section}): ${filter}`);
  console.log(JSON.stringify({ resource: ann, filter, fits }));
}

// A condition of one attribute that is there, or of whether one is.
function simple(resource) {
  const roll = random();
  if (roll < 0.15) return `${one_of(texts)} pr`;
  if (roll < 0.25 && 'active' in resource) return `active ${one_of(['eq', 'ne'])} ${random() < 0.5}`;
  if (roll < 0.45 && 'name' in resource) return random() < 0.2 ? `name.${one_of(name_parts)} pr` : comparison_of(`name.${one_of(Object.keys(resource.name))}`);
  return comparison_of(one_of(texts.filter((name) => name in resource)));
}

const joined = (resource, most, by) => Array.from({ length: 1 + below(most) }, () => simple(resource)).join(` ${by} `);

function condition(resource) {
  const roll = random();
  const list = one_of(lists);
  if (roll < 0.2) return `not (${simple(resource)})`;
  if (roll < 0.45 && list in resource) return `${list}[${element_filter(resource[list])}]`;
  return simple(resource);
}

function filter_of(resource) {
  const roll = random();
  if (roll < 0.1) return `(${joined(resource, 3, 'or')}) and ${simple(resource)}`;
  if (roll < 0.2) return `(${joined(resource, 3, 'and')}) or ${joined(resource, 3, 'and')}`;
  if (roll < 0.35) return condition(resource);
  return Array.from({ length: 1 + below(3) }, () => {
    const terms = Array.from({ length: 1 + below(3) }, () => condition(resource));
    // See the departures: one condition of each list, and one with "or" alone.
    const loose = terms.find((term) => / or /.test(term));
    const list_of = (term) => /^\w+(?=\[)/.exec(term)?.[0];
    const once = terms.filter((term, i) => !list_of(term) || terms.findIndex((other) => list_of(other) === list_of(term)) === i);
    return loose ?? once.join(' and ');
  }).join(' or ');
}

// As it is after the operation; null: refused.
async function patched(resource, operations) {
  try {
    const before = new SCIMMY.Schemas.User(structuredClone(resource));
    const patch = new SCIMMY.Messages.PatchOp({
      schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations: structuredClone(operations),
    });
    // It has nothing to say where nothing changed.
    const { meta: _, ...after } = JSON.parse(JSON.stringify((await patch.apply(before)) ?? before));
    return after;
  } catch {
    return null;
  }
}

// RFC 7643, section 7: canonicalValues are suggested, and services may take others; scimmy takes no others, and of `ims` it
// suggests names of programs.
const typed = { schemas: ann.schemas, userName: 'ann', emails: [{ value: 'home', type: 'b' }] };
const titled = [{ op: 'add', path: 'title', value: 'x' }];
if ((await patched(typed, titled)) !== null) throw new Error('scimmy takes types that the schema does not suggest now');
console.log(JSON.stringify({ resource: typed, operations: titled, after: { ...typed, title: 'x' } }));

const count = Number(process.argv[2] ?? 100);
for (let n = count; n > 0; --n) {
  const resource = user();
  const filter = filter_of(resource);
  console.log(JSON.stringify({ resource, filter, fits: found(resource, filter) }));
}
draw_types_of(['work', 'home', 'other']);
for (let n = count; n > 0; ) {
  const { ims: _, ...resource } = user();
  const operations = [];
  let after = resource;
  for (let left = 1 + below(3); left > 0; --left) {
    const next = operation(after);
    if (next === null || next.path?.startsWith('ims')) continue;
    operations.push(next);
    after = await patched(after, [next]);
  }
  if (operations.length === 0) continue;
  console.log(JSON.stringify({ resource, operations, after }));
  --n;
}
