// What becomes of a page that is open while rights, the connection or the session change: console_session.mjs STORY EMAIL
// PASSWORD [EMAIL2 ID2], the second of a manager of the same organization.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { base, go, run, sign_in } from './browser.mjs';

const [story, email, password, other, other_id] = process.argv.slice(2);
const button = (page, name) => page.getByRole('button', { name, exact: true });
const kLine = /ERR_INTERNET_DISCONNECTED/;

async function come_in(open, path, address) {
  const visit = await open(base + path);
  visit.tokens = await sign_in(visit, address, password);
  return visit;
}

// As the owner, past the browser.
async function as(owner, method, path, body) {
  const reply = await fetch(base + path, { method, body: body && JSON.stringify(body),
                                           headers: { Authorization: `Bearer ${owner.tokens.access_token}`, 'Content-Type': 'application/json' } });
  assert.ok(reply.ok, `${path} ${reply.status} ${await reply.text()}`);
}

// A role that changes is seen by its holder at once: a refusal takes the page away, and the next page has the new menu.
async function role(owner, mia) {
  await owner.page.getByRole('button', { name: 'Actions' }).click();
  await owner.page.getByRole('menuitem', { name: 'Change role' }).click();
  await owner.page.selectOption('dialog select[name=role]', 'viewer');
  await mia.shows('2 of 2');
  await button(mia.page, 'Invite a person').click();
  await mia.page.fill('dialog input[name=email]', 'late@example.com');
  await owner.answer(`/api/v1/members/${other_id}/role`, 200, () => owner.page.locator('dialog button[type=submit]').click());
  await mia.answer('/api/v1/invites', 403, () => mia.press('Enter'));
  await mia.shows('your role there is viewer.');
  await as(owner, 'PUT', `/api/v1/members/${other_id}/role`, { new_role_name: 'admin' });
  assert.equal(await mia.page.getByRole('link', { name: 'API keys' }).count(), 0);
  await mia.page.waitForTimeout(1000);  // one looks at most once in a second
  await mia.page.getByRole('link', { name: 'Projects' }).click();
  await mia.page.getByRole('link', { name: 'API keys' }).waitFor();
}

// Without a connection the page says so and keeps what is typed; with it, the page goes on by itself.
async function offline(mia) {
  await go(mia.page, '/app/warehouses');
  await go(mia.page, '/app/products/new');
  await mia.page.getByLabel('Name').fill('Typed before the tunnel');
  await mia.page.getByLabel('SKU').fill('T-1');
  await mia.context.setOffline(true);
  await mia.shows('There is no connection.');
  await button(mia.page, 'Make the product').click();
  await mia.shows('The service could not be reached.');
  await mia.check('offline');
  await mia.context.setOffline(false);
  await mia.page.getByText('There is no connection.').waitFor({ state: 'detached' });
  await mia.answer('/api/v1/products', 201, () => button(mia.page, 'Make the product').click());
  await mia.shows('Typed before the tunnel');
  await mia.context.setOffline(true);
  await mia.page.getByRole('link', { name: 'Warehouses' }).click();
  await mia.shows('The service could not be reached.');
  await mia.answer('/api/v1/warehouses', 200, () => mia.context.setOffline(false));
  await mia.shows('No warehouses yet');
  mia.wrong = mia.wrong.filter((said) => !kLine.test(said));
}

// A reply that breaks off is no reply: the page says so, and asks again.
async function cut_off(mia) {
  await mia.page.route('**/api/v1/warehouses?*', (route) => route.fulfill({ status: 200, contentType: 'application/json', body: '{"items": [' }), { times: 1 });
  await go(mia.page, '/app/products');
  await go(mia.page, '/app/warehouses');
  await mia.shows('The service could not be reached.');
  await mia.answer('/api/v1/warehouses', 200, () => button(mia.page, 'Try again').click());
  await mia.page.getByText('The service could not be reached.').waitFor({ state: 'detached' });
}

