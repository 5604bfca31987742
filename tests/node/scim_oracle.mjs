// What others make of filters and changes of SCIM: lines of JSON, each a random resource (scim_random.mjs) with a filter and
// whether npm's scim2-parse-filter finds it, or with operations and what npm's scim-patch makes of it (null: it refuses).
// Arguments: how many lines of each, and the seed.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { any_filter, below, operation, user } from './scim_random.mjs';

const require = createRequire(join(dirname(fileURLToPath(import.meta.url)), '../../.cache/node/'));
const { scimPatch } = require('scim-patch');
const { parse, filter } = require('scim2-parse-filter');

for (let n = Number(process.argv[2] ?? 100); n > 0; --n) {
  const resource = user();
  const text = any_filter(resource, 3);
  console.log(JSON.stringify({ resource, filter: text, fits: filter(parse(text))(resource) }));
  let after = structuredClone(resource);
  const operations = [];
  try {
    for (let left = 1 + below(3); left > 0; --left) {
      const next = operation(after);
      if (next === null) continue;
      operations.push(structuredClone(next));
      after = scimPatch(after, [next]);
    }
  } catch {
    after = null;
  }
  if (operations.length > 0) console.log(JSON.stringify({ resource, operations, after }));
}
