// The work in the console as people do it: console_work.mjs STORY EMAIL PASSWORD [EMAIL2 PASSWORD2], the second of somebody
// who may approve. Prints nothing but what went wrong.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { base, run } from './browser.mjs';

const [story, email, password, email2, password2] = process.argv.slice(2);

async function sign_in(visit, address = email, secret = password) {
  await visit.page.fill('input[name=email]', address);
  await visit.press('Enter');
  await visit.page.fill('input[name=password]', secret);
  await visit.answer('/api/v1/auth/login', 200, () => visit.press('Enter'));
}

async function come_in(open, path, address, secret) {
  const visit = await open(base + path);
  await visit.shows('E-mail address');
  await sign_in(visit, address, secret);
  return visit;
}

const button = (visit, name) => visit.page.getByRole('button', { name, exact: true });
const label = (visit, name) => visit.page.getByLabel(name);

// Chooses by typing, with the keyboard alone.
async function pick(visit, name, words) {
  await visit.page.getByRole('combobox', { name }).last().fill(words);
  await visit.page.getByRole('option').first().waitFor();
  await visit.press('Enter');
}

// A warehouse and a product are made; a purchase of it is asked for, approved by another, and arrives in two parts.
async function purchase(open) {
  const ada = await come_in(open, '/app/warehouses');
  await ada.shows('No warehouses yet');
  await ada.check('empty');
  await button(ada, 'New warehouse').first().click();
  await label(ada, 'Name').fill('North');
  await ada.answer('/api/v1/warehouses', 201, () => ada.press('Enter'));
  await ada.shows('1 of 1');
  await ada.page.goto(`${base}/app/products/new`);
  await label(ada, 'Name').fill('Bolt');
  await label(ada, 'Price').fill('0.12');
  await ada.press('Enter');
  await ada.shows('A price needs a currency.');
  await ada.check('refused');
  await label(ada, 'SKU').fill('M6');
  await label(ada, 'Currency').fill('eur');
  await label(ada, 'Reorder at').fill('100');
  await ada.answer('/api/v1/products', 201, () => ada.press('Enter'));
  await ada.shows('None of it lies in any warehouse.');
  await ada.page.goto(`${base}/app/purchase-requests/new`);
  await label(ada, 'What it is for').fill('Bolts for March');
  await pick(ada, 'Receive at warehouse', 'nor');
  await pick(ada, 'Product', 'bol');
  await label(ada, 'Quantity (piece)').fill('500');
  await ada.shows('€60.00');
  await ada.check('lines');
  await ada.answer('/api/v1/purchase-requests', 201, () => button(ada, 'Save draft').click());
  await ada.shows('This is a draft.');
  await button(ada, 'Submit').click();
  await ada.shows('You asked for this purchase yourself');
  assert.equal(await button(ada, 'Approve').count(), 0);

  const mia = await come_in(open, '/app/inbox', email2, password2);
  await mia.shows('Purchases that wait for your yes or no.');
  await mia.check('inbox');
  await mia.page.getByRole('link', { name: 'Bolts for March' }).click();
  await button(mia, 'Reject').click();
  await mia.page.getByRole('dialog').getByRole('button', { name: 'Reject' }).click();
  await mia.shows('Please say why.');
  await mia.press('Escape');
  await button(mia, 'Approve').click();
  await mia.page.getByRole('dialog').getByRole('button', { name: 'Approve' }).click();
  await mia.shows('Approved.');
  await mia.check('approved');

  await ada.page.reload();
  await button(ada, 'Receive goods').click();
  await label(ada, 'Bolt').fill('501');
  await button(ada, 'Put into stock').click();
  await ada.shows('Only 500 are still to come.');
  await label(ada, 'Bolt').fill('200');
  await button(ada, 'Put into stock').click();
  await ada.shows('The rest is still to come.');
  await button(ada, 'Receive goods').click();
  await button(ada, 'Put into stock').click();
  await ada.shows('All of it is in stock.');
  await ada.check('received');
  await ada.page.goto(`${base}/app/stock`);
  await ada.shows('500 piece');
}

// A file of rows: refused as a whole, then but for the wrong row; what another has changed meanwhile is not overwritten.
async function files(open) {
  const visit = await come_in(open, '/app/products/import');
  const csv = 'sku,name,price,currency\r\nA-1,First,12.50,EUR\r\nA-2,,1.00,EUR\r\n';
  const choose = () => label(visit, 'Choose a CSV file').setInputFiles({ name: 'new.csv', mimeType: 'text/csv', buffer: Buffer.from(csv) });
  await choose();
  await visit.answer('/api/v1/products/import', 200, () => button(visit, 'Import the file').click());
  await visit.shows('Nothing was changed');
  await visit.check('report');
  await label(visit, 'Import the other rows').check();
  await visit.answer('/api/v1/products/import', 200, () => button(visit, 'Import the file').click());
  await visit.shows('but for the rows that were refused');
  await visit.page.goto(`${base}/app/products`);
  await visit.shows('€12.50');
  const [saved] = await Promise.all([visit.page.waitForEvent('download'), button(visit, 'Export').click()]);
  assert.match(saved.suggestedFilename(), /^products-.*\.csv$/);
  await visit.page.getByRole('link', { name: 'First', exact: true }).click();
  await label(visit, 'Name').fill('Second');
  const other = await visit.context.newPage();
  await other.goto(visit.page.url());
  await other.getByLabel('Name').fill('Third');
  await other.getByRole('button', { name: 'Save', exact: true }).click();
  await other.getByText('Saved.').first().waitFor();
  visit.expected.push(412);
  await button(visit, 'Save').click();
  await visit.shows('Somebody else has changed this meanwhile.');
  await visit.check('changed');
  await button(visit, 'Load what it is now').click();
  await visit.page.getByRole('heading', { name: 'Third' }).waitFor();
}

