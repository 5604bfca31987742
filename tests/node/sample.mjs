// sample.mjs PACKAGE COMPILED CLIENT EMAIL PASSWORD OWNED SLUG NAME SLUG NAME INVITED: the sample application in a browser. The
// person signs in to the organization with the name OWNED, moves to one whose manager it is and to one that it only reads, and
// signs out. The reply to a new warehouse is lost once.
import assert from 'node:assert/strict';
import { base, run, sign_in } from './browser.mjs';
import { serve_sample } from './sample_server.mjs';

const [folder, compiled, client, email, password, owned, ...others] = process.argv.slice(2);
const managed = { slug: others[0], name: others[1] };
const read = { slug: others[2], name: others[3] };
const invited = others[4];
const server = await serve_sample({ base, folder, compiled, client });

await run(async (open) => {
  const visit = await open(`${server.site}/`, { also: [base] });
  const { page } = visit;
  const press = (name) => page.getByRole('button', { name, exact: true }).click();
  const send = async (name, value) => {
    await page.fill(`input[name=${name}]`, value);
    await press(name);
  };
  await press('Sign in');
  await page.locator('input[name=email]').waitFor();
  await sign_in(visit, email, password);
  await visit.shows('Choose an organization');
  await press(owned);

  await visit.shows(`${email}: owner`);
  assert.equal(await page.locator('h1').textContent(), 'People');
  assert.equal(new URL(page.url()).search, '');  // neither code nor state stay in the address
  await send('Invite', invited);
  await visit.shows(`${invited} is invited`);
  visit.expected.push(409);
  await send('Invite', email);
  await visit.shows(`${email} is a member already`);

  // The service offers the person's organizations, and asks whom the application acts for there.
  const move = async (name) => {
    await press('Another organization');
    await visit.shows('Choose an organization');
    for (const each of [owned, managed.name, read.name]) await page.getByRole('button', { name: each, exact: true }).waitFor();
    await press(name);
    await press('Allow');
  };
  await move(managed.name);
  await page.getByRole('heading', { name: 'Warehouses' }).waitFor();
  await visit.shows('as manager');
  server.lose('POST', '/api/v1/warehouses');
  await send('Add', 'North');
  await visit.shows('North is there');
  const sent = server.seen.filter((each) => each.method === 'POST' && each.path === '/api/v1/warehouses');
  assert.deepEqual(sent.map((each) => each.lost), [true, false]);
  assert.equal(sent[0].key, sent[1].key);

  await move(read.name);
  await page.getByRole('heading', { name: 'Projects' }).waitFor();
  await visit.shows('as viewer');
  assert.deepEqual(await visit.findings(), []);

  await press('Sign out');
  await page.getByRole('heading', { name: 'Welcome' }).waitFor();
  assert.equal(await page.evaluate(() => Object.keys(localStorage).some((key) => key.startsWith('tenantd-session'))), false);
  // What the browser says of the reply that was lost.
  visit.wrong = visit.wrong.filter((each) => !/net::ERR_(EMPTY_RESPONSE|CONNECTION_RESET)/.test(each));
});
server.close();
