// What the doors share: the link's secret, the checks of what is typed, and the end of a story.
import { html, useEffect, useState } from '../../dom.js';
import { rich, t } from '../../i18n.js';
import { forgetSecret, Heading, route } from '../../router.js';
import { goal } from '../../goal.js';
import { config } from '../../session.js';
import { Banner, Button } from '../../components/index.js';

const kAddress = /^\s*[^\s@]+@[^\s@]+\s*$/;

// The token of the link that led here; a reload still has it.
export const useSecret = () => useState(() => route.get().state.secret || '')[0];

export const wrongAddress = (email) => (kAddress.test(email) ? '' : t('entry.address_wrong'));

// As the service counts: code points.
export function wrongPassword(password) {
  const least = config.get().password.min_length;
  return [...password].length < least ? t('entry.password_short', { count: least }) : '';
}

// The entries of `faults` that say something.
export const only = (faults) => Object.fromEntries(Object.entries(faults).filter(([, words]) => words));

// Where a form of password and code shows what it is refused with.
export const proofFields = { reauthentication_required: 'password', invalid_credentials: 'password', mfa_invalid: 'code' };

// Which client the person goes on to afterwards.
export function Onward() {
  const { client } = goal();
  return client && html`<p class="lead">${rich('entry.onward', { client: html`<strong dir="auto">${client}</strong>` })}</p>`;
}

// For which address the page is, and the way to another.
export const Who = ({ email, onBack }) => html`<p class="who"><span dir="ltr">${email}</span><${Button} small kind="quiet" onClick=${onBack}>${t('entry.other_address')}<//></p>`;

// Nothing is left to do here. The secret is forgotten.
export function Over({ title = t('entry.cannot'), tone = 'bad', children, next }) {
  useEffect(forgetSecret, []);
  useEffect(() => { document.title = title; document.querySelector('h1').focus(); }, []);
  return html`<${Heading}>${title}<//><${Banner} tone=${tone} alert>${children}<//>
    ${next || html`<div class="others"><${Button} kind="primary" href="/sign-in">${t('entry.to_sign_in')}<//></div>`}`;
}

export const Incomplete = () => html`<${Over}>${t('entry.incomplete')}<//>`;
