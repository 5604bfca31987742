// The guides: every page can be read on a desk and on a phone, and leads to all others.
import assert from 'node:assert/strict';
import { base, run } from './browser.mjs';

await run(async (open) => {
  const visit = await open(`${base}/guide/`);
  const guides = await visit.page.locator('nav li > a[href^="/guide/"]').evaluateAll((links) => links.map((link) => link.pathname));
  assert.ok(guides.length >= 20, `only ${guides.length} guides`);
  for (const guide of guides) {
    await visit.page.goto(base + guide);
    assert.equal(await visit.page.locator('nav [aria-current=page]').getAttribute('href'), guide);
    assert.equal(await visit.page.locator('nav li > a[href^="/guide/"]').count(), guides.length);
    await visit.page.setViewportSize({ width: 320, height: 640 });
    const wide = await visit.page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= 320, `${guide} is ${wide} px wide on a phone`);
  }

  // One of each kind: the picture, wide tables, a manual page.
  for (const guide of ['/guide/', '/guide/systemd/', '/guide/src/bin/tenantctl.1/']) {
    await visit.page.goto(base + guide);
    await visit.check(guide.replaceAll('/', '-'));
  }

  const picture = await open(`${base}/guide/`);
  const width = await picture.page.locator('main img').first().evaluate((img) => img.decode().then(() => img.naturalWidth));
  assert.ok(width > 0, 'the picture is not shown');

  // On a phone the list of guides follows the text, one press away.
  const phone = await open(`${base}/guide/src/identity/`, { viewport: { width: 390, height: 780 } });
  await phone.page.locator('a.jump').click();
  await phone.page.locator('nav a[aria-current=page]').waitFor({ state: 'visible' });
  assert.ok(await phone.page.locator('nav').evaluate((nav) => nav.getBoundingClientRect().top < innerHeight));
});
