// A real browser on the suite's own instance. Whatever a page does wrong beside what a test looks at is written down and
// makes the run fail: a request to another host, a token in an address, a word in the console, a broken policy, a page that
// is wider than its window, text that can hardly be read, what axe-core finds.
//
// SHOTS=FOLDER keeps a picture of every state that `check` looks at.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const top = join(dirname(fileURLToPath(import.meta.url)), '../..');
const { chromium } = createRequire(join(top, '.cache/node/'))('playwright-core');

const axe = readFileSync(join(top, '.cache/node/node_modules/axe-core/axe.min.js'), 'utf8');

const kPatience = 1000 * Math.max(40, Number(process.env.TEST_TIMEOUT || 300) / 3);  // ms
const kPhone = { width: 320, height: 640 };  // the narrowest that is still sold
const kDesk = { width: 1280, height: 800 };

export const base = process.env.TENANTD_URL;
const shots = process.env.SHOTS;
if (shots) mkdirSync(shots, { recursive: true });

// Runs `story(open)` in a browser; `open(link)` returns a Visit. Ends the process with 1 after saying what was wrong.
export async function run(story) {
  const browser = await chromium.launch({
    executablePath: process.env.PATH.split(':').map((folder) => join(folder, 'chromium-headless-shell')).find(existsSync),
    args: [
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
      ...(userInfo().uid === 0 ? ['--no-sandbox'] : []),  // which root cannot have
    ],
  });
  const visits = [];
  try {
    await story(async (link, options) => {
      const visit = new Visit(browser, link, options);
      visits.push(visit);
      await visit.start();
      return visit;
    });
    for (const visit of visits) assert.deepEqual(visit.wrong, [], `on ${visit.name}`);
  } catch (error) {
    // The reason stands last: of a long log, the end is what is shown.
    for (const visit of visits) console.error(visit.name, visit.wrong, await visit.text());
    console.error(error.message);
    process.exitCode = 1;
  } finally {
    await browser.close();
  }
}

// Signs in with the form that is there.
export async function sign_in(visit, email, password) {
  await visit.page.fill('input[name=email]', email);
  await visit.press('Enter');
  await visit.page.fill('input[name=password]', password);
  return visit.answer('/api/v1/auth/login', 200, () => visit.press('Enter'));
}

// Goes to another page of the console without loading it anew, and waits until everything is there.
export async function go(page, path) {
  await page.evaluate(async (to) => {
    const [{ navigate }, { calls }] = await Promise.all([import('/app/router.js'), import('/app/api.js')]);
    navigate(to);
    // What waits for something from outside turns for ever.
    for (let quiet = 0, seen = -1, turns = 0; quiet < 3; ++turns) {
      await new Promise((done) => { setTimeout(done, 25); });
      const done = document.querySelector('h1') && (turns > 80 || !document.querySelector('.loading, [aria-busy=true]'));
      const still = done && calls.get()[0]?.at === seen;
      quiet = still ? quiet + 1 : 0;
      seen = calls.get()[0]?.at;
    }
  }, path);
}

// All that a script of the page could read, of which no part may be a secret.
export function readable(page) {
  return page.evaluate(async () => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, await indexedDB.databases(), await caches.keys(),
    document.cookie, history.state, location.href, document.documentElement.outerHTML]));
}

// One page in a browser that knows nothing of the others.
class Visit {
  wrong = [];

