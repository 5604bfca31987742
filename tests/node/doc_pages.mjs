// The pages of the documentation show the service's own document, and "Try it out" reaches the service.
import assert from 'node:assert/strict';
import { base, run } from './browser.mjs';

await run(async (open) => {
  const { info } = await (await fetch(`${base}/api/v1/openapi.json`)).json();

  const swagger = await open(`${base}/api/v1/docs`);
  await swagger.shows(info.title);
  await swagger.page.locator('.opblock-summary-path[data-path="/health"]').click();
  await swagger.page.getByRole('button', { name: 'Try it out' }).click();
  const reply = await swagger.answer('/health', 200, () => swagger.page.getByRole('button', { name: 'Execute' }).click());
  assert.equal(reply.status, 'ok');

  // By another name than the document's own, as behind a tunnel.
  const elsewhere = await open(`${base.replace('127.0.0.1', 'localhost')}/api/v1/docs`);
  await elsewhere.shows(info.title);
  await elsewhere.page.locator('.opblock-summary-path[data-path="/health"]').click();
  await elsewhere.page.getByRole('button', { name: 'Try it out' }).click();
  await elsewhere.answer('/health', 200, () => elsewhere.page.getByRole('button', { name: 'Execute' }).click());

  const phone = await open(`${base}/api/v1/docs`, { viewport: { width: 375, height: 780 } });
  await phone.shows(info.title);
  const heading = await phone.page.locator('.opblock-tag').first().boundingBox();
  assert.ok(heading.height < 200, `a section's heading is ${heading.height} px high`);

  const redoc = await open(`${base}/api/v1/redoc`);
  await redoc.shows(info.title);
  await redoc.page.locator('[role=search] input').waitFor();
});
