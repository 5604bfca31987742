// The pages that mails link to. The link's secret stands in the fragment, which browsers do not send: it is taken out of
// the address bar at once, kept in this variable only, and sent in the body of one POST when the person says so.
'use strict';

(() => {
  const byId = (id) => document.getElementById(id);
  const main = document.querySelector('main');
  const heading = document.querySelector('h1');
  const lead = byId('lead');
  const notice = byId('notice');
  let form = byId('form');
  let button = byId('submit');
  const status = byId('status');
  const password = byId('password');
  const repeat = byId('repeat');
  const email = byId('email');

  const kLeast = 8;  // characters, as the service counts them: code points
  const kTimeout = 30000;

  const token = new URLSearchParams(location.hash.slice(1)).get('token') || '';
  history.replaceState(null, '', location.pathname);

  const pages = {
    invite: {
      path: '/accept_invite',
      busy: 'Accepting the invitation…',
      gone: 'Please ask the person who invited you for a new invitation.',
      body: () => (asksPassword() ? { token, password: password.value } : { token }),
      done: (reply) => {
        const organization = text(reply.organization && reply.organization.name, reply.organization_name);
        const role = text(reply.role, reply.role && reply.role.name, reply.organization && reply.organization.role,
                          reply.member && reply.member.role, reply.member && reply.member.role_name);
        const email = text(reply.user && reply.user.email);
        heading.textContent = organization ? `Welcome to ${organization}` : 'Welcome';
        succeed(`${role ? `You have joined with the role “${role}”.` : 'You have joined.'} Sign in`
                + `${email ? ` as ${email}` : ''}${asksPassword() ? ' with the password that you have just chosen' : ''}.`);
      },
    },
    reset: {
      path: '/reset_password',
      busy: 'Setting the new password…',
      gone: 'You can ask for a new one.',
      body: () => ({ token, new_password: password.value }),
      done: () => {
        heading.textContent = 'Your password is changed';
        succeed('All your sessions have ended. Sign in with the new password.');
      },
    },
    // The reset page without a token: who has none asks for one.
    ask: {
      path: '/api/v1/auth/password-reset/request',
      busy: 'Asking for the link…',
      body: () => ({ email: email.value.trim() }),
      done: () => {
        heading.textContent = 'Check your mail';
        succeed('If there is an account with this address, a link is on its way to it. It works once, and not for long.');
      },
    },
    verify: {
      path: '/api/v1/auth/verify-email',
      busy: 'Confirming the address…',
      gone: 'If you have confirmed already, there is nothing left to do.',
      body: () => (disowning ? { token, new_password: password.value } : { token, password: password.value }),
      done: () => {
        heading.textContent = disowning ? 'The account is yours' : 'Your address is confirmed';
        succeed(disowning
          ? 'Whoever made it is signed out, and what was set up in it is switched off. Sign in with the new password.'
          : 'Thank you. Your account uses it from now on. You can close this page.');
      },
    },
  };
  let page = pages[main.dataset.page];

  // The refusals in plain words, by the problem's stable code. `final`: trying again cannot help.
  const problems = {
    already_member: { text: 'Nothing is left to do. You can sign in.', final: true, heading: 'You are a member already' },
    email_taken: { text: 'Meanwhile another account uses this address, so nothing was changed.', final: true },
    conflict: { text: 'This was done already.', final: true },
    invite_gone: { text: () => `This invitation was used, withdrawn or has expired. ${page.gone}`, final: true },
    not_found: { text: () => `This link is not valid. ${page.gone}`, final: true },
    token_invalid: { text: () => `This link was used before, was replaced or has expired. ${page.gone}`, final: true },
    wrong_account: {
      text: () => (page === pages.verify
        ? 'Another account asked to move to this address. It does not get it, and nothing is left to do.'
        : 'This invitation is for another account.'),
      final: true,
    },
    reauthentication_required: { text: 'This is not the password of the account. If you did not sign up, choose “This was not me”.' },
    rate_limited: { text: (reply) => `Too many attempts. Please wait ${wait(reply.retryAfter)} and try again.` },
    unavailable: { text: 'The service cannot answer now. Please try again in a moment.' },
    internal: { text: 'Something went wrong on our side. Please try again in a moment.' },
  };

  function text(...candidates) {
    return candidates.find((value) => typeof value === 'string' && value !== '') || '';
  }

  function wait(seconds) {
    if (!(seconds > 0)) return 'a moment';
    if (seconds < 90) return seconds === 1 ? 'a second' : `${seconds} seconds`;
    return `${Math.ceil(seconds / 60)} minutes`;
  }

  function asksPassword() {
    const field = byId('password-field');
    return Boolean(field && !field.hidden);
  }

  // Text only, never markup: a name from a reply must not become part of the page.
  function show(kind, message, items = []) {
    notice.className = `notice ${kind}`;
    const paragraph = document.createElement('p');
    paragraph.textContent = message;
    notice.replaceChildren(paragraph);
    if (items.length > 0) {
      const list = document.createElement('ul');
      for (const item of items) list.appendChild(document.createElement('li')).textContent = item;
      notice.appendChild(list);
    }
    notice.hidden = false;
  }

  function succeed(message) {
    document.title = heading.textContent;
    lead.hidden = true;
    form.remove();
    show('good', message);
    heading.focus();
  }

  function end(message, reason = 'This link cannot be used') {
    heading.textContent = reason;
    document.title = reason;
    lead.hidden = true;
    form.remove();
    show('bad', message);
    heading.focus();
  }

  // Instead of a link that cannot be used, or of none.
  function askForLink(message) {
    form.remove();
    form = byId('ask');
    button = byId('ask-submit');
    page = pages.ask;
    heading.textContent = 'Reset your password';
    document.title = heading.textContent;
    lead.textContent = 'We mail you a link. It leads back to this page, where you choose a new password.';
    if (message) show('bad', message);
    form.hidden = false;
    if (message) heading.focus();
  }

  function fieldProblem(input, message) {
    const hint = byId(input.getAttribute('aria-describedby'));
    if (hint.dataset.rule === undefined) hint.dataset.rule = hint.textContent;
    hint.textContent = message || hint.dataset.rule;
    hint.classList.toggle('bad', Boolean(message));
    if (message) input.setAttribute('aria-invalid', 'true');
    else input.removeAttribute('aria-invalid');
  }

  // Returns the first field that cannot be sent, after saying so beside it.
  function firstRefusedField() {
    if (page === pages.ask) {
      const address = /^[^\s@]+@[^\s@]+$/.test(email.value.trim());
      fieldProblem(email, address ? '' : 'Please type the whole address, such as ada@example.com.');
      return address ? null : email;
    }
    if (!asksPassword()) return null;
    if (page === pages.verify && !disowning) {
      fieldProblem(password, password.value === '' ? 'Please type the password of the account.' : '');
      return password.value === '' ? password : null;
    }
    const short = [...password.value].length < kLeast;
    fieldProblem(password, short ? `Please choose at least ${kLeast} characters.` : '');
    if (short) return password;
    if (!repeat) return null;
    const differs = repeat.value !== password.value;
    fieldProblem(repeat, differs ? 'The two passwords differ.' : '');
    return differs ? repeat : null;
  }

  async function post(path, body) {
    const reply = await fetch(path, {
      method: 'POST',
      headers: { 'Accept': 'application/json', 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
      cache: 'no-store',
      credentials: 'omit',
      redirect: 'error',
      signal: AbortSignal.timeout(kTimeout),
    });
    const json = await reply.json().catch(() => ({}));
    const retryAfter = parseInt(reply.headers.get('Retry-After') || '', 10);
    return { ok: reply.ok, status: reply.status, retryAfter, json: json && typeof json === 'object' ? json : {} };
  }

  function refuse(reply) {
    const problem = reply.json;
    const items = (Array.isArray(problem.errors) ? problem.errors : []).map((e) => text(e && e.detail)).filter(Boolean);
    if (problem.code === 'password_required' && password && !asksPassword()) {
      byId('password-field').hidden = false;
      lead.textContent = 'Choose the password that you will sign in with.';
      button.textContent = 'Accept and create account';
      notice.hidden = true;
      password.focus();
      return;
    }
    if (problem.code === 'password_refused' || (problem.code === 'validation_failed' && asksPassword())) {
      const detail = text(problem.detail, problem.title, 'This password cannot be used.');
      show('bad', detail, items.filter((item) => item !== detail));
      password.setAttribute('aria-invalid', 'true');
      password.focus();
      password.select();
      return;
    }
    if (problem.code === 'validation_failed' && page === pages.ask) {
      fieldProblem(email, 'This is no e-mail address.');
      email.focus();
      return;
    }
    const known = Object.hasOwn(problems, problem.code) ? problems[problem.code]
      : problem.code === undefined && reply.status >= 500 ? problems.unavailable : null;
    const message = known ? (typeof known.text === 'function' ? known.text(reply) : known.text)
      : text(problem.detail, problem.title, 'The service refused this. Please open the link from the mail again.');
    if (known && known.final && page === pages.reset) askForLink(message);
    else if (known && known.final) end(message, known.heading);
    else show('bad', message, known ? [] : items);
  }

  // Somebody else signed up with this address: its reader takes the account, with a password of their own.
  let disowning = false;
  function disown() {
    disowning = true;
    byId('disown').parentElement.remove();
    heading.textContent = 'This was not you';
    document.title = heading.textContent;
    lead.textContent = 'Somebody else made an account with your address. Choose a password, and it is yours: whoever made it is signed out, and what was set up in it is switched off.';
    byId('password-label').textContent = 'New password';
    password.autocomplete = 'new-password';
    password.value = '';
    const hint = byId('password-hint');
    hint.dataset.rule = 'At least 8 characters. A few uncommon words are easy to remember and hard to guess.';
    fieldProblem(password, '');
    button.textContent = 'Take the account';
    notice.hidden = true;
    password.focus();
  }
  if (byId('disown')) byId('disown').addEventListener('click', disown);

  // aria-disabled, not disabled: the button keeps the focus, and a second press while one is under way does nothing.
  let busy = false;
  function setBusy(on) {
    busy = on;
    button.setAttribute('aria-disabled', String(on));
    status.textContent = on ? page.busy : '';
  }

  for (const each of document.forms) each.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (busy) return;
    notice.hidden = true;
    const refused = firstRefusedField();
    if (refused) {
      refused.focus();
      return;
    }
    setBusy(true);
    try {
      const reply = await post(page.path, page.body());
      setBusy(false);
      if (reply.ok) page.done(reply.json);
      else refuse(reply);
    } catch {
      setBusy(false);
      show('bad', 'The service could not be reached. Please check your connection and try again.');
    }
  });

  for (const toggle of document.querySelectorAll('.toggle')) {
    toggle.addEventListener('click', () => {
      const input = byId(toggle.getAttribute('aria-controls'));
      const shown = input.type === 'password';
      input.type = shown ? 'text' : 'password';
      toggle.textContent = shown ? 'Hide' : 'Show';
      toggle.setAttribute('aria-label', `${toggle.textContent} the password`);
    });
  }

  for (const input of [password, repeat, email]) {
    if (input) input.addEventListener('input', () => fieldProblem(input, ''));
  }

  // A second link opened in the same tab changes only the fragment: start over with its token.
  addEventListener('hashchange', () => location.reload());

  if (token === '' && page === pages.reset) {
    askForLink('');
  } else if (token === '') {
    end('It is incomplete, or this page was reloaded. Please open the link from the mail again.');
  } else {
    form.hidden = false;
  }
})();
