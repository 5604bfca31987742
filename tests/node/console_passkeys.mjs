// Passkeys with the browser's own authenticator, as Chromium simulates it: console_passkeys.mjs EMAIL PASSWORD.
import assert from 'node:assert/strict';
import { base, run, sign_in } from './browser.mjs';

const [email, password] = process.argv.slice(2);

async function authenticator(page) {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('WebAuthn.enable');
  const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
  });
  return { verifies: (yes) => devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: yes }),
           credentials: async () => (await devtools.send('WebAuthn.getCredentials', { authenticatorId })).credentials };
}

const button = (visit, name) => visit.page.getByRole('button', { name, exact: true });

async function sign_out(visit) {
  await visit.page.click('[aria-label="Account menu"]');
  await visit.answer('/api/v1/auth/logout', 204, () => visit.page.getByRole('menuitem', { name: 'Sign out' }).click());
  await visit.shows('You are signed out.');
}

await run(async (open) => {
  const visit = await open(`${base}/app/account/security`);
  const device = await authenticator(visit.page);
  await sign_in(visit, email, password);
  await visit.shows('No passkey yet.');
  await button(visit, 'Add a passkey').click();
  await button(visit, 'Next').click();
  await visit.shows('Please type a name.');
  await visit.page.fill('dialog input[name=name]', 'This laptop');
  await visit.page.fill('dialog input[name=password]', 'not this one');
  await visit.answer('/api/v1/auth/passkeys/options', 403, () => button(visit, 'Next').click());
  await visit.page.fill('dialog input[name=password]', password);
  await visit.check('adding');
  const made = await visit.answer('/api/v1/auth/passkeys', 201, () => button(visit, 'Next').click());
  assert.equal(made.name, 'This laptop');
  await visit.shows('The passkey was added.');
  assert.equal((await device.credentials()).length, 1);
  await visit.check('one');

  await sign_out(visit);
  await visit.check('signed-out');
  // A person whom the device does not know is nobody.
  await device.verifies(false);
  await button(visit, 'Sign in with a passkey').click();
  await visit.shows('No passkey was used.');
  await device.verifies(true);
  await visit.answer('/api/v1/auth/passkey/verify', 200, () => button(visit, 'Sign in with a passkey').click());
  await visit.page.locator('[aria-label="Account menu"]').waitFor();

  await visit.page.goto(`${base}/app/account/security`);
  await button(visit, 'Rename').click();
  await visit.page.fill('dialog input[name=name]', 'Ring');
  await visit.page.locator('dialog button[type=submit]').click();
  await visit.page.getByRole('cell', { name: 'Ring' }).waitFor();
  await button(visit, 'Remove').click();
  await visit.page.fill('dialog input[name=password]', password);
  await visit.check('removing');
  await visit.page.locator('dialog button[type=submit]').click();
  await visit.shows('The passkey was removed.');
  await visit.shows('No passkey yet.');
  await sign_out(visit);
  await visit.answer('/api/v1/auth/passkey/verify', 401, () => button(visit, 'Sign in with a passkey').click());
});
