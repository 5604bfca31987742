// client_tabs.mjs PACKAGE COMPILED CLIENT EMAIL PASSWORD: five tabs of one browser renew one session at the same time, and
// replies of the refresh are lost. Nobody is logged out. With Web Locks and without them, with a cookie and with tokens of an
// OAuth client.
import assert from 'node:assert/strict';
import { base, run, sign_in } from './browser.mjs';
import { serve_sample } from './sample_server.mjs';

const [folder, compiled, client, email, password] = process.argv.slice(2);
const kTabs = 5;

// In a page: a client whose session is `globalThis.session`, made once.
const prepare = async ({ kind, client: clientId, issuer }) => {
  const { cookieSession, createTenantd, OauthSession } = await import('tenantd-client');
  globalThis.ends = 0;
  const onEnd = () => { globalThis.ends += 1; };
  const baseUrl = location.origin;
  globalThis.session = kind === 'cookie' ? cookieSession({ baseUrl, onEnd })
    : new OauthSession({ issuer, clientId, redirectUri: `${baseUrl}/callback`, scope: '', onEnd });
  globalThis.api = createTenantd({ baseUrl, session: globalThis.session }).api;
};
// Five requests at once; returns how many were answered.
const call = async () => {
  const done = await Promise.allSettled([1, 2, 3, 4, 5].map(() => globalThis.api.listMembers()));
  const failed = done.filter((each) => each.status === 'rejected').map((each) => String(each.reason));
  return { failed, ends: globalThis.ends };
};

const server = await serve_sample({ base, folder, compiled, client });
await run(async (open) => {
  for (const locks of [true, false]) {
    const refreshes = () => server.seen.filter((each) => each.path === '/api/v1/auth/refresh');
    const visit = await open(`${server.site}/`, { also: [base] });
    const { context, page } = visit;
    if (!locks) {
      await context.addInitScript(() => {
        Object.defineProperty(Navigator.prototype, 'locks', { value: undefined });
        delete globalThis.BroadcastChannel;
      });
    }
    const tabs = await Promise.all(Array.from({ length: kTabs }, () => context.newPage()));
    const each = (what, ...given) => Promise.all(tabs.map((tab) => tab.evaluate(what, ...given)));
    const all_are_answered = async (round) => {
      for (const { failed, ends } of await each(call)) assert.deepEqual({ failed, ends }, { failed: [], ends: 0 }, `${round}, locks: ${locks}`);
    };

    // The cookie of the page's own origin: no tab has a token yet.
    const begun = await page.evaluate(async (body) => (await fetch('/api/v1/auth/login', { method: 'POST', body, headers: { 'Content-Type': 'application/json', 'X-Session': 'cookie' } })).status,
      JSON.stringify({ email, password }));
    assert.equal(begun, 200);
    for (const round of [1, 2, 3]) {
      await Promise.all(tabs.map((tab) => tab.goto(`${server.site}/tabs`)));
      await each(prepare, { kind: 'cookie' });
      const before = refreshes().length;
      server.lose('POST', '/api/v1/auth/refresh', round);
      await all_are_answered(`cookie, round ${round}`);
      const asked = refreshes().length - before;
      // Without a channel each tab gets a token of its own, one after the other.
      assert.equal(asked, (locks ? 1 : kTabs) + round, 'one refresh more for each lost reply');
    }

    // The tokens of an OAuth client, which all tabs keep in one place: they end at the same time.
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.locator('input[name=email]').waitFor();
    await sign_in(visit, email, password);
    await page.getByRole('heading', { name: 'People' }).waitFor();
    let lost = 0;
    let exchanged = 0;
    let to_lose = 0;
    await context.route(`${base}/oauth2/token`, async (route) => {
      exchanged += 1;
      const reply = await route.fetch();
      if (to_lose-- > 0) {
        lost += 1;
        return route.abort('connectionreset');
      }
      return route.fulfill({ response: reply });
    });
    await page.goto(`${server.site}/tabs`);
    for (const round of [1, 2, 3]) {
      await page.evaluate(() => {
        const name = Object.keys(localStorage).find((key) => key.startsWith('tenantd-session'));
        const kept = JSON.parse(localStorage.getItem(name));
        localStorage.setItem(name, JSON.stringify({ ...kept, token: { ...kept.token, until: 0, renewAt: 0 } }));
      });
      await Promise.all(tabs.map((tab) => tab.goto(`${server.site}/tabs`)));
      await each(prepare, { kind: 'oauth', client, issuer: base });
      [lost, exchanged, to_lose] = [0, 0, round];
      await all_are_answered(`oauth, round ${round}`);
      assert.equal(lost, round);
      assert.equal(exchanged, 1 + round, 'one exchange, and one more for each lost reply');
    }
    await context.unroute(`${base}/oauth2/token`);

    // Ended in one tab it is ended in all that can be told.
    await tabs[0].evaluate(() => globalThis.session.signOut());
    if (locks) for (const tab of tabs.slice(1)) await tab.waitForFunction(() => globalThis.ends === 1);
    visit.wrong = visit.wrong.filter((said) => !/net::ERR_(EMPTY_RESPONSE|CONNECTION_RESET|FAILED)/.test(said));
  }
});
server.close();
