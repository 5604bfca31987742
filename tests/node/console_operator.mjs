// The console as those who run the service use it: console_operator.mjs STORY EMAIL PASSWORD [EMAIL_OF_ANOTHER]. Prints
// nothing but what went wrong.
import assert from 'node:assert/strict';
import { base, run } from './browser.mjs';

const [story, email, password, other] = process.argv.slice(2);
const kSlug = `t${Date.now().toString(36)}`;

// An address of the console, whose page leads to the sign-in first.
async function sign_in(visit, words = 'E-mail address') {
  await visit.shows(words);
  await visit.page.fill('input[name=email]', email);
  await visit.press('Enter');
  await visit.page.fill('input[name=password]', password);
  await visit.answer('/api/v1/auth/login', 200, () => visit.press('Enter'));
}

const press = (visit, name) => visit.page.getByRole('button', { name, exact: true }).last().click();

// Every page of operators: wide and narrow, light and dark, right to left, in the other language, without a finding.
async function pages(open) {
  const visit = await open(`${base}/app/operator`);
  await sign_in(visit);
  for (const [path, words] of [
    ['', 'All parts of the service'], ['/checklist', 'What the console cannot know'], ['/growth', 'Largest organizations'],
    ['/tenants', 'Everybody who uses the service'], ['/users', 'the newest first'], ['/problems', 'never confirmed, never used'], ['/threats', 'What looks like an attack'],
    ['/mail', 'Lift the suppression of an address'], ['/maintenance', 'The newest twenty'], ['/limits', 'read at a start'],
    ['/streams', 'The audit rows and events of every organization'], ['/streams/new', 'How it is sent'],
    ['/audit', 'Filters take the exact name or id']]) {
    await visit.page.setViewportSize({ width: 1280, height: 800 });
    await visit.page.goto(`${base}/app/operator${path}`);
    await visit.shows(path ? words : /parts? of the service/);
    await visit.page.waitForLoadState('networkidle');
    visit.name = `operator${path.replace('/', '-')}`;
    await visit.check('page');
    await visit.page.evaluate(() => { document.documentElement.dir = 'rtl'; });
    await visit.page.setViewportSize({ width: 320, height: 640 });
    assert.ok((await visit.page.evaluate(() => document.documentElement.scrollWidth)) <= 320, `${visit.name}: wide from right to left`);
  }
  const german = await open(`${base}/app/operator/checklist`, { locale: 'de-DE' });
  await sign_in(german, 'E-Mail-Adresse');
  await german.shows('Was die Konsole nicht wissen kann');
}

// From its making to its end, with limits, a second operator in between, and an impersonation.
async function tenant(open) {
  const visit = await open(`${base}/app/operator/tenants`);
  await sign_in(visit);
  await press(visit, 'New organization');
  await press(visit, 'Make organization');
  await visit.shows('Please type a short name.');
  await visit.page.fill('dialog input[name=name]', '<i>Palm</i> & Söhne');
  assert.equal(await visit.page.inputValue('dialog input[name=slug]'), 'i-palm-i-sohne');
  await visit.page.fill('dialog input[name=slug]', kSlug);
  await visit.page.fill('dialog input[name=admin_email]', `${kSlug}@example.com`);
  await visit.page.fill('dialog input[name=admin_last_name]', 'Palm');
  await visit.check('new');
  const made = await visit.answer('/api/v1/tenants', 201, () => press(visit, 'Make organization'));
  const path = `/api/v1/tenants/${made.id}`;
  await visit.shows('Name and limits');
  assert.equal(await visit.page.innerText('h1'), '<i>Palm</i> & Söhne');

  await visit.page.fill('input[name=max_members]', 'many');
  await press(visit, 'Save');
  await visit.shows('Please type a number of 1 or more, or nothing.');
  await visit.page.fill('input[name=max_members]', '7');
  await visit.page.fill('input[name=max_storage_bytes]', '2.5');
  const changed = await visit.answer(path, 200, () => press(visit, 'Save'));
  assert.deepEqual([changed.limits.max_members, changed.limits.max_storage_bytes], [7, 2500000]);
  await visit.shows('1 / 7');

  // Somebody else is quicker.
  const second = await open(`${base}/app/operator/tenants/${made.id}`);
  await sign_in(second);
  await second.page.fill('input[name=max_members]', '8');
  await second.answer(path, 200, () => press(second, 'Save'));
  await visit.page.fill('input[name=max_members]', '9');
  await visit.answer(path, 412, () => press(visit, 'Save'));
  await visit.shows('Somebody else has changed this meanwhile.');
  await visit.answer(path, 200, () => press(visit, 'Load again'));
  await visit.shows('1 / 8');
  assert.equal(await visit.page.inputValue('input[name=max_members]'), '8');

  await visit.answer(`${path}/settings`, 200, () => press(visit, 'Read the settings'));
  await visit.shows('Own requests may be approved by oneself');
  await visit.check('tenant');

  await press(visit, 'Deactivate');
  await visit.page.fill('dialog textarea[name=reason]', 'Unpaid');
  await visit.answer(`${path}/deactivate`, 200, () => visit.page.locator('dialog').getByRole('button', { name: 'Deactivate', exact: true }).click());
  await visit.shows('Inactive since');
  await visit.answer(`${path}/activate`, 200, () => press(visit, 'Activate'));

  await press(visit, 'Act as a member');
  await visit.page.fill('dialog textarea[name=reason]', 'why');
  await press(visit, 'Begin');
  await visit.shows('Please say why, in five characters or more.');
  await visit.page.fill('dialog textarea[name=reason]', 'Ticket 4711');
  await visit.answer('/api/v1/auth/impersonate', 200, () => press(visit, 'Begin'));
  await visit.shows('You are acting as');
  assert.equal(await visit.page.getByText('System audit').count(), 0);
  await visit.check('acting');
  await visit.answer('/api/v1/auth/end-impersonation', 204, () => press(visit, 'End impersonation'));
  await visit.shows('System audit');

  await visit.page.goto(`${base}/app/operator/audit?tenant_id=${made.id}`);
  await visit.page.getByRole('button', { name: 'impersonation.started' }).click();
  await visit.shows('Ticket 4711');
  await visit.check('change');
  await visit.answer('/api/v1/admin/audit/logs', 200, () => visit.page.locator('dialog').getByRole('link', { name: email }).click());
  await visit.page.locator('dialog').waitFor({ state: 'detached' });

  await visit.page.goto(`${base}/app/operator/tenants/${made.id}`);
  await press(visit, 'End this organization');
  await visit.page.fill('dialog input[name=confirmation]', 'something else');
  await visit.press('Enter');
  await visit.page.fill('dialog input[name=confirmation]', '<i>Palm</i> & Söhne');
  await visit.answer(path, 204, () => visit.press('Enter'));
  await visit.shows('is ended.');
  await visit.answer('/api/v1/tenants', 200, () => visit.page.fill('input[name=q]', kSlug));
  await visit.shows('Nothing matches these filters');
}