// A file on its way is stopped, goes on with the same announcement, and comes back as it went.
async function documents(open) {
  const visit = await come_in(open, '/app/projects');
  await button(visit, 'New project').first().click();
  await label(visit, 'Name').fill('New warehouse');
  await visit.answer('/api/v1/projects', 201, () => button(visit, 'Begin the project').click());
  await visit.shows('No documents yet');
  let announced = 0;
  visit.page.on('request', (request) => { if (request.url().endsWith('/documents/upload')) ++announced; });
  let broken = true;
  await visit.page.route('**/files/**', (route) => (broken ? route.abort() : route.continue()));
  const bytes = Buffer.alloc(300000, 'plan ');
  await label(visit, 'Choose files').setInputFiles({ name: 'Floor plan.txt', mimeType: 'text/plain', buffer: bytes });
  await visit.shows('The service could not be reached.');
  visit.wrong = visit.wrong.filter((said) => !said.includes('ERR_FAILED'));
  await visit.check('broken');
  broken = false;
  await button(visit, 'Go on').click();
  await visit.shows('Stored');
  assert.equal(announced, 1);
  const [saved] = await Promise.all([visit.page.waitForEvent('download'), visit.page.getByRole('button', { name: 'Download Floor plan.txt' }).click()]);
  const chunks = [];
  for await (const chunk of await saved.createReadStream()) chunks.push(chunk);
  assert.ok(Buffer.concat(chunks).equals(bytes));
  await visit.check('documents');
  await visit.page.goto(`${base}/app/search?q=floor`);
  await visit.shows('1 hit');
  await visit.check('hits');
}

// A reload cuts an upload off: the same file, chosen again, goes on as the same document.
async function cut_off(open) {
  const visit = await come_in(open, '/app/projects');
  await button(visit, 'New project').first().click();
  await label(visit, 'Name').fill('Bridge');
  await visit.answer('/api/v1/projects', 201, () => button(visit, 'Begin the project').click());
  await visit.shows('No documents yet');
  let broken = true;
  await visit.page.route('**/files/**', (route) => (broken ? route.abort() : route.continue()));
  const announced = [];
  visit.page.on('response', async (reply) => { if (reply.url().endsWith('/documents/upload')) announced.push((await reply.json()).document_id); });
  const folder = mkdtempSync(join(tmpdir(), 'upload-'));
  const files = ['Plan.txt', 'Other plan.txt'].map((name) => join(folder, name));
  for (const file of files) writeFileSync(file, file);
  await label(visit, 'Choose files').setInputFiles(files);
  await visit.page.getByRole('alert').nth(1).waitFor();
  await visit.page.reload();
  await visit.page.getByText('Choose the same file again').nth(1).waitFor();
  visit.wrong = visit.wrong.filter((said) => !said.includes('ERR_FAILED'));
  await visit.check('cut-off');
  broken = false;
  await label(visit, 'Choose files').setInputFiles(files[0]);
  await visit.shows('Stored');
  assert.equal(announced.length, 3);
  assert.equal(announced[2], announced[0]);
  assert.equal(await visit.page.getByText('Choose the same file again').count(), 1);
  await visit.answer(`/api/v1/projects/documents/${announced[1]}`, 204, () => visit.page.getByRole('button', { name: 'Take Other plan.txt off the list' }).click());
  assert.equal(await visit.page.evaluate(() => sessionStorage.length), 0);
  rmSync(folder, { recursive: true });
}

// Files in a store of another origin (email2), which the page's policy names: up and down, by this browser itself.
async function elsewhere(open) {
  const visit = await open(`${base}/app/projects`, { also: [email2] });
  await visit.shows('E-mail address');
  await sign_in(visit);
  await visit.page.getByRole('link', { name: 'Bridge' }).click();
  const asked = [];
  visit.page.on('request', (request) => asked.push(`${request.method()} ${new URL(request.url()).origin}`));
  await label(visit, 'Choose files').setInputFiles({ name: 'Far away.txt', mimeType: 'text/plain', buffer: Buffer.from('hello') });
  await visit.shows('Stored');
  assert.ok(asked.includes(`PUT ${email2}`), 'the file goes to the store');
  const [saved] = await Promise.all([visit.page.waitForEvent('download'), visit.page.getByRole('button', { name: 'Download Far away.txt' }).click()]);
  const chunks = [];
  for await (const chunk of await saved.createReadStream()) chunks.push(chunk);
  assert.equal(Buffer.concat(chunks).toString(), 'hello');
  assert.ok(asked.includes(`GET ${email2}`), 'and comes from it');
}

await run({ purchase, files, documents, cut_off, elsewhere }[story]);
