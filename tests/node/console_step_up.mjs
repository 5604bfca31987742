// What wants a fresh proof: the dialog that asks for it, and the request that is repeated then. console_step_up.mjs EMAIL
// PASSWORD CLOCK, the file that says how far the instance's clock is ahead.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { base, run, sign_in } from './browser.mjs';

const [email, password, clock] = process.argv.slice(2);
const button = (visit, name) => visit.page.getByRole('button', { name, exact: true });

function move_clock(seconds) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt(seconds));
  writeFileSync(clock, bytes, { flag: 'r+' });
}

await run(async (open) => {
  const visit = await open(`${base}/app/api-keys/new`);
  await sign_in(visit, email, password);
  await visit.page.fill('input[name=name]', 'Nightly');
  await visit.page.getByLabel('People: Read').check();
  move_clock(601);
  await visit.answer('/api/v1/api-keys', 403, () => button(visit, 'Make key').click());
  await visit.shows('Confirm that it is you');
  await visit.check('asking');
  // Without it nothing is done, and the page says so.
  await visit.page.keyboard.press('Escape');
  await visit.shows('You did not confirm that it is you.');
  await visit.answer('/api/v1/api-keys', 403, () => button(visit, 'Make key').click());
  await visit.page.fill('dialog input[name=password]', 'not this one');
  await visit.answer('/api/v1/auth/step-up', 403, () => button(visit, 'Confirm').click());
  await visit.shows('That does not show that it is you');
  await visit.check('refused');
  await visit.page.fill('dialog input[name=password]', password);
  const made = await visit.answer('/api/v1/api-keys', 201, () => button(visit, 'Confirm').click());
  assert.ok(made.key);
  await visit.shows('Nightly');
});
