// The console as a person uses it: console_pages.mjs STORY EMAIL PASSWORD. Prints nothing but what went wrong.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { base, run } from './browser.mjs';

const [story, email, password] = process.argv.slice(2);
const readQr = createRequire(join(dirname(fileURLToPath(import.meta.url)), '../../.cache/node/'))('jsqr');
const console_folder = join(dirname(fileURLToPath(import.meta.url)), '../../nginx/www/app');

async function sign_in(visit, path = '/sign-in') {
  await visit.page.goto(base + path);
  await visit.page.fill('input[name=email]', ` ${email} `);
  await visit.press('Enter');
  await visit.page.fill('input[name=password]', password);
  return visit.answer('/api/v1/auth/login', 200, () => visit.press('Enter'));
}

const kept = (visit) => visit.page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, history.state]));

// Wrong first, then right, by keyboard; a reload stays signed in, and nothing that a script can read holds a token.
async function signing_in(open) {
  const visit = await open(`${base}/`);
  await visit.shows('E-mail address');
  assert.equal(new URL(visit.page.url()).pathname, '/sign-in');
  await visit.check('address');
  await visit.tab('input[name=email]');
  await visit.type('nobody');
  await visit.press('Enter');
  await visit.shows('Please type the whole address');
  await visit.page.fill('input[name=email]', email);
  await visit.press('Enter');
  await visit.page.locator('input[name=password]').waitFor();
  await visit.page.fill('input[name=password]', 'not this one');
  await visit.answer('/api/v1/auth/login', 401, () => visit.press('Enter'));
  await visit.shows('The address or the password is wrong.');
  await visit.check('refused');
  await visit.page.reload();
  await visit.page.fill('input[name=password]', password);
  const reply = await visit.answer('/api/v1/auth/login', 200, () => visit.press('Enter'));
  assert.equal(reply.refresh_token, undefined);
  await visit.shows('You are in');
  assert.equal(await kept(visit), '[{"signed-in":"1"},{},"",null]');
  const cookies = await visit.context.cookies();
  assert.deepEqual(cookies.map(({ httpOnly, sameSite, path }) => [httpOnly, sameSite, path]), [[true, 'Strict', '/']]);
  await visit.answer('/api/v1/auth/refresh', 200, () => visit.page.reload());
  await visit.shows('You are in');
  assert.ok(!(await visit.page.content()).includes(reply.access_token));
}

// Every page of one's own, and what is no page: wide and narrow, light and dark, right to left, without a finding.
async function pages(open) {
  const visit = await open(`${base}/app/account/security`);
  await visit.shows('E-mail address');
  await sign_in(visit, '/app/account/security');
  await visit.shows('Security events');
  for (const [path, words] of [['/app/', 'Hello'], ['/app/account', 'Name and language'], ['/app/account/security', 'Security events'],
                               ['/app/account/sessions', 'this device'], ['/app/account/organizations', 'My organizations'], ['/app/account/data', 'Erase your account'],
                               ['/app/nothing', 'There is no page at this address.']]) {
    await visit.page.goto(base + path);
    await visit.shows(words);
    await visit.check(`page${path.replaceAll('/', '-')}`);
    await visit.page.evaluate(() => { document.documentElement.dir = 'rtl'; });
    await visit.check(`rtl${path.replaceAll('/', '-')}`);
  }
}

// Names with markup in them are text wherever they are shown: nothing runs, nothing is drawn.
async function markup(open) {
  const visit = await open(`${base}/app/account`);
  await sign_in(visit, '/app/account');
  await visit.page.locator('input[name=first_name]').waitFor();
  const name = '<img src=x onerror=console.error(1)>';
  await visit.page.fill('input[name=first_name]', name);
  await visit.answer('/api/v1/users/me', 200, () => visit.press('Enter'));
  await visit.shows('Saved.');
  await visit.page.goto(`${base}/app/`);
  await visit.shows(`Hello, ${name}`);
  for (const path of ['/app/', '/app/account/organizations']) {
    await visit.page.goto(base + path);
    await visit.shows('<script>console.error(2)</script>');
    assert.equal(await visit.page.locator('main script, main img').count(), 0);
  }
}

