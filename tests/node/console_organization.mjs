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

// A stream of each kind: its secret is shown once, a test is sent, what the receiver answers is seen; paused, and ended by name.
// Nobody listens at these addresses.
async function streams(open) {
  const visit = await sign_in(open, '/app/streams');
  const make = async (name, kind, url, more = async () => {}) => {
    await visit.page.goto(`${base}/app/streams/new`);
    await visit.page.fill('input[name=name]', name);
    await visit.page.selectOption('select[name=kind]', kind);
    await visit.page.fill('input[name=url]', url);
    await more();
    return visit.answer('/api/v1/streams', 201, () => button(visit, 'Make stream').click());
  };
  const row = (name) => visit.page.getByRole('row', { name });
  const choose = async (name, act) => {
    await row(name).locator('[aria-haspopup=menu]').click();
    await visit.page.getByRole('menuitem', { name: act }).click();
  };
  await visit.page.goto(`${base}/app/streams/new`);
  await visit.page.fill('input[name=name]', 'Watch');
  await button(visit, 'Make stream').click();
  await visit.shows('Please type the whole address, such as https://siem.example.com/tenantd.');
  await visit.page.selectOption('select[name=kind]', 'syslog');
  assert.equal(await visit.page.inputValue('input[name=url]'), 'tls://');
  for (const what of ['Rows of the audit log', 'Events']) await visit.page.getByLabel(what).uncheck();
  await button(visit, 'Make stream').click();
  await visit.shows('Please choose at least one.');
  await visit.check('stream-refused');

  const { id, secret } = await make('Watch', 'https', 'https://127.9.9.9/rows');
  await visit.shows('Secret of the stream');
  await visit.shows(secret);
  await visit.check('stream-secret');
  await dialog(visit, 'I have kept it').click();
  await row(/Watch/).waitFor();
  assert.ok(!(await visit.page.content()).includes(secret));
  await make('Logs', 'syslog', 'tls://127.9.9.9:6514');
  await row(/Logs/).waitFor();
  const stored = await make('Archive', 's3', 'https://127.9.9.9/archive/audit', async () => {
    await visit.page.fill('input[name=region]', 'eu-central-1');
    await visit.page.fill('input[name=access_key_id]', 'AKIDEXAMPLE');
    await visit.page.fill('input[name=secret_access_key]', 'the key of the archive');
  });
  assert.ok(!JSON.stringify(stored).includes('the key of the archive'));
  await row(/Archive/).waitFor();

  await visit.answer(`/api/v1/streams/${id}/test`, 202, () => row(/Watch/).getByRole('button', { name: 'Send a test' }).click());
  await visit.shows('A row stream.test is on its way.');
  for (let looks = 0; looks < 80 && !(await row(/Watch/).getByText('failing').count()); ++looks) {
    await visit.page.waitForTimeout(150);
    await visit.page.reload();
    await row(/Watch/).waitFor();
  }
  await row(/Watch/).getByText('failing').waitFor();
  await visit.check('streams');
  await choose(/Logs/, 'Pause');
  await row(/Logs/).getByText('paused').waitFor();
  assert.equal(await row(/Logs/).getByRole('button', { name: 'Send a test' }).count(), 0);
  await row(/Logs/).getByRole('button', { name: 'Let it go on' }).click();
  await row(/Logs/).getByRole('button', { name: 'Send a test' }).waitFor();
  await choose(/Archive/, 'Change what it shows');
  assert.equal(await visit.page.inputValue('dialog input[name=access_key_id]'), 'AKIDEXAMPLE');
  await dialog(visit, 'Save').click();
  await visit.shows('Please fill this in.');
  await visit.page.fill('dialog input[name=secret_access_key]', 'another key of the archive');
  await visit.check('stream-key');
  await visit.answer(`/api/v1/streams/${stored.id}`, 200, () => dialog(visit, 'Save').click());
  assert.ok(!(await visit.page.content()).includes('another key of the archive'));
  await choose(/Watch/, 'Make another secret');
  await dialog(visit, 'Make another secret').click();
  await visit.shows('the old one signs for a day beside it');
  await dialog(visit, 'I have kept it').click();
  await choose(/Watch/, 'End');
  await visit.page.fill('dialog input', 'Watch');
  await visit.press('Enter');
  await visit.shows('Watch has ended.');
  await row(/Watch/).waitFor({ state: 'detached' });
}

