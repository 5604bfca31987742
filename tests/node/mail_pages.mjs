// The pages that mails link to, as a person uses them: mail_pages.mjs STORY LINK, where LINK is what stands in the mail.
// Prints what the service answered at last, a JSON object.
import assert from 'node:assert/strict';
import { base, run } from './browser.mjs';

const [story, link] = process.argv.slice(2);
const kWeak = 'password';
const kGood = process.env.NEW_PASSWORD;

const button = 'button[type=submit]';
const password = 'input[name=password]';
const repeat = 'input[name=repeat]';
const email = 'input[name=email]';

// A reload of a page that waits for the person loses nothing: the link's secret is in this tab's history entry alone.
async function outlives_a_reload(visit) {
  const before = await visit.text();
  await visit.page.reload();
  await visit.page.locator(button).waitFor();
  assert.equal(await visit.text(), before);
  assert.equal(await visit.page.evaluate(() => location.hash + location.search), '');
}

// Whatever happened, the link's secret is not to be seen, and the browser keeps nothing.
async function leaves_no_token(visit) {
  assert.equal(await visit.page.evaluate(() => location.hash + location.search), '');
  assert.ok(!(await visit.page.content()).includes(visit.token));
  const kept = await visit.page.evaluate(() => [localStorage.length, sessionStorage.length, document.cookie, JSON.stringify(history.state)]);
  assert.deepEqual(kept.slice(0, 3), [0, 0, '']);
  assert.ok(!kept[3].includes(visit.token), 'the history keeps the token');
}

// In the console: no token in what the browser keeps or shows.
async function is_signed_in(visit, reply) {
  const kept = await visit.page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, history.state]));
  for (const secret of [visit.token, reply.access_token]) assert.ok(!kept.includes(secret) && secret, kept);
  assert.ok(!(await visit.page.content()).includes(visit.token));
}

// The end of every link that cannot be used: the reason, what to do, and nothing left to press.
async function is_over(visit, status, path, words) {
  await visit.answer(path, status, () => visit.page.click(button));
  for (const word of ['This link cannot be used', ...words]) await visit.shows(word);
  assert.equal(await visit.page.locator('form').count(), 0);
  await visit.check('over');
  await leaves_no_token(visit);
}