// A locked account is let in again; the sweeper is asked to run; a mail leaves.
async function people(open) {
  const visit = await open(`${base}/app/operator/problems?kind=locked`);
  await sign_in(visit);
  const row = visit.page.locator('tr', { hasText: other });
  await row.getByRole('button', { name: 'Unlock' }).click();
  await press(visit, 'Unlock');
  await visit.shows(`${other} can sign in again.`);
  await row.waitFor({ state: 'detached' });

  await visit.page.goto(`${base}/app/operator/maintenance`);
  await visit.answer('/api/v1/admin/maintenance/cleanup', 202, () => press(visit, 'Clean up now'));
  await visit.shows(email);

  await visit.page.goto(`${base}/app/operator/checklist`);
  await press(visit, 'Send me a mail');
  await visit.shows('It has left.');
  await visit.check('mail');

  await visit.page.goto(`${base}/app/operator/mail?email=nobody-there@example.com`);
  const lifted = visit.page.waitForResponse((reply) => reply.url().includes('/admin/mail/suppressions/'));
  visit.expected.push(404);
  await press(visit, 'Lift');
  assert.equal((await lifted).status(), 404);
  await visit.shows('This does not exist, or no longer.');
}

// What was given up: mails and deliveries, sent once more; a test mail to a mailbox elsewhere; an account by its address.
async function given_up(open) {
  const visit = await open(`${base}/app/operator/mail`);
  await sign_in(visit);
  const row = visit.page.locator('tr', { hasText: other });
  await row.getByText('suppressed: bounce').waitFor();
  await visit.check('given-up');
  const path = new RegExp('/api/v1/admin/mail/outbox/[^/]+/replay$');
  const replay = (status) => Promise.all([visit.page.waitForResponse((reply) => path.test(new URL(reply.url()).pathname) && reply.status() === status),
    row.getByRole('button', { name: 'Send once more' }).click()]);
  visit.expected.push(409);
  await replay(409);
  await visit.answer(`/api/v1/admin/mail/suppressions/${encodeURIComponent(other)}`, 204, async () => {
    await visit.page.fill('input[name=email] >> nth=-1', other);
    await press(visit, 'Lift');
  });
  await replay(202);
  await visit.shows('It is sent once more.');
  await row.getByText('suppressed: bounce').waitFor({ state: 'detached' });

  await visit.page.fill('input[name=email] >> nth=0', `elsewhere-${other}`);
  await visit.answer('/api/v1/admin/mail/test', 202, () => press(visit, 'Send a test mail'));
  await visit.shows(`A test mail to elsewhere-${other} is on its way.`);

  await visit.page.goto(`${base}/app/operator/users`);
  await visit.shows('the newest first');
  await visit.answer('/api/v1/admin/users', 200, () => visit.page.fill('input[name=q]', email.slice(0, 6)));
  await visit.shows('runs the service');
  await visit.page.selectOption('select[name=status]', 'bouncing');
  await visit.shows('Nothing matches these filters');
  await visit.check('accounts');
}

// Who is no operator sees no such page, and reads why where a link leads to one.
async function outsider(open) {
  const visit = await open(`${base}/app/operator`);
  await sign_in(visit);
  await visit.shows('This page is for those who run the service.');
  assert.equal(await visit.page.getByText('System audit').count(), 0);
  await visit.check('refused');
}

const stories = { pages, tenant, people, given_up, outsider };
assert.ok(Object.hasOwn(stories, story), `there is no story ${story}`);
await run(stories[story]);
