// Where an identity provider sends the browser back to, with a code and the state that the sign-in began with. Both are
// taken out of the address bar at once and sent in the body of one POST; the cookie that binds the state to this browser
// goes along by itself. The tokens stay in this page and go with it: an application that wants them sets
// OAUTH_REDIRECT_URL to a page of its own that does the same.
'use strict';

(() => {
  const byId = (id) => document.getElementById(id);
  const heading = document.querySelector('h1');
  const lead = byId('lead');
  const notice = byId('notice');
  const form = byId('form');
  const input = byId('code');
  const button = byId('submit');
  const status = byId('status');

  const kTimeout = 60000;
  const kTries = 4;

  const query = new URLSearchParams(location.search);
  const code = query.get('code') || '';
  const state = query.get('state') || '';
  const refused = query.get('error') || '';
  history.replaceState(null, '', location.pathname);

  // "google.ORGANIZATION.RANDOM": whether it is one of ours is the service's to say.
  const named = /^(google|microsoft)\.([0-9a-f-]{36})\.[\w-]+$/.exec(state);
  let mfaToken = '';

  const problems = {
    oauth_state_invalid: 'This sign-in was not begun in this browser, was finished before, or took too long. Please sign in again.',
    oauth_token_refused: 'Your provider’s answer could not be believed. Please sign in again.',
    domain_not_allowed: 'Accounts with your address may not sign in to this organization.',
    email_taken: 'There is an account with your address already. Please sign in with its password (or ask for a new one), confirm the address, and connect this provider to the account from there.',
    not_found: 'This organization has no sign-in by this provider.',
    identity_taken: 'This identity belongs to another account.',
    provider_unavailable: 'Your provider does not answer as it should. Please try again later.',
    rate_limited: 'Too many attempts. Please wait a moment and try again.',
    unavailable: 'The service cannot answer now. Please try again in a moment.',
    internal: 'Something went wrong on our side. Please try again in a moment.',
  };

  const text = (...candidates) => candidates.find((value) => typeof value === 'string' && value !== '') || '';

  // Text only, never markup: a name from a reply must not become part of the page.
  function show(kind, message) {
    notice.className = `notice ${kind}`;
    const paragraph = document.createElement('p');
    paragraph.textContent = message;
    notice.replaceChildren(paragraph);
    notice.hidden = false;
  }

  function end(title, kind, message) {
    heading.textContent = title;
    document.title = title;
    lead.hidden = true;
    form.remove();
    status.textContent = '';
    show(kind, message);
    heading.focus();
  }

  async function post(path, body) {
    const reply = await fetch(path, {
      method: 'POST',
      headers: { 'Accept': 'application/json', 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
      cache: 'no-store',
      credentials: 'same-origin',
      redirect: 'error',
      signal: AbortSignal.timeout(kTimeout),
    });
    const json = await reply.json().catch(() => ({}));
    const retryAfter = parseInt(reply.headers.get('Retry-After') || '', 10);
    return { ok: reply.ok, status: reply.status, retryAfter, json: json && typeof json === 'object' ? json : {} };
  }

  const pause = (seconds) => new Promise((done) => setTimeout(done, 1000 * seconds));

  function welcome(reply) {
    const organization = text(reply.organization && reply.organization.name);
    const email = text(reply.user && reply.user.email);
    const where = `${organization ? ` to ${organization}` : ''}${email ? ` as ${email}` : ''}`;
    end('You are signed in', 'good', `Signed in${where}. You can close this page.`);
  }

  function askForCode(token) {
    mfaToken = token;
    heading.textContent = 'One more step';
    document.title = heading.textContent;
    lead.textContent = 'Your account has a second factor.';
    status.textContent = '';
    form.hidden = false;
    input.focus();
  }

  function refuse(problem) {
    const known = Object.hasOwn(problems, problem.code) ? problems[problem.code] : '';
    end('You are not signed in', 'bad', text(known, problem.detail, problem.title, problems.unavailable));
  }

  // Whoever is told to come again at once finds the state unused.
  async function finish() {
    status.textContent = 'Finishing the sign-in…';
    const path = `/api/v1/auth/oauth/${named[1]}/callback/${named[2]}`;
    for (let tries = 1; ; ++tries) {
      const reply = await post(path, { code, state });
      if (reply.ok) return welcome(reply.json);
      if (reply.json.code === 'mfa_required') return askForCode(text(reply.json.mfa_token));
      if (reply.status !== 503 || tries === kTries) return refuse(reply.json);
      await pause(Math.min(reply.retryAfter > 0 ? reply.retryAfter : 2, 10));
    }
  }

  let busy = false;
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const typed = input.value.trim();
    if (busy || typed === '') return;
    busy = true;
    button.setAttribute('aria-disabled', 'true');
    try {
      const reply = await post('/api/v1/auth/mfa/verify', { mfa_token: mfaToken, code: typed });
      if (reply.ok) welcome(reply.json);
      else if (reply.json.code === 'mfa_invalid') show('bad', 'This code is wrong, expired or used.');
      else refuse(reply.json);
    } catch {
      show('bad', 'The service could not be reached. Please check your connection and try again.');
    }
    busy = false;
    button.removeAttribute('aria-disabled');
  });

  // What came with the address was taken out of it: a page that is loaded again knows nothing of it.
  const reloaded = performance.getEntriesByType('navigation').some((entry) => entry.type === 'reload');

  if (refused !== '') {
    const reason = /^[\w.-]{1,64}$/.test(refused) ? ` (${refused})` : '';
    end('You are not signed in', 'bad', `Your provider has ended the sign-in${reason}. Please begin again.`);
  } else if (code === '' && reloaded) {
    end('This sign-in is over', 'bad', 'A sign-in cannot be finished by loading this page again. If you were signed in, close it; if not, please begin where you sign in.');
  } else if (code === '' || !named) {
    end('You are not signed in', 'bad', 'This page is where a provider sends you back to. Please begin where you sign in.');
  } else {
    finish().catch(() => end('You are not signed in', 'bad',
                             'The service could not be reached. Please check your connection and begin again.'));
  }
})();
