// Markup in every text that people can write, and every page of the console that shows it: console_markup.mjs COLLECTION
// EMAIL PASSWORD INVITATION. The texts are found by the schemas of the API's own description, the requests are those of the
// Postman collection, and the pages are those that the console itself lists: what is added to any of them is tried by
// itself. Prints the access token of the person who looked.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { base, go, readable, run, sign_in } from './browser.mjs';

const [collection, email, password, invitation] = process.argv.slice(2);
const kLong = '<img/src=x/onerror=__xss=1>';  // without a blank, so that codes take it too
const kShort = '<i id=x>';
// Requests that are about sessions and secrets, or end what the others need.
const kLeft = /^DELETE|\/(?:signup|signin|login|logout|register|token|refresh\w*|[\w-]*password[\w/-]*|verify[\w-]*|mfa\/\w+|unlock|setup|select|change-email|accept_invite|health[\w/-]*|ready|metrics|openapi\.json|jwks\.json|download|export|erase|callback\/\{tenant\}|events\/ses|mail\/events|\{email\})$/;
const kFixed = new Set(['access_token', 'refresh_token', 'org_id', 'own_user_id', 'base_url']);
const kIds = { members: 'user_id', roles: 'role_id', providers: 'provider_id', own: 'oidc_provider_id', webhooks: 'webhook_id', tenants: 'tenant_id',
               'purchase-requests': 'request_id', 'service-accounts': 'service_account_id', products: 'product_id', projects: 'project_id' };

// What the collection's scripts find as `pm`.
class Postman {
  constructor(values) {
    this.values = values;
    this.waiting = [];
    this.environment = {
      get: (name) => this.values[name],
      set: (name, value) => { if (!kFixed.has(name)) this.values[name] = value; },
      toObject: () => this.values,
    };
  }

  filled(text) {
    return text.replace(/\{\{\$guid\}\}/g, () => randomUUID()).replace(/\{\{(\w+)\}\}/g, (_, name) => this.values[name] ?? '');
  }

  sendRequest({ url, method, header, body }, then) {
    if (!url) return;  // what it belongs to was refused, which is told
    this.waiting.push(fetch(url, { method, headers: header, body: body && body.raw }).then(async (reply) => {
      const text = await reply.text();
      then(null, { json: () => JSON.parse(text), code: reply.status });
    }));
  }

  async script(events, kind) {
    for (const { listen, script } of events || []) {
      if (listen === kind) new Function('pm', script.exec.join('\n'))(this);
    }
    await Promise.all(this.waiting.splice(0));
  }
}

const markup = (most = 1000) => (most >= kLong.length ? kLong : most >= kShort.length ? kShort : null);

// The value with markup in each text that is free, and in those that the example leaves out; those at `plain` stay as they
// are. `marked` gets their names.
function marking(components, marked, plain) {
  const whole = (schema) => (schema.$ref ? components[schema.$ref.split('/').pop()] : schema);
  const isFree = ({ type, format, pattern }) => [type].flat().includes('string') && (format === 'name' || (pattern || '').startsWith('^[!-~]'));
  return function mark(given, value, at) {
    const schema = whole(given);
    if (schema.allOf) return schema.allOf.reduce((so_far, each) => mark(each, so_far, at), value);
    const name = at.split('/').pop();
    if (typeof value === 'string' || value === undefined) {
      if (isFree(schema) && markup(schema.maxLength) && !plain.includes(at)) {
        marked.push(at);
        return markup(schema.maxLength);
      }
      if (name === 'url' && value) return `${value}/${kLong}`;
      if (name === 'csv') return value.replace('Bolt M6 x 30', kLong).replace(/\r\n$/, `\r\n`);
      if (value === undefined && schema.type === 'array' && isFree(whole(schema.items || {}))) return [mark(schema.items, undefined, `${at}/*`)];
      return value;
    }
    if (Array.isArray(value)) return value.map((each) => mark(schema.items || {}, each, `${at}/*`));
    if (value && typeof value === 'object') {
      if (name === 'profile') return { ...value, first_name: kLong, last_name: kLong, name: kLong };
      const members = Object.entries(schema.properties || {}).map(([key, each]) => [key, mark(each, value[key], `${at}/${key}`)]);
      return { ...value, ...Object.fromEntries(members.filter(([, each]) => each !== undefined)) };
    }
    return value;
  };
}

