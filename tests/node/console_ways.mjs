// The sign-in page knows ways by the address: a code by mail, and an organization's own provider. console_ways.mjs EMAIL MAILS
// COLLEAGUE ORGANIZATION: MAILS is the folder of mails that were sent; the domain of COLLEAGUE is of an organization that lets
// its members in by its provider alone.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { base, readable, run } from './browser.mjs';

const [email, mails, colleague, organization] = process.argv.slice(2);
const button = (visit, name) => visit.page.getByRole('button', { name, exact: true });
const types_address = async (visit, address) => {
  await visit.page.fill('input[name=email]', address);
  await visit.answer('/api/v1/auth/discover', 200, () => visit.press('Enter'));
};

// The codes that were mailed to the address: eight digits in the text of its mails, which is base64.
const text_of = (mail) => Buffer.from(/text\/plain.*?\r\n\r\n(.*?)\r\n--/s.exec(mail)?.[1] || '', 'base64').toString();
const codes = () => readdirSync(mails).filter((name) => name.endsWith('.eml'))
  .map((name) => readFileSync(join(mails, name), 'utf8')).filter((mail) => mail.includes(`To: <${email}>`))
  .map((mail) => /\b(\d{4}) (\d{4})\b/.exec(text_of(mail))).filter(Boolean).map(([, first, second]) => first + second);
const new_code = async (before) => {
  for (let tries = 0; tries < 2000; ++tries) {
    const found = codes().filter((code) => !before.includes(code));
    if (found.length) return found[0];
    await new Promise((done) => { setTimeout(done, 20); });
  }
  return assert.fail(`no code was mailed to ${email}`);
};

await run(async (open) => {
  const visit = await open(`${base}/sign-in`);
  await types_address(visit, email);
  await visit.answer('/api/v1/auth/codes', 202, () => button(visit, 'Mail me a code').click());
  const code = await new_code([]);
  await visit.shows('a mail with a code is on its way');
  await visit.check('code');
  await visit.page.fill('input[name=code]', '12');
  await visit.press('Enter');
  await visit.shows('Please type the eight digits.');
  await visit.page.fill('input[name=code]', code === '00000000' ? '11111111' : '00000000');
  await visit.answer('/api/v1/auth/codes/verify', 401, () => visit.press('Enter'));
  await visit.shows('This is not the code, or it is over.');
  await visit.check('wrong-code');
  // Another one ends the one so far; a reload keeps the page.
  await visit.answer('/api/v1/auth/codes', 202, () => button(visit, 'Send another').click());
  const newer = await new_code([code]);
  await visit.page.reload();
  await visit.page.fill('input[name=code]', `${newer.slice(0, 4)} ${newer.slice(4)}`);
  await visit.answer('/api/v1/auth/codes/verify', 200, () => visit.press('Enter'));
  await visit.page.waitForURL(`${base}/app/`);
  const left = await readable(visit.page);
  assert.ok(!left.includes(newer), 'the code is left in the page');

  const other = await open(`${base}/sign-in`);
  await types_address(other, colleague);
  await other.shows(`${organization} signs you in by its own provider.`);
  await button(other, 'Sign in with Google').waitFor();
  await other.check('provider');
  await other.page.reload();
  await other.shows(`${organization} signs you in by its own provider.`);
  await button(other, 'Use the password').click();
  await other.page.fill('input[name=password]', 'not the password of it');
  await other.answer('/api/v1/auth/login', 401, () => other.press('Enter'));
  await other.check('password-all-the-same');

  const german = await open(`${base}/sign-in`, { locale: 'de-DE' });
  await types_address(german, colleague);
  await german.shows(`${organization} meldet Sie über einen eigenen Anbieter an.`);
  await german.check('provider-german');
});
