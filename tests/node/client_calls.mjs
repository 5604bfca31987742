// client_calls.mjs PACKAGE TOKEN: the client in Node, by a fetch that loses replies. Prints the name of the warehouse that a lost
// reply must not have made twice.
import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

globalThis.crypto ??= webcrypto;
const [folder, token] = process.argv.slice(2);
const { createTenantd, etagOf, isProblem, Problem, problemOf, Session } = await import(pathToFileURL(join(folder, 'dist/index.js')));
const baseUrl = process.env.TENANTD_URL;

const refused = async (what) => {
  try {
    await what;
  } catch (error) {
    return error;
  }
  return assert.fail('it was not refused');
};

// Tokens that are given out one after the other; the last is good.
function source(given, exchanged = []) {
  return {
    exchanged,
    name: `test ${Math.random()}`, headers: {}, kept: () => null, held: () => given.length, keep: () => {}, clear: () => {},
    exchange: async () => {
      const next = given.shift();
      exchanged.push(next);
      await new Promise((done) => { setTimeout(done, 20); });
      if (next instanceof Error) throw next;
      return { access_token: next, expires_in: 900 };
    },
  };
}

// A lost reply: the service has acted, and nobody learns of it.
const keys = [];
let to_lose = 0;
const losing = async (request) => {
  keys.push(request.headers.get('Idempotency-Key'));
  const reply = await fetch(request);
  if (to_lose-- > 0) {
    await reply.arrayBuffer();
    throw new TypeError('fetch failed');
  }
  return reply;
};
const good = new Session(source([token]));
const { api, http } = createTenantd({ baseUrl, session: good, fetch: losing });

const name = `Warehouse ${crypto.randomUUID()}`;
to_lose = 2;
const made = await api.createWarehouse({ body: { name } });
assert.equal(made.name, name);
assert.equal(keys.length, 3);
assert.equal(new Set(keys).size, 1);

// An ETag comes with what was read, and a stale one is refused.
const params = { path: { warehouse_id: made.id } };
const stale = etagOf(await api.getWarehouse({ params }));
await api.updateWarehouse({ params: { ...params, header: { 'If-Match': stale } }, body: { name, address: '2 Dock Road' } });
keys.length = 0;
const again = await refused(api.updateWarehouse({ params: { ...params, header: { 'If-Match': stale } }, body: { name } }));
assert.ok(isProblem(again, 'precondition_failed') && again instanceof Problem && again.status === 412);
assert.equal(keys.length, 1, 'a refusal is an answer');

// A change without a key is not sent again when its reply is lost.
to_lose = 1;
keys.length = 0;
assert.ok((await refused(api.updateWarehouse({ params, body: { name } }))) instanceof TypeError);
assert.equal(keys.length, 1);

const wrong = problemOf(await refused(api.createWarehouse({ body: { name: '' } })), 'createWarehouse');
assert.equal(wrong.code, 'validation_failed');
assert.equal(wrong.errors[0].pointer, '/name');
assert.match(wrong.requestId, /^[0-9a-f]{32}$/);
const { error, response } = await http.GET('/api/v1/warehouses/{warehouse_id}', { params: { path: { warehouse_id: crypto.randomUUID() } } });
assert.equal(response.status, 404);
assert.equal(error.code, 'not_found');

// A token that is refused is renewed once for all requests; a refresh whose reply is lost is sent again.
const renewing = source(['spoilt', new TypeError('fetch failed'), token]);
let ended = 0;
const session = new Session(renewing, { onEnd: () => { ended += 1; } });
const many = createTenantd({ baseUrl, session }).api;
await Promise.all(Array.from({ length: 20 }, () => many.listWarehouses()));
assert.equal(renewing.exchanged.length, 3);
assert.equal(ended, 0);

// A service that cannot be reached ends no session, a refusal does.
const cut = source(Array.from({ length: 2 }, () => new TypeError('fetch failed')));
const waiting = new Session(cut, { attempts: 2, onEnd: () => { ended += 1; } });
assert.ok((await refused(waiting.token())) instanceof TypeError);
assert.equal(ended, 0);
const over = new Problem(401, 'refresh_reused', 'over', [], undefined, undefined, {});
const last = { ...source(['spoilt', over]), held: () => 'the same' };
const lost = new Session(last, { onEnd: () => { ended += 1; } });
assert.ok(isProblem(await refused(createTenantd({ baseUrl, session: lost }).api.listWarehouses()), 'invalid_token'));
assert.equal(ended, 1);
assert.equal(await lost.token(), null);
console.log(name);
