// The console of an organization and its programs: console_organization.mjs STORY EMAIL PASSWORD. Prints nothing but what
// went wrong.
import assert from 'node:assert/strict';
import { base, run } from './browser.mjs';

const [story, email, password] = process.argv.slice(2);

async function sign_in(open, path) {
  const visit = await open(`${base}${path}`);
  await visit.page.fill('input[name=email]', email);
  await visit.press('Enter');
  await visit.page.fill('input[name=password]', password);
  await visit.answer('/api/v1/auth/login', 200, () => visit.press('Enter'));
  return visit;
}

const button = (visit, name) => visit.page.getByRole('button', { name, exact: true });
const dialog = (visit, name) => visit.page.getByRole('dialog').getByRole('button', { name, exact: true });

// One invited by form, others by pasted lines; one sent again, one withdrawn.
async function inviting(open) {
  const visit = await sign_in(open, '/app/members');
  await button(visit, 'Invite a person').click();
  await visit.page.fill('dialog input[name=email]', 'nobody');
  await dialog(visit, 'Send invitation').click();
  await visit.shows('Please type the whole address');
  await visit.check('invite-refused');
  await visit.page.fill('dialog input[name=email]', 'grace@example.com');
  await visit.answer('/api/v1/invites', 201, () => visit.press('Enter'));
  await visit.shows('grace@example.com is invited.');
  await visit.page.goto(`${base}/app/members/invite`);
  await visit.page.fill('textarea', 'address;role\nlinus@example.com;member\nno address\n"Ada" <late@example.com>\nlost@example.com,no such role');
  const reply = await visit.answer('/organization/add_users', 200, () => button(visit, 'Invite 3 people').click());
  assert.deepEqual(reply.items.map(({ result }) => result), ['invited', 'invited', 'refused']);
  await visit.shows('2 invited, 2 not.');
  await visit.check('invite-results');
  await visit.page.goto(`${base}/app/members?status=pending`);
  await visit.shows('3 of 3');
  await visit.check('members');
  const row = visit.page.getByRole('row', { name: /linus/ });
  await row.getByRole('button', { name: 'Send again' }).click();
  await visit.shows('A new link is on its way to linus@example.com.');
  await row.getByRole('button', { name: 'Withdraw' }).click();
  await dialog(visit, 'Withdraw').click();
  await visit.shows('2 of 2');
}

// A role is made, changed by two at once, and deleted.
async function roles(open) {
  const visit = await sign_in(open, '/app/roles/new');
  await visit.page.fill('input[name=name]', 'Auditor');
  await visit.page.getByLabel('Audit log: Read').check();
  await visit.check('new-role');
  await visit.answer('/api/v1/roles', 201, () => button(visit, 'Make role').click());
  await visit.page.getByRole('link', { name: 'Auditor' }).click();
  await visit.page.locator('input[name=description]').waitFor();
  const id = new URL(visit.page.url()).pathname.split('/').pop();
  await visit.page.evaluate(async (path) => {
    const { call } = await import('/app/api.js');
    await call('PUT', path, { body: { name: 'Auditor', description: 'Changed meanwhile', permissions: ['audit:read'] } });
  }, `/api/v1/roles/${id}`);
  await visit.page.fill('input[name=description]', 'Mine');
  await visit.answer(`/api/v1/roles/${id}`, 412, () => button(visit, 'Save').click());
  await visit.shows('Somebody else has changed this meanwhile.');
  await button(visit, 'Load again').click();
  await visit.page.waitForFunction(() => document.querySelector('input[name=description]')?.value === 'Changed meanwhile');
  await visit.page.fill('input[name=description]', 'Mine');
  await visit.answer(`/api/v1/roles/${id}`, 200, () => button(visit, 'Save').click());
  await visit.page.getByRole('row', { name: /Auditor/ }).getByRole('button', { name: 'Delete' }).click();
  await visit.answer(`/api/v1/roles/${id}`, 204, () => dialog(visit, 'Delete').click());
  await visit.shows('The role Auditor is deleted.');
}

// Settings are kept; the log says what differs.
async function settings(open) {
  const visit = await sign_in(open, '/app/organization');
  await visit.page.locator('input[name=mail_sender_name]').waitFor();
  await visit.page.fill('input[name=mail_sender_name]', 'Post of ours');
  await visit.page.selectOption('select[name=session_idle_seconds]', '3600');
  await button(visit, 'Save').click();
  await visit.shows('Saved.');
  await visit.check('settings');
  await visit.page.goto(`${base}/app/audit?action=organization.updated`);
  await visit.page.getByRole('button', { name: 'Show organization.updated' }).click();
  await visit.shows('Post of ours');
  await visit.check('difference');
}

// The organization ends once its name is typed.
async function ending(open) {
  const visit = await sign_in(open, '/app/organization/ownership');
  await button(visit, 'End organization').click();
  const name = await visit.page.locator('dialog label strong').innerText();
  await visit.page.fill('dialog input', `${name}?`);
  await visit.press('Enter');
  await visit.check('not-yet');
  await visit.page.fill('dialog input', name);
  await visit.press('Enter');
  await visit.shows(`${name} has ended.`);
}

// A key is shown once; what it may do is what was ticked.
async function keys(open) {
  const visit = await sign_in(open, '/app/api-keys/new');
  await visit.page.fill('input[name=name]', 'Nightly import');
  await button(visit, 'Make key').click();
  await visit.shows('Please choose at least one permission.');
  await visit.page.getByLabel('People: Read').check();
  const { key } = await visit.answer('/api/v1/api-keys', 201, () => button(visit, 'Make key').click());
  await visit.shows(key);
  await dialog(visit, 'I have kept it').click();
  await visit.shows('Nightly import');
  assert.ok(!(await visit.page.content()).includes(key));
  await visit.check('keys');
  const members = await fetch(`${base}/api/v1/members`, { headers: { 'X-Api-Key': key } });
  assert.equal(members.status, 200);
  await visit.page.getByRole('row', { name: /Nightly import/ }).getByRole('button', { name: 'End' }).click();
  await visit.page.fill('dialog input', 'Nightly import');
  await visit.press('Enter');
  await visit.shows('No key yet');
}

// Every page: wide and narrow, light and dark, right to left, without a finding.
async function pages(open) {
  const visit = await sign_in(open, '/app/members');
  for (const [path, words] of [['/app/members', '1 of 1'], ['/app/members/invite', 'Addresses, one a line'], ['/app/roles', 'viewer'], ['/app/roles/new', 'Purchase requests'],
                               ['/app/organization', 'Usage'], ['/app/organization/ownership', 'Hand over ownership'], ['/app/audit', '127.0.0.1'],
                               ['/app/providers', 'No provider yet'], ['/app/providers/new', 'Which provider?'], ['/app/statistics', 'Members over time'],
                               ['/app/developer', '2. Call'], ['/app/developer/verify', 'TypeScript'], ['/app/api-keys', 'No key yet'], ['/app/api-keys/new', 'Purchase requests'],
                               ['/app/webhooks', 'No webhook yet'], ['/app/webhooks/new', 'Every event']]) {
    await visit.page.goto(base + path);
    await visit.page.locator('main').getByText(words).first().waitFor();
    await visit.check(`page${path.replaceAll('/', '-')}`);
    await visit.page.evaluate(() => { document.documentElement.dir = 'rtl'; });
    await visit.check(`rtl${path.replaceAll('/', '-')}`);
  }
}

const stories = { inviting, roles, settings, ending, keys, pages };
assert.ok(Object.hasOwn(stories, story), `there is no story ${story}`);
await run(stories[story]);
