// An organization of ten thousand, by keyboard alone, enlarged, and without motion: console_crowd.mjs EMAIL PASSWORD.
import assert from 'node:assert/strict';
import { base, go, run } from './browser.mjs';

const [email, password] = process.argv.slice(2);
const kDouble = { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2, reducedMotion: 'reduce' };
const kLooked = new Set(['/app/members', '/app/roles/new', '/app/purchase-requests/new']);  // by axe-core, which takes its time
const focused = (page) => page.evaluate(() => document.activeElement.innerText);

// From the sign-in to an invitation, with no other device than the keyboard.
async function keyboard(visit) {
  await visit.page.locator('input[name=email]').waitFor();
  await visit.tab('input[name=email]');
  await visit.type(email);
  await visit.press('Enter');
  await visit.page.locator('input[name=password]:focus').waitFor();
  await visit.type(password);
  await visit.press('Enter');
  await visit.shows('50 of 10,001');
  await visit.page.reload();
  await visit.shows('50 of 10,001');
  await visit.tab('a.jump');
  await visit.press('Enter');
  await visit.tab('a[href="/app/members/invite"]');
  await visit.tab('.page-head button');
  await visit.press('Enter');
  await visit.tab('dialog input[name=email]');
  await visit.type('grace@example.com');
  for (let step = 0; step < 6; ++step) {
    await visit.press('Tab');
    assert.equal(await visit.page.evaluate(() => document.activeElement === document.body || document.querySelector('dialog').contains(document.activeElement)), true,
                 'the focus leaves the dialog');
  }
  await visit.press('Escape');
  await visit.page.locator('dialog').waitFor({ state: 'detached' });
  assert.match(await focused(visit.page), /Invite a person/, 'the focus comes back to what opened the dialog');
  await visit.press('Enter');
  await visit.tab('dialog input[name=email]');
  await visit.type('grace@example.com');
  await visit.answer('/api/v1/invites', 201, () => visit.press('Enter'));
  await visit.shows('grace@example.com is invited.');
}

// The list of all, searched on the server; it never grows over what a browser can draw.
async function crowd(visit) {
  const { page } = visit;
  await go(page, '/app/members');
  await visit.check('crowd');
  const sizes = () => page.evaluate(() => document.querySelectorAll('*').length);
  const more = page.getByRole('button', { name: 'Show more' });
  let most = 0;
  for (let times = 0; times < 12; ++times) {
    const before = await page.locator('.table-foot [role=status]').innerText();
    await more.click();
    await page.waitForFunction((old) => document.querySelector('.table-foot [role=status]').innerText !== old, before);
    if (times === 9) most = await sizes();
  }
  assert.ok((await page.locator('tbody tr').count()) <= 500);
  assert.ok((await sizes()) <= most * 1.05, 'the document grows on');
  await visit.shows(/of 10,00\d/);
  await visit.check('crowd-end');
  await page.getByRole('button', { name: 'From the start' }).click();
  await visit.shows('50 of 10,00');
  await visit.page.locator('input[name=q]').focus();
  await visit.type('last ');
  await visit.page.waitForURL(/[?&]q=last$/);  // a pause: the space stays
  await visit.type('of all');
  await visit.page.getByText('Last of all 9999').waitFor();
  await visit.tab('a[href^="/app/members/"]:not([href$=invite])');
  await visit.press('Enter');
  await visit.page.getByRole('heading', { name: 'Last of all 9999' }).waitFor();
}

// As large as a zoom of 200 % makes it: nothing is cut off, nothing scrolls sideways, nothing moves.
async function enlarged(open, cookies) {
  const visit = await open(`${base}/404-for-now`, { ...kDouble, expected: [404] });
  await visit.context.addCookies(cookies);
  await visit.page.goto(`${base}/app/account`);
  await visit.page.evaluate(() => localStorage.setItem('signed-in', '1'));
  await visit.page.reload();
  await visit.shows('Name and language');
  for (const path of ['/app/', '/app/account/security', '/app/members/invite', '/app/organization', '/app/statistics', '/app/audit', '/app/webhooks/new',
                      '/app/movements', '/app/members', '/app/roles/new', '/app/purchase-requests/new']) {
    await go(visit.page, path);
    const found = await visit.page.evaluate(() => {
      const cut = [...document.querySelectorAll('main :is(h1, h2, p, label, button, th, td, dt, dd)')].filter((each) => {
        const style = getComputedStyle(each);
        return each.checkVisibility() && style.overflowX === 'hidden' && style.textOverflow !== 'ellipsis' && each.scrollWidth > each.clientWidth + 1;
      });
      return { wide: document.documentElement.scrollWidth, cut: cut.map((each) => each.outerHTML.slice(0, 120)),
               moves: document.getAnimations().filter((each) => each.effect.getComputedTiming().duration > 1).length };
    });
    assert.deepEqual(found, { wide: 640, cut: [], moves: 0 }, path);
    if (kLooked.has(path)) assert.deepEqual(await visit.findings(), [], path);
  }
  await visit.page.getByRole('button', { name: 'Menu', exact: true }).click();
  await visit.page.locator('nav.side a').first().waitFor();
}

await run(async (open) => {
  const visit = await open(`${base}/app/members`);
  await keyboard(visit);
  await crowd(visit);
  await enlarged(open, await visit.context.cookies());
});
