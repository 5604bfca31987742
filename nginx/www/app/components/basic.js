// Small parts: Button, Card, PageHead, Badge, Loading, EmptyState, Banner, CopyButton, Tabs, Facts, When, Menu.
import { html, useEffect, useId, useRef, useState } from '../dom.js';
import { ago, dateTime, t } from '../i18n.js';
import { Heading, Link, navigate } from '../router.js';
import { Icon } from './icon.js';

// kind: 'primary' | 'plain' | 'quiet' | 'danger'. `busy` keeps the focus and swallows further presses.
export function Button({ kind = 'plain', icon, busy, href, small, children, onClick, type = 'button', ...rest }) {
  const look = `button ${kind}${small ? ' small' : ''}`;
  const inner = html`${icon && html`<${Icon} name=${icon} size=${18} />`}<span>${children}</span>`;
  if (href) return html`<${Link} class=${look} href=${href} ...${rest}>${inner}<//>`;
  const press = (event) => {
    if (busy) event.preventDefault();
    else if (onClick) onClick(event);
  };
  return html`<button type=${type} class=${look} aria-disabled=${busy ? 'true' : null} onClick=${press} ...${rest}>${inner}</button>`;
}

// A page's title, what it is for, and its main actions.
export function PageHead({ title, lead, children }) {
  return html`<header class="page-head"><div><${Heading}>${title}<//>${lead && html`<p class="lead">${lead}</p>`}</div>
    ${children && html`<div class="actions">${children}</div>`}</header>`;
}

export function Card({ title, lead, actions, children, tone }) {
  return html`<section class=${`card${tone ? ` ${tone}` : ''}`}>
    ${(title || actions) && html`<header class="card-head"><div>${title && html`<h2>${title}</h2>`}${lead && html`<p class="soft">${lead}</p>`}</div>
      ${actions && html`<div class="actions">${actions}</div>`}</header>`}
    ${children}</section>`;
}

// tone: 'good' | 'bad' | 'warn' | 'info' | nothing.
export const Badge = ({ tone = '', children }) => html`<span class=${`badge ${tone}`}>${children}</span>`;

// Says that something is on its way, after a moment: what is quick shall not flicker.
export function Loading({ label }) {
  return html`<div class="loading" role="status"><span class="spinner" aria-hidden="true"></span>${label || t('core.loading')}</div>`;
}

// What a list without entries says, with the one thing to do about it.
export function EmptyState({ icon = 'inbox', title, children, action }) {
  return html`<div class="empty"><${Icon} name=${icon} size=${32} /><p class="empty-title">${title}</p>
    ${children && html`<p class="soft">${children}</p>`}${action}</div>`;
}

// tone as of Badge. role "alert" only where it comes up after an act.
export function Banner({ tone = 'info', children, action, alert }) {
  return html`<div class=${`banner ${tone}`} role=${alert ? 'alert' : null}><div>${children}</div>${action && html`<div class="actions">${action}</div>`}</div>`;
}

export function CopyButton({ text, label, small = true }) {
  const [copied, set] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = document.createElement('textarea');
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand('copy');
      area.remove();
    }
    set(true);
    setTimeout(() => set(false), 2000);
  };
  return html`<${Button} small=${small} icon=${copied ? 'check' : 'copy'} onClick=${copy}>
    <span aria-live="polite">${copied ? t('core.copied') : label || t('core.copy')}</span><//>`;
}

// Pages side by side: items [{href, label}].
export function Tabs({ items, label }) {
  return html`<nav class="tabs" aria-label=${label}>${items.map(({ href, label: words }) => html`<${Link} key=${href} href=${href}
    aria-current=${location.pathname === href ? 'page' : null}>${words}<//>`)}</nav>`;
}

// Names and values: items [[name, value]].
export const Facts = ({ items }) => html`<dl class="facts">${items.filter(Boolean).map(([name, value]) =>
  html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;

// A time as "3 days ago", with the exact one in its title.
export const When = ({ at }) => (at == null ? '–'
  : html`<time datetime=${new Date(1000 * at).toISOString()} title=${dateTime(at)}>${ago(at)}</time>`);

// A button that opens a list of acts: items [{label, icon, onClick or href, danger}].
export function Menu({ label, icon = 'more', items, children, align = 'end', look = 'button quiet' }) {
  const [open, set] = useState(false);
  const box = useRef(null);
  const id = useId('menu');
  useEffect(() => {
    if (!open) return undefined;
    const away = (event) => { if (!box.current.contains(event.target)) set(false); };
    addEventListener('pointerdown', away);
    const first = box.current.querySelector('[role=menuitem]');
    if (first) first.focus();
    return () => removeEventListener('pointerdown', away);
  }, [open]);
  const keys = (event) => {
    const all = [...box.current.querySelectorAll('[role=menuitem]')];
    const at = all.indexOf(document.activeElement);
    const move = { ArrowDown: at + 1, ArrowUp: at - 1 + all.length, Home: 0, End: all.length - 1 }[event.key];
    if (event.key === 'Escape' && open) {
      set(false);
      box.current.querySelector('button').focus();
    } else if (open && move !== undefined) {
      event.preventDefault();
      all[move % all.length].focus();
    } else if (event.key === 'Tab') set(false);
  };
  const choose = (item) => {
    set(false);
    if (!item.href) box.current.querySelector('button').focus();
    if (item.onClick) item.onClick();
    else navigate(item.href);
  };
  return html`<div class="menu" ref=${box} onKeyDown=${keys}>
    <button type="button" class=${look} aria-haspopup="menu" aria-expanded=${String(open)} aria-controls=${open ? id : null} aria-label=${children ? null : label}
      onClick=${() => set(!open)}>${children || html`<${Icon} name=${icon} />`}</button>
    ${open && html`<div class=${`menu-list ${align}`} role="menu" id=${id} aria-label=${label}>${items.filter(Boolean).map((item) => item.note
      ? html`<div class="menu-note" role="presentation">${item.note}</div>`
      : html`<button type="button" role="menuitem" tabindex="-1" class=${item.danger ? 'danger' : ''} aria-current=${item.current ? 'true' : null}
          onClick=${() => choose(item)}>${item.icon && html`<${Icon} name=${item.icon} size=${18} />`}<span>${item.label}</span></button>`)}</div>`}
  </div>`;
}
