// What an owner sets up for programs and hands over: console_programs.mjs EMAIL PASSWORD HEIR HOOK ISSUER. HOOK refuses for ever
// what comes first, and takes what comes then. ISSUER is a provider's that answers. Prints the webhook's secret.
import assert from 'node:assert/strict';
import { base, go, readable, run, sign_in } from './browser.mjs';

const [email, password, heir, hook, issuer] = process.argv.slice(2);
const button = (visit, name) => visit.page.getByRole('button', { name, exact: true });

// Its secret is shown once; a delivery that the receiver refuses is told with its reason, and sent again.
async function webhook(visit) {
  await go(visit.page, '/app/webhooks/new');
  await visit.page.fill('input[name=url]', 'hooks.example.com');
  await button(visit, 'Make webhook').click();
  await visit.shows('Please type the whole address');
  await visit.page.fill('input[name=url]', hook);
  await visit.page.getByLabel('Every event').uncheck();
  await button(visit, 'Make webhook').click();
  await visit.shows('Please choose at least one event.');
  await visit.page.getByText('role.created', { exact: true }).click();
  const { secret } = await visit.answer('/api/v1/webhooks', 201, () => button(visit, 'Make webhook').click());
  await visit.shows(secret);
  await button(visit, 'I have kept it').click();
  await visit.shows('Nothing was sent yet');
  assert.ok(!(await readable(visit.page)).includes(secret));
  await button(visit, 'Send a test').click();
  await visit.page.getByText('given up', { exact: true }).nth(1).waitFor();  // the first is a filter's
  await visit.shows('HTTP 410');
  await visit.check('given-up');
  await visit.page.getByRole('table').getByRole('button', { name: 'Send again' }).click();
  await visit.shows('The event is sent once more.');
  for (let looks = 0; looks < 40 && !(await visit.page.getByRole('table').getByText('delivered').count()); ++looks) {
    await button(visit, 'Look again').click();
    await visit.page.waitForTimeout(150);
  }
  await visit.page.getByRole('table').getByText('delivered').waitFor();
  await button(visit, 'Pause').click();
  await visit.shows('The webhook is paused.');
  await button(visit, 'Undo').click();
  await button(visit, 'Send a test').waitFor();
  return secret;
}

// Step by step to a provider that answers.
async function provider(visit) {
  await go(visit.page, '/app/providers/new');
  await button(visit, 'Google').click();
  await visit.shows(`${base}/sso`);
  await button(visit, 'Next').click();
  await button(visit, 'Add provider').click();
  await visit.shows('Please copy the client id from the provider.');
  await visit.page.fill('input[name=client_id]', 'alpha');
  await visit.page.fill('input[name=client_secret]', 'secret of alpha');
  await visit.page.getByLabel('People with such an address may join by themselves').check();
  await button(visit, 'Add provider').click();
  await visit.shows('Please name the domains');
  await visit.page.fill('textarea[name=allowed_domains]', 'example.com');
  await button(visit, 'Add provider').click();
  await visit.shows('Google is added.');
  await visit.page.getByRole('button', { name: 'Check the provider' }).click();
  await visit.shows('The provider answers');
  await go(visit.page, '/app/providers');
  await visit.page.getByRole('row', { name: /Google/ }).waitFor();
  assert.ok(!(await readable(visit.page)).includes('secret of alpha'));
}

// The same to one of the organization's own choice, which knows the service by a key.
async function ownProvider(visit) {
  await go(visit.page, '/app/providers/new');
  await button(visit, 'Another OpenID Connect provider').click();
  await button(visit, 'Next').click();
  await visit.shows('lower-case letters');
  await visit.page.fill('input[name=slug]', 'own');
  await visit.page.getByText(new RegExp(`^${base}/sso/[0-9a-f-]{36}/own$`)).waitFor();
  await button(visit, 'Next').click();
  await button(visit, 'Add provider').click();
  await visit.shows('Please copy the issuer');
  await visit.page.fill('input[name=name]', 'Our Provider');
  await visit.page.fill('input[name=issuer]', issuer);
  await visit.page.fill('input[name=client_id]', 'gamma');
  await visit.page.selectOption('select[name=client_auth]', 'private_key_jwt');
  await visit.page.fill('textarea[name=group_roles]', 'it');
  await button(visit, 'Add provider').click();
  await visit.shows('Please write each line as: group = role.');
  await visit.page.fill('textarea[name=group_roles]', 'it = admin');
  await visit.page.fill('input[name=groups_claim]', 'groups');
  await button(visit, 'Add provider').click();
  await visit.shows('Our Provider is added.');
  await visit.shows('"alg":"ES256"');
  await button(visit, 'Check the provider').click();
  await visit.shows('The provider answers');
  await visit.check('own-provider-added');
  await go(visit.page, '/app/providers');
  await visit.page.getByRole('link', { name: 'Our Provider' }).click();
  await visit.shows(issuer);
  await visit.page.getByLabel('Groups give the role at each sign-in').check();
  await button(visit, 'Save').click();
  await visit.shows('Saved');
  await visit.check('own-provider');
}

// What the log says of it, as both kinds of file.
async function exports(visit) {
  await go(visit.page, '/app/audit');
  for (const [kind, name] of [['JSON Lines', /^audit-.*\.jsonl$/], ['CSV (for spreadsheets)', /^audit-.*\.csv$/]]) {
    await button(visit, 'Export').click();
    const [saved] = await Promise.all([visit.page.waitForEvent('download'), visit.page.getByRole('menuitem', { name: kind }).click()]);
    assert.match(saved.suggestedFilename(), name);
    const chunks = [];
    for await (const chunk of await saved.createReadStream()) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    for (const action of ['webhook.created', 'identity_provider.created', 'invite.created']) assert.ok(text.includes(action), action);
    assert.ok(!text.includes('whsec_') && !text.includes('secret of alpha'));
  }
}

// To the heir, by the password; what only the owner may do is gone at once.
async function transfer(visit) {
  await go(visit.page, '/app/organization/ownership');
  await visit.page.fill('input[name=member]', heir.slice(0, 12));
  await visit.page.getByRole('button', { name: `Choose ${heir}` }).click();
  await visit.page.fill('dialog input[name=password]', 'not this one');
  visit.expected.push(403);
  await visit.page.locator('dialog').getByRole('button', { name: 'Hand over', exact: true }).click();
  await visit.shows('This is not the password of your account.');
  await visit.check('proof');
  await visit.page.fill('dialog input[name=password]', password);
  await visit.page.locator('dialog').getByRole('button', { name: 'Hand over', exact: true }).click();
  await visit.shows(`${heir} owns the organization now.`);
  await go(visit.page, '/app/organization/ownership');
  await visit.shows('You cannot open this page');
}

await run(async (open) => {
  const visit = await open(`${base}/app/`);
  await sign_in(visit, email, password);
  await visit.shows('You are in');
  const secret = await webhook(visit);
  await provider(visit);
  await ownProvider(visit);
  await exports(visit);
  await transfer(visit);
  console.log(secret);
});
