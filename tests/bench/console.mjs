// How long a person waits for the console on a slow line: console.mjs URL EMAIL PASSWORD [KBIT_PER_SECOND MILLISECONDS].
// Prints the seconds until the sign-in can be used, until the start page stands, and until another page stands, with nothing
// in the browser's cache and then with all of it; with the requests and bytes that came over the line (compressed, headers
// included). The line is the browser's own (400 kbit/s and 400 ms are its "slow 3G"); the console's tests do not run this.
import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const top = join(dirname(fileURLToPath(import.meta.url)), '../..');
const { chromium } = createRequire(join(top, '.cache/node/'))('playwright-core');
const [base, email, password, kbits = '400', latency = '400'] = process.argv.slice(2);

const browser = await chromium.launch({
  executablePath: process.env.PATH.split(':').map((folder) => join(folder, 'chromium-headless-shell')).find(existsSync),
  args: userInfo().uid === 0 ? ['--no-sandbox'] : [],
});
const page = await (await browser.newContext()).newPage();
const line = await page.context().newCDPSession(page);
const speed = Number(kbits) * 125;
await line.send('Network.enable');
await line.send('Network.emulateNetworkConditions', { offline: false, latency: Number(latency), downloadThroughput: speed, uploadThroughput: speed });
let requests = 0;
let bytes = 0;
line.on('Network.responseReceived', ({ response }) => { if (!response.fromDiskCache) ++requests; });
line.on('Network.loadingFinished', ({ encodedDataLength }) => { bytes += encodedDataLength; });

async function timed(what, act, ready) {
  [requests, bytes] = [0, 0];
  const began = Date.now();
  await act();
  await ready();
  const seconds = (Date.now() - began) / 1000;
  await page.waitForLoadState('networkidle');
  console.log(`${what.padEnd(32)} ${seconds.toFixed(1).padStart(5)} s ${String(requests).padStart(4)} requests ${(bytes / 1000).toFixed(0).padStart(5)} KB`);
}

const field = (name) => () => page.locator(`input[name=${name}]`).waitFor({ timeout: 120000 });
const words = (text) => () => page.getByText(text).first().waitFor({ timeout: 120000 });
console.log(`${kbits} kbit/s, ${latency} ms`);
await timed('sign-in, nothing cached', () => page.goto(`${base}/`, { timeout: 120000 }), field('email'));
await page.fill('input[name=email]', email);
await page.keyboard.press('Enter');
await field('password')();
await page.fill('input[name=password]', password);
await timed('signed in', () => page.keyboard.press('Enter'), words('You are in'));
await timed('another page, first time', () => page.click('nav a[href="/app/members"]'), words(' of '));
await timed('reload, all cached', () => page.reload({ timeout: 120000 }), words(' of '));
await browser.close();
