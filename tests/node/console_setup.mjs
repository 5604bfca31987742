// Whoever runs the server opens the link that its start has printed: console_setup.mjs LINK EMAIL.
import assert from 'node:assert/strict';
import { base, readable, run } from './browser.mjs';

const [link, email] = process.argv.slice(2);
const password = process.env.NEW_PASSWORD;
const fill = async ({ page }, address, secret) => {
  await page.fill('input[name=email]', address);
  await page.fill('input[name=password]', secret);
};

await run(async (open) => {
  const early = await open(`${base}/sign-in`);
  await early.shows('Nobody runs this service yet.');
  await early.check('nobody-yet');

  // Of another link: refused, and nothing is made.
  const wrong = await open(`${base}/setup#token=${'A'.repeat(43)}`);
  await fill(wrong, email, password);
  await wrong.answer('/setup', 400, () => wrong.press('Enter'));
  await wrong.check('wrong-link');

  const visit = await open(link);
  await visit.shows('You make the first account, which runs the service.');
  assert.equal(new URL(visit.page.url()).hash, '', 'the link stays in the address bar');
  await visit.check('form');
  await visit.page.getByRole('button', { name: 'Set up' }).click();
  await visit.shows('Please type the whole address, such as ada@example.com.');
  await visit.shows('Please choose at least 8 characters.');
  await visit.check('empty');
  await fill(visit, email, 'password1');
  await visit.answer('/setup', 422, () => visit.press('Enter'));
  await visit.shows('It is among the most used passwords. Use several unrelated words.');
  // A reload keeps the link.
  await visit.page.reload();
  await fill(visit, email, password);
  await visit.answer('/setup', 201, () => visit.press('Enter'));
  await visit.page.waitForURL(`${base}/app/`);
  await visit.page.getByRole('link', { name: 'First-run checklist' }).first().waitFor();
  await visit.check('console');
  const left = await readable(visit.page);
  assert.ok(!left.includes(visit.token) && !left.includes(password), 'a secret is left in the page');

  const late = await open(link);
  await late.shows('This service has an administrator already.');
  await late.check('over');
  const german = await open(link, { locale: 'de-DE' });
  await german.page.getByRole('heading').waitFor();
  await german.check('over-german');
});