  // `also`: origins besides the link's own that the story leads to.
  // `expected`: statuses of refusals that come by themselves.
  constructor(browser, link, { also = [], expected = [], ...options } = {}) {
    this.browser = browser;
    this.link = link;
    this.origins = [new URL(link).origin, ...also];
    this.options = options;
    this.expected = [...expected];
    this.token = new URL(link).hash.replace(/^#token=/, '');
    this.name = new URL(link).pathname.slice(1).replaceAll('/', '-');
  }

  async start() {
    this.context = await this.browser.newContext({ viewport: kDesk, ...this.options });
    this.context.setDefaultTimeout(kPatience);
    // All windows of the context are listened to.
    this.context.on('request', (request) => this.sees(request.url()));
    this.context.on('console', (message) => this.hears(message));
    this.context.on('weberror', (error) => this.wrong.push(`a script failed: ${error.error().message}`));
    this.context.on('dialog', (dialog) => {
      this.wrong.push(`a dialog: ${dialog.message()}`);
      dialog.dismiss().catch(() => {});
    });
    await this.context.addInitScript(() => addEventListener('securitypolicyviolation', (violation) =>
      console.error(`policy: ${violation.effectiveDirective} against ${violation.blockedURI}`)));
    this.page = await this.context.newPage();
    await this.page.goto(this.link);
  }

  sees(url) {
    const local = url.startsWith('data:') || this.origins.includes(new URL(url.replace(/^blob:/, '')).origin);
    if (!local) this.wrong.push(`a request left the host: ${url}`);
    const told = this.token && decodeURIComponent(url).includes(this.token);
    if (told) this.wrong.push(`the token went into an address: ${url}`);
  }

  // A reply that refuses is written into the console by the browser itself.
  hears(message) {
    if (!['error', 'warning'].includes(message.type())) return;
    const refused = /^Failed to load resource: .* status of (\d+)/.exec(message.text());
    const at = refused ? this.expected.indexOf(Number(refused[1])) : -1;
    if (at >= 0) this.expected.splice(at, 1);
    else this.wrong.push(`the console says: ${message.text()}`);
  }

  // The visible text.
  text() {
    return this.page.innerText('body').catch(() => 'no page');
  }

  async shows(words) {
    await this.page.getByText(words).first().waitFor({ state: 'visible' });
  }

  // Does `act`, and returns the reply that the page then gets from `path`, which has this status.
  async answer(path, status, act) {
    if (status >= 400) this.expected.push(status);
    const [reply] = await Promise.all([this.page.waitForResponse((r) => new URL(r.url()).pathname === path), act()]);
    if (reply.status() !== status) assert.fail(`${path} answers ${reply.status()}: ${await reply.text().catch(() => '')}`);
    // What a page does not read of a refusal, the browser forgets.
    if (status >= 400) return reply.json().catch(() => ({}));
    return status === 204 ? {} : reply.json();
  }

  // Goes on with the Tab key until the element has the focus, which must be seen.
  async tab(selector) {
    for (let step = 0; step < 10; ++step) {
      await this.page.keyboard.press('Tab');
      const focus = await this.page.evaluate((wanted) => {
        const style = getComputedStyle(document.activeElement);
        const seen = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
        return { there: document.activeElement.matches(wanted), seen };
      }, selector);
      if (!focus.there) continue;
      assert.ok(focus.seen, `the focus on ${selector} cannot be seen`);
      return;
    }
    assert.fail(`the keyboard does not reach ${selector}`);
  }

  type(text) {
    return this.page.keyboard.type(text);
  }

  press(key) {
    return this.page.keyboard.press(key);
  }

  // What axe-core finds on the page as it is. It comes in by the browser's own door, past the page's policy.
  async findings() {
    await this.page.evaluate(axe);
    const found = await this.page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
    return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ').slice(0, 300)}`);
  }

  // The state as it is, on a desk and on a phone, light and dark: nothing is cut off, everything can be read. `said`
  // names the state.
  async check(said) {
    const grounds = [];
    for (const [kind, size] of Object.entries({ desk: kDesk, phone: kPhone })) {
      for (const scheme of ['light', 'dark']) {
        await this.page.setViewportSize(size);
        await this.page.emulateMedia({ colorScheme: scheme });
        const found = await this.page.evaluate(look);
        assert.ok(found.wide <= size.width, `${this.name}, ${said}: ${found.wide} px wide on a ${kind}`);
        assert.deepEqual(found.faint, [], `${this.name}, ${said}: hard to read on a ${kind}, ${scheme}`);
        assert.deepEqual(found.broken, [], `${this.name}, ${said}: words broken over lines on a ${kind}`);
        if (kind === 'desk') assert.deepEqual(found.cut, [], `${this.name}, ${said}: choices cut off`);
        assert.ok(found.here, `${this.name}, ${said}: the menu does not show which page this is`);
        if (kind === 'desk') grounds.push(found.ground);
        if (shots) await this.page.screenshot({ path: join(shots, `${this.name}-${said}-${kind}-${scheme}.png`) });
      }
    }
    assert.notEqual(grounds[0], grounds[1], `${this.name}: light and dark look alike`);
    // What fades in is judged when it is there.
    await this.page.evaluate(() => Promise.allSettled(document.getAnimations()
      .filter((each) => Number.isFinite(each.effect.getComputedTiming().endTime)).map((each) => each.finished)));
    assert.deepEqual(await this.findings(), [], `${this.name}, ${said}: axe-core`);
    await this.page.setViewportSize(kDesk);
  }
}

// In the page. Returns how wide it is, the colour of its ground, the texts whose contrast is below 4.5 (WCAG 2.2, 1.4.3), short
// words that a line breaks, chosen options that do not fit, and whether the menu shows the page that is open.
function look() {
  const numbers = (colour) => colour.match(/[\d.]+/g).map(Number);
  const light = (colour) => numbers(colour).slice(0, 3).map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (numbers(colour)[3] !== 0) return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  const faint = [];
  for (const element of document.querySelectorAll('h1, p, li, label, button, input')) {
    const text = element.value || element.textContent.trim();
    if (!text || !element.checkVisibility()) continue;
    const [low, high] = [light(getComputedStyle(element).color), light(ground(element))].sort((a, b) => a - b);
    const contrast = (high + 0.05) / (low + 0.05);
    if (contrast < 4.5) faint.push(`${text}: ${contrast.toFixed(1)}`);
  }
  const broken = [];
  const texts = document.createTreeWalker(document.querySelector('main') || document.body, NodeFilter.SHOW_TEXT);
  for (const range = document.createRange(); texts.nextNode();) {
    const { data, parentElement: element } = texts.currentNode;
    if (!data.trim() || !element.checkVisibility() || element.closest('pre, .json, .hidden')) continue;
    for (const { 0: word, index } of data.matchAll(/(?:\p{L}{2,12}|[\d.,]{2,9})(?![^\s\u2013-])/gu)) {
      if (index > 0 && !/[\s(\u2013-]/.test(data[index - 1])) continue;
      range.setStart(texts.currentNode, index);
      range.setEnd(texts.currentNode, index + word.length);
      const lines = [...range.getClientRects()].filter((each) => each.width > 0).map((each) => Math.round(each.top));
      if (new Set(lines).size > 1) broken.push(word);
    }
  }
  const cut = [];
  const pen = document.createElement('canvas').getContext('2d');
  for (const select of document.querySelectorAll('main select, dialog select')) {
    if (!select.checkVisibility() || !select.selectedOptions[0]) continue;
    const style = getComputedStyle(select);
    pen.font = style.font;
    const room = select.clientWidth - parseFloat(style.paddingInlineStart) - parseFloat(style.paddingInlineEnd) - 16;  // the arrow
    if (pen.measureText(select.selectedOptions[0].label).width > room) cut.push(select.selectedOptions[0].label);
  }
  const side = document.querySelector('nav.side');
  const current = side && side.querySelector('[aria-current]');
  const [frame, link] = [side, current].map((each) => each && each.getBoundingClientRect());
  const here = !current || !current.checkVisibility() || (link.top >= frame.top - 1 && link.bottom <= Math.min(frame.bottom, innerHeight) + 1);
  return { wide: document.documentElement.scrollWidth, ground: ground(document.body), faint, broken, cut, here };
}