// Sends the collection's requests with markup in them. Returns the ids of what was made, and which texts were filled.
async function fill(tokens) {
  const { paths, components } = await (await fetch(`${base}/api/v1/openapi.json`)).json();
  const { item: folders, event } = JSON.parse(readFileSync(collection, 'utf8'));
  const postman = new Postman({ base_url: base, email, password, access_token: tokens.access_token, org_id: tokens.organization.id,
                                own_user_id: tokens.user.id, tenant_id: tokens.organization.id, new_password: process.env.NEW_PASSWORD });
  const marked = [];
  const refused = [];
  for (const item of folders.flatMap((folder) => folder.item)) {
    const [method, path] = item.name.split(' ');
    if (kLeft.test(item.name)) continue;
    await postman.script(item.event, 'prerequest');
    const schema = paths[path]?.[method.toLowerCase()]?.requestBody?.content['application/json']?.schema;
    const given = item.request.body?.raw && JSON.parse(postman.filled(item.request.body.raw));
    const url = path.includes('{tenant_id}') ? item.request.url.raw.replace('{{org_id}}', '{{tenant_id}}') : item.request.url.raw;
    const send = async (plain) => {
      const here = [];
      const body = given && JSON.stringify(marking(components.schemas, here, plain)(schema, given, ''));
      const reply = await fetch(postman.filled(url), {
        method, body, headers: { Authorization: `Bearer ${tokens.access_token}`, ...(body && { 'Content-Type': 'application/json' }) } });
      return { reply, here, text: await reply.text(), body };
    };
    let { reply, here, text, body } = await send([]);
    // Texts that take no markup at all are sent as the example has them.
    const pointers = reply.status === 422 ? JSON.parse(text).errors?.map((error) => error.pointer) || [] : [];
    if (pointers.length && pointers.every((pointer) => here.includes(pointer))) ({ reply, here, text, body } = await send(pointers));
    if (reply.ok) marked.push(...here.map((at) => item.name + at));
    else if (reply.status === 422 || !item.request.description.includes('Expects 4')) refused.push(`${item.name} ${reply.status} ${text} ${body}`);
    Object.assign(postman, { info: { requestName: item.name }, test: () => {},
                             response: { code: reply.status, headers: reply.headers, json: () => JSON.parse(text) } });
    await postman.script(event, 'test');
    await postman.script(item.event, 'test');
    if (item.name === 'POST /api/v1/tenants' && reply.ok) postman.values.tenant_id = JSON.parse(text).id;
  }
  assert.deepEqual(refused, []);
  return { ids: postman.values, marked };
}

// Nothing of it runs, and nothing of it is an element.
async function harmless(page, where) {
  const found = await page.evaluate(() => [globalThis.__xss ?? null, ...[...document.querySelectorAll('[onerror], #x, img[src="x"], a[href^="javascript"]')].map((each) => each.outerHTML)]);
  assert.deepEqual(found, [null], where);
  return (await page.innerText('main')).includes('<img/src=x');
}

// Every page that the console lists, with the ids of what was made.
const listed = (page, ids) => page.evaluate(async (known) => {
  const source = await (await fetch('/app/main.js')).text();
  const groups = await Promise.all([...source.matchAll(/\.\/pages\/\w+\/index\.js/g)].map(([path]) => import(`/app/${path.slice(2)}`)));
  return groups.flatMap((group) => group.pages).filter((each) => !each.door).map(({ path }) => path.split('/').map((part, at, all) =>
    (part.startsWith(':') ? known[all[at - 1]] || `no id for ${path}` : part)).join('/'));
}, Object.fromEntries(Object.entries(kIds).map(([name, id]) => [name, ids[id]])));

await run(async (open) => {
  const visit = await open(`${base}/sign-in`, { userAgent: `Mozilla/5.0 ${kLong} Chrome/140.0.0.0`, expected: [] });
  const tokens = await sign_in(visit, email, password);
  await visit.page.locator('h1').waitFor();
  const guest = await open(invitation);
  await guest.shows(kLong);
  await harmless(guest.page, 'the invitation');
  const { ids, marked } = await fill(tokens);
  assert.ok(marked.length > 50, `only ${marked}`);

  const shown = [];
  const paths = await listed(visit.page, ids);
  assert.deepEqual(paths.filter((path) => path.includes('no id')), []);
  for (const path of [...paths, `/app/search?q=img`, `/app/operator/audit?tenant_id=${ids.org_id}`]) {
    await go(visit.page, path);
    const menu = visit.page.locator('main [aria-haspopup=menu], main .row-actions [aria-label^=Show]').first();
    if (await menu.count()) {
      await menu.click();
      await visit.page.waitForTimeout(30);
    }
    if (await harmless(visit.page, path)) shown.push(path);
    await visit.press('Escape');
  }
  assert.ok(shown.length > 25, `only on ${shown}`);

  const kept = await readable(visit.page);
  for (const secret of [tokens.access_token, password, 'refresh_token']) assert.ok(!kept.includes(secret), secret);
  console.log(tokens.access_token);
});