// A directory is connected: its address, its token, and the role that a group of it gives.
async function provisioning(open) {
  const visit = await sign_in(open, '/app/provisioning');
  await visit.shows(`${base}/scim/v2`);
  await visit.page.getByRole('link', { name: 'Make the token' }).click();
  await visit.shows('1 chosen');
  assert.equal(await visit.page.inputValue('select[name=owner]'), 'organization');
  const { key, permissions } = await visit.answer('/api/v1/api-keys', 201, () => button(visit, 'Make key').click());
  assert.deepEqual(permissions, ['scim:provision']);
  await dialog(visit, 'I have kept it').click();
  const group = await fetch(`${base}/scim/v2/Groups`, { method: 'POST', headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/scim+json' },
    body: JSON.stringify({ schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'], displayName: 'Platform leads' }) });
  assert.equal(group.status, 201);
  await visit.page.goto(`${base}/app/provisioning`);
  await visit.page.getByRole('listitem').filter({ hasText: 'Platform leads' }).waitFor();
  await button(visit, 'Add a group').click();
  await button(visit, 'Save').click();
  await visit.shows('Please type the name of the group.');
  await visit.page.fill('input[name=group0]', 'Platform leads');
  await visit.page.selectOption('select[name=role0]', 'manager');
  await button(visit, 'Add a group').click();
  await visit.page.fill('input[name=group1]', 'platform LEADS');
  await button(visit, 'Save').click();
  await visit.shows('This group stands above already.');
  await visit.check('group-twice');
  await visit.page.fill('input[name=group1]', 'Guests');
  await visit.page.selectOption('select[name=role1]', 'viewer');
  await visit.page.selectOption('select[name=default_role_name]', 'viewer');
  await visit.answer('/api/v1/scim/roles', 200, () => button(visit, 'Save').click());
  await visit.shows('Saved.');
  await visit.shows('on your authority');
  await visit.page.getByRole('button', { name: 'Remove Guests' }).click();
  await visit.answer('/api/v1/scim/roles', 200, () => button(visit, 'Save').click());
  await visit.page.locator('input[name=group1]').waitFor({ state: 'detached' });
  await visit.page.reload();
  await visit.page.waitForFunction(() => document.querySelector('input[name=group0]')?.value === 'Platform leads');
  await visit.check('roles-by-groups');
}

// An account with a network, a key that is rotated, and what becomes of both.
async function accounts(open) {
  const visit = await sign_in(open, '/app/service-accounts/new');
  await visit.page.fill('input[name=name]', 'Nightly export');
  await visit.page.fill('textarea[name=networks]', '127.0.0.0/8\nnonsense');
  await visit.page.getByLabel('People: Read').check();
  await visit.answer('/api/v1/service-accounts', 422, () => button(visit, 'Make account').click());
  await visit.shows('Line 2 is no network');
  await visit.page.fill('textarea[name=networks]', '127.0.0.0/8');
  const { id } = await visit.answer('/api/v1/service-accounts', 201, () => button(visit, 'Make account').click());
  await visit.shows('About this account');
  await button(visit, 'New API key').click();
  await visit.page.fill('dialog input[name=name]', 'Production');
  const { key } = await visit.answer(`/api/v1/service-accounts/${id}/keys`, 201, () => dialog(visit, 'Make key').click());
  await visit.shows(key);
  await dialog(visit, 'I have kept it').click();
  const asks = (text) => fetch(`${base}/api/v1/members`, { headers: { 'X-Api-Key': text } }).then((reply) => reply.status);
  assert.equal(await asks(key), 200);
  await button(visit, 'Rotate key').click();
  await visit.check('rotating');
  const rotated = await visit.answer(`/api/v1/service-accounts/${id}/rotate-key`, 201, () => dialog(visit, 'Rotate key').click());
  await dialog(visit, 'I have kept it').click();
  assert.deepEqual([await asks(key), await asks(rotated.key)], [200, 200]);
  await visit.check('account');
  await visit.page.getByRole('button', { name: 'Actions' }).click();
  await visit.page.getByText('Disable').click();
  await visit.shows('disabled');
  assert.equal(await asks(rotated.key), 401);
  await visit.page.goto(`${base}/app/service-accounts`);
  await visit.shows('Nightly export');
  await visit.check('accounts');
}

// Every page: wide and narrow, light and dark, right to left, without a finding.
async function pages(open) {
  const visit = await sign_in(open, '/app/members');
  for (const [path, words] of [['/app/members', '1 of 1'], ['/app/members/invite', 'Addresses, one a line'], ['/app/roles', 'viewer'], ['/app/roles/new', 'Purchase requests'],
                               ['/app/organization', 'Usage'], ['/app/organization/ownership', 'Hand over ownership'], ['/app/audit', '127.0.0.1'],
                               ['/app/providers', 'No provider yet'], ['/app/providers/new', 'Which provider?'], ['/app/statistics', 'Members over time'],
                               ['/app/developer', '2. Call'], ['/app/developer/verify', 'TypeScript'], ['/app/api-keys', 'No key yet'], ['/app/api-keys/new', 'Purchase requests'],
                               ['/app/service-accounts', 'No service account yet'], ['/app/service-accounts/new', 'Networks'],
                               ['/app/webhooks', 'No webhook yet'], ['/app/webhooks/new', 'Every event'],
                               ['/app/provisioning', 'Role of everybody else'], ['/app/domains', 'Claim a domain'],
                               ['/app/oauth-clients', 'OAuth'], ['/app/streams', 'No streams yet'], ['/app/streams/new', 'How it is sent']]) {
    await visit.page.goto(base + path);
    await visit.page.locator('main').getByText(words).first().waitFor();
    await visit.check(`page${path.replaceAll('/', '-')}`);
    await visit.page.evaluate(() => { document.documentElement.dir = 'rtl'; });
    await visit.check(`rtl${path.replaceAll('/', '-')}`);
  }
}

const stories = { inviting, roles, settings, ending, keys, accounts, pages, provisioning, streams };
assert.ok(Object.hasOwn(stories, story), `there is no story ${story}`);
await run(stories[story]);
