// A person lets a device in, and another one not: console_device.mjs EMAIL PASSWORD CLIENT. CLIENT is a public one.
import assert from 'node:assert/strict';
import { base, run, sign_in } from './browser.mjs';

const [email, password, client] = process.argv.slice(2);
const form = (path, values) => fetch(base + path, { method: 'POST', body: new URLSearchParams({ client_id: client, ...values }) }).then((reply) => reply.json());
const begin = () => form('/oauth2/device_authorization', { scope: 'openid email projects:read' });
const poll = ({ device_code }) => form('/oauth2/token', { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code });
const button = (visit, name) => visit.page.getByRole('button', { name, exact: true });

await run(async (open) => {
  const first = await begin();
  const visit = await open(first.verification_uri_complete, { expected: [404] });
  await visit.page.locator('input[name=email]').waitFor();
  await sign_in(visit, email, password);
  // The code of the address is shown, and answered by nobody but the person.
  await visit.page.locator('input[name=user_code]').waitFor();
  assert.equal(await visit.page.inputValue('input[name=user_code]'), first.user_code);
  await visit.shows('Only go on if you began this yourself');
  await visit.check('device-code');
  await visit.page.locator('input[name=user_code]').focus();
  await visit.press('Enter');
  await visit.shows('Let Reports in?');
  await visit.shows(first.user_code);
  await visit.shows('127.0.0.1');
  await visit.shows('Projects: read');
  await visit.check('device-ask');
  assert.equal((await poll(first)).error, 'authorization_pending');
  await button(visit, 'It is mine: allow').focus();
  await visit.press('Enter');
  await visit.shows('The device is let in');
  await visit.check('device-allowed');
  assert.ok((await poll(first)).access_token);

  const second = await begin();
  await visit.page.goto(second.verification_uri);
  await visit.page.fill('input[name=user_code]', 'short');
  await button(visit, 'Continue').click();
  await visit.shows('A code has eight letters');
  await visit.page.fill('input[name=user_code]', 'bcdf ghjk');
  await button(visit, 'Continue').click();
  await visit.shows('No device waits with this code');
  await visit.page.fill('input[name=user_code]', second.user_code.toLowerCase());
  await button(visit, 'Continue').click();
  await button(visit, 'Do not allow').click();
  await visit.shows('The device is not let in');
  await visit.check('device-denied');
  assert.equal((await poll(second)).error, 'access_denied');
});