// A session that ends leaves the page as it is, unseen, until its person has signed in again; another window goes on too.
async function lapsed(owner, mia) {
  await go(mia.page, '/app/products/new');
  await mia.page.getByLabel('Name').fill('Typed before the end');
  await mia.page.getByLabel('SKU').fill('T-2');
  const second = await mia.context.newPage();
  await second.goto(`${base}/app/account`);
  await second.getByText('Name and language').waitFor();
  await as(owner, 'DELETE', `/api/v1/users/${other_id}/sessions`);
  mia.expected.push(...Array(12).fill(401));
  await button(mia.page, 'Make the product').click();
  await mia.shows('Your session has ended');
  await second.getByText('Your session has ended').waitFor();
  await mia.press('Escape');
  await mia.press('Escape');
  await mia.check('lapsed');
  const covered = await mia.page.evaluate(() => getComputedStyle(document.querySelector('dialog[open]'), '::backdrop').backgroundColor);
  assert.match(covered, /^rgb\(/);
  await mia.page.fill('dialog input[type=password]', 'not this one');
  await mia.answer('/api/v1/auth/login', 401, () => mia.press('Enter'));
  await mia.shows('The address or the password is wrong.');
  await mia.page.fill('dialog input[type=password]', password);
  await mia.answer('/api/v1/auth/login', 200, () => mia.press('Enter'));
  await mia.page.locator('dialog').waitFor({ state: 'detached' });
  await second.locator('dialog').waitFor({ state: 'detached' });
  assert.equal(await mia.page.getByLabel('Name').inputValue(), 'Typed before the end');
  await mia.answer('/api/v1/products', 201, () => button(mia.page, 'Make the product').click());
}

async function changes(open) {
  const owner = await come_in(open, `/app/members/${other_id}`, email);
  const mia = await come_in(open, '/app/members', other);
  await role(owner, mia);
  await offline(mia);
  await cut_off(mia);
  await lapsed(owner, mia);
}

// The service's clock, and by `ahead` the browser's own.
function move_clock(seconds) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt(seconds));
  writeFileSync(process.env.CLOCK_OFFSET_FILE, bytes, { flag: 'r+' });
}

// An hour in five windows: the access token ends three times in it. It is renewed once for all of them, whether the
// service refuses it or the browser sees that it ends.
async function tabs(open) {
  const visit = await come_in(open, '/app/', email);
  await visit.shows('You are in');
  await visit.context.addInitScript(() => {
    const now = Date.now;
    Date.now = () => now() + 1000 * (globalThis.ahead || 0);
  });
  let renewed = 0;
  const pages = [];
  while (pages.length < 5) {
    const page = await visit.context.newPage();
    await page.goto(`${base}/app/account`);
    await page.getByText('Name and language').waitFor();
    pages.push(page);
  }
  await visit.page.close();
  visit.page = pages[0];
  visit.context.on('request', (request) => { renewed += request.url().endsWith('/auth/refresh') ? 1 : 0; });
  visit.expected.push(...Array(60).fill(401));
  const paths = ['/app/members', '/app/projects', '/app/account/sessions', '/app/roles', '/app/account/organizations'];
  for (let round = 1; round <= 6; ++round) {
    move_clock(600 * round);
    if (round >= 4) await Promise.all(pages.map((page) => page.evaluate((seconds) => { globalThis.ahead = seconds; }, 600 * round)));
    await Promise.all(pages.map((page, at) => go(page, paths[(at + round) % paths.length])));
    assert.equal(renewed, Math.floor(round / 2), `after ${10 * round} minutes`);
    for (const page of pages) {
      assert.match(new URL(page.url()).pathname, /^\/app\//);
      assert.equal(await page.locator('.banner.bad, dialog').count(), 0);
    }
  }
}

const stories = { changes, tabs };
assert.ok(Object.hasOwn(stories, story), `there is no story ${story}`);
await run(stories[story]);