// Signing out in one window signs all windows of the browser out.
async function signing_out(open) {
  const visit = await open(`${base}/sign-in`);
  await sign_in(visit);
  await visit.shows('You are in');
  const other = await visit.context.newPage();
  await other.goto(`${base}/app/account`);
  await other.getByText('Name and language').waitFor();
  await visit.page.click('[aria-label="Account menu"]');
  await visit.check('menu');
  await visit.answer('/api/v1/auth/logout', 204, () => visit.page.getByRole('menuitem', { name: 'Sign out' }).click());
  await visit.shows('You are signed out.');
  await other.getByText('You are signed out.').waitFor();
  assert.deepEqual(await visit.context.cookies(), []);
  assert.equal((await visit.page.evaluate(() => localStorage.length)), 0);
}

// A new password, a session ended, the requests behind it with their secrets masked.
async function account(open) {
  const visit = await open(`${base}/app/account/security`);
  await sign_in(visit, '/app/account/security');
  await visit.page.locator('input[name=current_password]').waitFor();
  await visit.page.fill('input[name=current_password]', 'not this one');
  await visit.page.fill('input[name=new_password]', process.env.NEW_PASSWORD);
  await visit.answer('/api/v1/auth/change-password', 403, () => visit.press('Enter'));
  await visit.shows('This is not the password of your account.');
  await visit.page.fill('input[name=current_password]', password);
  await visit.answer('/api/v1/auth/change-password', 204, () => visit.page.getByRole('button', { name: 'Change password' }).click());
  await visit.shows('Your password is changed.');
  await visit.page.click('[aria-label="Account menu"]');
  await visit.page.getByRole('menuitem', { name: 'Show as API' }).click();
  await visit.shows('/api/v1/auth/change-password');
  const shown = await visit.page.innerText('dialog');
  for (const secret of [password, process.env.NEW_PASSWORD]) assert.ok(!shown.includes(secret));
}

// The code of RFC 6238 for now, and the picture read as an app's camera reads it.
function code_of(secret) {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...secret].map((letter) => letters.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000)));
  const digest = createHmac('sha1', key).update(counter).digest();
  return String((digest.readUInt32BE(digest[19] & 15) & 0x7fffffff) % 1000000).padStart(6, '0');
}

async function text_of_picture(page) {
  const { side, pixels } = await page.locator('svg.qr').evaluate(async (svg) => {
    const copy = svg.cloneNode(true);
    const side = 4 * svg.viewBox.baseVal.width;
    copy.setAttribute('width', side);
    copy.setAttribute('height', side);
    const image = new Image();
    image.src = `data:image/svg+xml,${encodeURIComponent(new XMLSerializer().serializeToString(copy))}`;
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = side;
    const context = canvas.getContext('2d');
    context.drawImage(image, 0, 0);
    return { side, pixels: [...context.getImageData(0, 0, side, side).data] };
  });
  const found = readQr(Uint8ClampedArray.from(pixels), side, side);
  assert.ok(found, 'no camera could read the picture');
  return found.data;
}

async function factor(open) {
  const visit = await open(`${base}/app/account/security`);
  await sign_in(visit, '/app/account/security');
  await visit.page.getByRole('button', { name: 'Set it up' }).click();
  await visit.page.fill('dialog input[name=password]', password);
  const enrolled = await visit.answer('/api/v1/auth/mfa/enroll', 200, () => visit.press('Enter'));
  await visit.page.locator('svg.qr').waitFor();
  await visit.check('picture');
  const uri = await text_of_picture(visit.page);
  assert.equal(uri, enrolled.otpauth_uri);
  await visit.page.fill('dialog input[name=code]', code_of(new URL(uri).searchParams.get('secret')));
  const confirmed = await visit.answer('/api/v1/auth/mfa/confirm', 200, () => visit.press('Enter'));
  assert.equal(confirmed.recovery_codes.length, 10);
  for (const code of confirmed.recovery_codes) await visit.page.locator('dialog').getByText(code).waitFor();
  await visit.check('recovery-codes');
}

// A member of somebody else's organization leaves it, and is kept in one's own where nobody else owns it.
async function leaving(open) {
  const visit = await open(`${base}/app/account/organizations`);
  await visit.shows('E-mail address');
  await sign_in(visit, '/app/account/organizations');
  const leave = async (name) => {
    const row = visit.page.locator('tr', { hasText: name });
    const whole = (await row.locator('td.main').innerText()).replace(/here$/, '').trim();
    await row.getByRole('button', { name: 'Leave' }).click();
    await visit.page.fill('dialog input[name=confirmation]', whole);
  };
  await leave('Guests welcome');
  await visit.check('leaving');
  await visit.press('Enter');
  await visit.shows(/You have left Guests welcome/);
  await leave('Mine alone');
  visit.expected.push(409);
  await visit.press('Enter');
  await visit.shows(/owner/);
  await visit.check('last-owner');
}