const stories = {
  // A person without an account, by keyboard alone.
  async invitation_of_a_new_person(open) {
    const visit = await open(link);
    await visit.shows('You have been invited');
    await visit.shows('Choose a password');
    await visit.check('invited');
    await outlives_a_reload(visit);
    await visit.tab(password);

    await visit.type('short');
    await visit.press('Enter');
    await visit.shows('Please choose at least 8 characters.');

    await visit.press('Control+A');
    await visit.type(kWeak);
    const refusal = await visit.answer('/accept_invite', 422, () => visit.press('Enter'));
    await visit.shows(refusal.detail);
    assert.equal(await visit.page.getAttribute(password, 'aria-invalid'), 'true');
    await visit.check('refused');

    // The refused one is selected, so that typing replaces it.
    await visit.type(kGood);
    await visit.tab('.toggle');
    await visit.press('Space');
    assert.equal(await visit.page.getAttribute(password, 'type'), 'text');
    assert.equal(await visit.page.inputValue(password), kGood);
    await visit.press('Space');
    await visit.tab(button);
    const reply = await visit.answer('/accept_invite', 200, () => visit.press('Enter'));
    assert.equal(reply.refresh_token, undefined);
    await visit.shows(`You are in ${reply.organization.name} as viewer.`);
    assert.equal(new URL(visit.page.url()).pathname, '/app/');
    await visit.check('joined');
    await is_signed_in(visit, reply);
    return reply;
  },

  async invitation_of_an_account(open) {
    const visit = await open(link, { colorScheme: 'dark' });
    await visit.shows('You have been invited');
    assert.equal(await visit.page.locator(password).count(), 0);
    const reply = await visit.answer('/accept_invite', 200, () => visit.page.click(button));
    await visit.shows(`Welcome to ${reply.organization.name}`);
    await visit.shows(`You have joined. Sign in as ${reply.user.email}.`);
    await visit.check('member');
    await leaves_no_token(visit);
    return reply;
  },

  async reset(open) {
    const visit = await open(link);
    await visit.check('asking');
    await outlives_a_reload(visit);
    await visit.tab(password);
    await visit.type(kGood);
    await visit.tab(repeat);
    await visit.type('something else');
    await visit.press('Enter');
    await visit.shows('The two passwords differ.');
    await visit.check('differing');

    for (const field of [repeat, password]) await visit.page.fill(field, kWeak);
    const refusal = await visit.answer('/reset_password', 422, () => visit.press('Enter'));
    await visit.shows(refusal.detail);
    await visit.check('refused');

    for (const field of [repeat, password]) await visit.page.fill(field, kGood);
    const reply = await visit.answer('/reset_password', 204, () => visit.press('Enter'));
    await visit.shows('Your password is changed');
    await visit.check('changed');
    await leaves_no_token(visit);
    return reply;
  },

  async verification(open) {
    const visit = await open(link);
    await visit.check('asking');
    await visit.tab(password);
    await visit.press('Enter');
    await visit.shows('Please type the password of the account.');
    await visit.type(kGood);
    await visit.answer('/api/v1/auth/verify-email', 403, () => visit.press('Enter'));
    await visit.shows('This is not the password of the account.');
    await visit.check('refused');
    await visit.page.fill(password, process.env.OLD_PASSWORD);
    const reply = await visit.answer('/api/v1/auth/verify-email', 204, () => visit.press('Enter'));
    await visit.shows('Your address is confirmed');
    await visit.check('confirmed');
    await leaves_no_token(visit);
    return reply;
  },

  // Somebody else signed up with the address of who opens the link.
  async disowning(open) {
    const visit = await open(link);
    await visit.tab('#disown');
    await visit.press('Enter');
    await visit.shows('Somebody else made an account with your address.');
    await visit.check('disowning');
    await visit.type('short');
    await visit.press('Enter');
    await visit.shows('Please choose at least 8 characters.');
    await visit.page.fill(password, kWeak);
    const refusal = await visit.answer('/api/v1/auth/verify-email', 422, () => visit.press('Enter'));
    await visit.shows(refusal.detail);
    await visit.page.fill(password, kGood);
    const reply = await visit.answer('/api/v1/auth/verify-email', 204, () => visit.press('Enter'));
    await visit.shows('The account is yours');
    await visit.check('disowned');
    await leaves_no_token(visit);
    return reply;
  },

  // A lock is lifted by a press, which gives nothing else: nobody is signed in.
  async unlock(open) {
    const visit = await open(link);
    await visit.shows('Unlock your account');
    await visit.check('asking');
    await outlives_a_reload(visit);
    await visit.tab(button);
    const reply = await visit.answer('/api/v1/auth/unlock', 204, () => visit.press('Enter'));
    await visit.shows('You can sign in again.');
    assert.equal(await visit.page.locator('form').count(), 0);
    await visit.check('unlocked');
    await leaves_no_token(visit);
    return reply;
  },

  async dead_unlock(open) {
    const visit = await open(link);
    await is_over(visit, 400, '/api/v1/auth/unlock', ['This link was used before, or the lock is over. You can sign in.']);
  },

  async dead_invitation(open) {
    const visit = await open(link, { expected: [410] });
    for (const word of ['This link cannot be used', 'This invitation was used, withdrawn or has expired.',
                        'Please ask the person who invited you for a new invitation.']) await visit.shows(word);
    assert.equal(await visit.page.locator('form').count(), 0);
    await visit.check('over');
    await leaves_no_token(visit);
  },

  // An expired one still says whom to ask, and asks.
  async expired_invitation(open) {
    const visit = await open(link);
    await visit.shows('This invitation has expired');
    await visit.check('expired');
    const reply = await visit.answer('/api/v1/invites/ask-again', 202, () => visit.page.click('main button'));
    await visit.shows('You have asked');
    await leaves_no_token(visit);
    return reply;
  },

  async dead_verification(open) {
    const visit = await open(link);
    await visit.page.fill(password, kGood);
    await is_over(visit, 400, '/api/v1/auth/verify-email',
                  ['This link was used before, was replaced or has expired.', 'If you have confirmed already']);
  },

  async dead_reset(open) {
    const visit = await open(link);
    for (const field of [password, repeat]) await visit.page.fill(field, kGood);
    await visit.answer('/reset_password', 400, () => visit.page.click(button));
    await visit.shows('This link was used before, was replaced or has expired. You can ask for a new one.');
    assert.equal(await visit.page.locator(password).count(), 0);
    await visit.check('asking-again');
    await leaves_no_token(visit);
  },

  // Who has no link asks for one, by keyboard alone.
  async asking_for_a_reset(open) {
    const visit = await open(`${base}/reset`);
    await visit.shows('Reset your password');
    await visit.check('without');
    await visit.tab(email);
    for (const wrong of ['', 'ada', 'ada@']) {
      await visit.page.fill(email, wrong);
      await visit.press('Enter');
      await visit.shows('Please type the whole address, such as ada@example.com.');
    }
    await visit.check('mistyped');
    await visit.page.fill(email, 'ada@exa_mple');
    await visit.answer('/api/v1/auth/password-reset/request', 422, () => visit.press('Enter'));
    await visit.shows('This is no e-mail address.');

    await visit.page.fill(email, ` ${link} `);
    await visit.tab(button);
    const reply = await visit.answer('/api/v1/auth/password-reset/request', 202, () => visit.press('Enter'));
    await visit.shows('Check your mail');
    assert.ok(!(await visit.text()).includes(link), 'the address stays on the page');
    assert.equal(await visit.page.locator('form').count(), 0);
    await visit.check('asked');
    return reply;
  },

  // Each page without its token: opened by hand, or reloaded.
  async no_token(open) {
    for (const page of ['invite', 'verify']) {
      const visit = await open(`${base}/${page}`);
      await visit.shows('Please open the link from the mail again.');
      assert.equal(await visit.page.locator('form').count(), 0);
      await visit.check('without');
    }
  },
};

await run(async (open) => {
  assert.ok(Object.hasOwn(stories, story), `there is no story ${story}`);
  console.log(JSON.stringify((await stories[story](open)) || {}));
});
