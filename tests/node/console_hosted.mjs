// An app of the service sends people here who have no account yet, several organizations, or no JavaScript:
// console_hosted.mjs EMAIL PASSWORD NEW_EMAIL CLIENT SLUG NAME. EMAIL is a member of two organizations, of which one has SLUG
// and NAME. The client's address is a page of this origin, which any query may follow.
import assert from 'node:assert/strict';
import { base, run, sign_in } from './browser.mjs';

const [email, password, new_email, client, slug, name] = process.argv.slice(2);
const callback = `${base}/guide/`;
const asks = (more = {}) => `${base}/oauth2/authorize?${new URLSearchParams({
  response_type: 'code', client_id: client, redirect_uri: callback, scope: 'openid org', state: 's',
  code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 'S256', ...more,
})}`;
const button = (visit, name) => visit.page.getByRole('button', { name, exact: true });
const comes_back_with_a_code = async ({ page }) => {
  await page.waitForURL((url) => url.href.startsWith(callback));
  assert.ok(new URL(page.url()).searchParams.get('code'), page.url());
};
const signs_up = async (visit, address) => {
  await visit.page.fill('input[name=organization_name]', 'شركة الأفق');
  await visit.page.fill('input[name=email]', address);
  await visit.page.fill('input[name=password]', process.env.NEW_PASSWORD);
  await visit.press('Enter');
};

await run(async (open) => {
  // Who has no account makes one on the way, over a reload.
  const newcomer = await open(asks());
  await newcomer.shows('You go on to');
  await newcomer.check('sign-in-for-an-app');
  await newcomer.page.getByRole('link', { name: 'Create an account' }).click();
  await newcomer.shows('You go on to');
  await newcomer.page.reload();
  await newcomer.shows('You go on to');
  await newcomer.check('sign-up-for-an-app');
  await signs_up(newcomer, new_email);
  await comes_back_with_a_code(newcomer);

  // An app may send people to the sign-up at once; whoever is signed in says whether it is them.
  await newcomer.page.goto(asks({ prompt: 'create' }));
  await newcomer.shows('Another account');
  await button(newcomer, 'Allow').click();
  await comes_back_with_a_code(newcomer);
  const sent = await open(asks({ prompt: 'create', login_hint: 'someone@example.com' }));
  await sent.shows('An account, and an organization that you own.');
  assert.equal(await sent.page.inputValue('input[name=email]'), 'someone@example.com');

  // A link to another page of the sign-in is no way around it, and the request waits meanwhile.
  const member = await open(asks());
  await member.page.fill('input[name=email]', email);
  await member.press('Enter');
  await member.page.getByRole('link', { name: 'Forgotten your password?' }).click();
  await member.page.getByRole('link', { name: 'Sign in' }).click();
  await member.shows('You go on to');
  await sign_in(member, email, password);
  await member.shows('Choose an organization');
  await member.check('choose-an-organization');
  await member.page.reload();
  await member.shows('Choose an organization');
  await button(member, name).focus();
  await member.press('Enter');
  await comes_back_with_a_code(member);
  // Who was signed in before stays where they are, and is asked nothing.
  await member.page.goto(asks());
  await comes_back_with_a_code(member);
  // What was the way to the app leads nobody there who signs in later.
  await member.page.goto(`${base}/sign-in`);
  await member.page.waitForURL(`${base}/app/`);

  // The app says where.
  const told = await open(asks({ organization: slug }));
  await sign_in(told, email, password);
  await comes_back_with_a_code(told);

  const bare = await open(`${base}/sign-in`, { javaScriptEnabled: false });
  assert.match(await bare.text(), /This page needs JavaScript.*Diese Seite braucht JavaScript/s);

  const german = await open(asks(), { locale: 'de-DE' });
  await german.shows('Danach geht es weiter zu');
  await german.check('german');
});