// Of which sign-ins a mail tells: what the service sends in any case cannot be taken away.
async function alerts(open) {
  const visit = await open(`${base}/app/account/security`);
  await visit.shows('E-mail address');
  await sign_in(visit, '/app/account/security');
  await visit.shows('At present: every sign-in.');
  await visit.shows('asks for all of them');
  assert.equal(await visit.page.locator('select[name=login_alert]').count(), 0);
}

// Where the service lets one choose.
async function choosing_alerts(open) {
  const visit = await open(`${base}/app/account/security`);
  await visit.shows('E-mail address');
  await sign_in(visit, '/app/account/security');
  await visit.page.selectOption('select[name=login_alert]', 'new_device');
  await visit.answer('/api/v1/users/me/preferences', 200, () => visit.page.locator('form', { has: visit.page.locator('select[name=login_alert]') }).getByRole('button').click());
  await visit.shows('At present: sign-ins with a new device.');
  await visit.check('chosen');
}

// Every text that a module names is there in each language, and each language has the same.
async function texts() {
  const flat = (block, prefix = '') => Object.entries(block).flatMap(([key, value]) =>
    (typeof value === 'string' ? [prefix + key] : flat(value, `${prefix}${key}.`)));
  const tables = Object.fromEntries(readdirSync(join(console_folder, 'lang')).map((file) =>
    [file, flat(JSON.parse(readFileSync(join(console_folder, 'lang', file))))]));
  for (const [file, keys] of Object.entries(tables)) assert.deepEqual([...keys].sort(), [...tables['en.json']].sort(), file);
  const known = new Set(tables['en.json'].flatMap((key) => [key, key.replace(/_(?:one|other)$/, '')]));
  const missing = [];
  for (const file of readdirSync(console_folder, { recursive: true })) {
    if (!file.endsWith('.js')) continue;
    const source = readFileSync(join(console_folder, file), 'utf8');
    const named = [...source.matchAll(/\b(?:t|rich)\(\s*'([\w.]+)'/g), ...source.matchAll(/title: '([\w]+\.[\w.]+)'/g),
                   ...source.matchAll(/'((?:core|entry|account|domains|home|oauth|scim|sso|streams|organization|developer|work|operator)\.\w+)'/g)];
    for (const [, key] of named) if (!known.has(key)) missing.push(`${file}: ${key}`);
  }
  assert.deepEqual(missing, []);
  // The grid of permissions has a word for each, whatever its language.
  const permissions = readFileSync(join(console_folder, '../../../include/tenantd/domain/permission.hpp'), 'utf8');
  const parts = [...permissions.matchAll(/^ +X\(\w+, "(\w+):(\w+)"\)/gm)].flatMap(([, resource, action]) => [`resource.${resource}`, `action.${action}`]);
  assert.ok(parts.includes('action.approve'));
  assert.deepEqual(parts.filter((key) => !known.has(key)), []);
}

// All of one's data as a file; then the account is erased: a wrong address and a wrong password first.
async function data(open) {
  const visit = await open(`${base}/app/account/data`);
  await sign_in(visit, '/app/account/data');
  await visit.page.getByRole('button', { name: 'Download your data' }).click();
  await visit.page.fill('dialog input[name=password]', password);
  const file = visit.page.waitForEvent('download');
  await visit.answer('/api/v1/users/me/export', 200, () => visit.press('Enter'));
  const saved = JSON.parse(readFileSync(await (await file).path(), 'utf8'));
  assert.equal(saved.account.email, email);
  await visit.page.getByRole('button', { name: 'Erase your account' }).click();
  await visit.check('erase');
  await visit.page.fill('dialog input[name=email]', 'somebody@example.com');
  await visit.page.fill('dialog input[name=password]', password);
  await visit.answer('/api/v1/users/me/erase', 422, () => visit.press('Enter'));
  await visit.page.fill('dialog input[name=email]', email);
  await visit.page.fill('dialog input[name=password]', 'not this one');
  await visit.answer('/api/v1/users/me/erase', 403, () => visit.press('Enter'));
  await visit.page.fill('dialog input[name=password]', password);
  await visit.answer('/api/v1/users/me/erase', 204, () => visit.press('Enter'));
  await visit.shows('You are signed out.');
}

const stories = { data, signing_in, pages, markup, signing_out, account, factor, leaving, alerts, choosing_alerts, texts };
assert.ok(Object.hasOwn(stories, story), `there is no story ${story}`);
await run(stories[story]);
