// Dialogs, which are the browser's own: Dialog, Confirm, ConfirmByName, SecretOnce; and toasts.
import { html, makeStore, useLayoutEffect, useRef, useState, useStore, useId } from '../dom.js';
import { rich, t } from '../i18n.js';
import { Button, CopyButton } from './basic.js';
import { ErrorBox } from './error.js';
import { Field, Plain } from './form.js';
import { Icon } from './icon.js';

// Where the keyboard begins: what is to be filled in or read, else the button that changes least. The cross comes first in
// the document, and a press of Enter on it would lose a secret.
const firstOf = (dialog) => dialog.querySelector('.dialog-body :is(input, select, textarea, button, a[href], [tabindex="0"])') ||
  dialog.querySelector('.dialog-foot .button:not(.danger, .primary)') || dialog.querySelector('.dialog-foot .button');

// Open as long as it is drawn. `onClose` is called by Escape and by the cross; without it there is no way past the dialog,
// and nothing to see behind it. `foot`: buttons.
export function Dialog({ title, onClose, foot, wide, children }) {
  const element = useRef(null);
  const id = useId('dialog');
  // Before the next key is heard, which would move the focus away from what opened the dialog.
  useLayoutEffect(() => {
    const opener = document.activeElement;
    const dialog = element.current;
    dialog.showModal();
    const cross = dialog.querySelector('.dialog-head button');
    if (cross && document.activeElement === cross) (firstOf(dialog) || cross).focus();
    return () => {
      dialog.close();  // what lies behind an open one takes no focus
      if (opener && opener.isConnected) opener.focus();
    };
  }, []);
  const cancel = (event) => {
    event.preventDefault();
    if (onClose) onClose();
  };
  return html`<dialog ref=${element} class=${`dialog${wide ? ' wide' : ''}${onClose ? '' : ' only'}`} closedby=${onClose ? null : 'none'} aria-labelledby=${id} onCancel=${cancel}>
    <header class="dialog-head"><h2 id=${id}>${title}</h2>
      ${onClose && html`<button type="button" class="button quiet" aria-label=${t('core.close')} onClick=${onClose}><${Icon} name="close" /></button>`}</header>
    <div class="dialog-body">${children}</div>${foot && html`<footer class="dialog-foot">${foot}</footer>`}</dialog>`;
}

function useAct(onConfirm, onClose) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(null);
  const act = async () => {
    setBusy(true);
    setProblem(null);
    try {
      await onConfirm();
      onClose();
    } catch (refusal) {
      setProblem(refusal);
      setBusy(false);
    }
  };
  return { busy, problem, act };
}

// Asks before an act that can be undone with some pains. onConfirm may be a promise; its Problem is shown.
export function Confirm({ title, children, action, danger = true, onConfirm, onClose }) {
  const { busy, problem, act } = useAct(onConfirm, onClose);
  return html`<${Dialog} title=${title} onClose=${onClose} foot=${html`
      <${Button} kind=${danger ? 'danger' : 'primary'} busy=${busy} onClick=${act}>${action}<//><${Button} onClick=${onClose}>${t('core.cancel')}<//>`}>
    ${children}<${ErrorBox} problem=${problem} /><//>`;
}

// Before what cannot be undone: the act works once `name` is typed.
export function ConfirmByName({ title, children, name, action, onConfirm, onClose }) {
  const [typed, set] = useState('');
  const { busy, problem, act } = useAct(onConfirm, onClose);
  const same = typed.trim() === name;
  const submit = (event) => {
    event.preventDefault();
    if (same && !busy) act();
  };
  return html`<${Dialog} title=${title} onClose=${onClose} foot=${html`
      <${Button} kind="danger" busy=${busy || !same} onClick=${act}>${action}<//><${Button} onClick=${onClose}>${t('core.cancel')}<//>`}>
    ${children}<form novalidate onSubmit=${submit}><${Field} ...${Plain} name="confirmation" autocomplete="off" label=${rich('core.type_name', { name: html`<strong dir="auto">${name}</strong>` })}
      value=${typed} onInput=${set} /></form><${ErrorBox} problem=${problem} /><//>`;
}

// A secret that is shown this once. items: [[name, value]] or one value.
export function SecretOnce({ title, children, value, items = [[null, value]], onClose }) {
  return html`<${Dialog} title=${title} onClose=${onClose} foot=${html`<${Button} kind="primary" onClick=${onClose}>${t('core.kept')}<//>`}>
    <p>${children || t('core.shown_once')}</p>
    ${items.map(([name, secret]) => html`<div class="secret" key=${name || secret}>${name && html`<span class="soft">${name}</span>`}<code tabindex="0">${secret}</code><${CopyButton} text=${secret} /></div>`)}<//>`;
}

const toasts = makeStore([]);
let number = 0;
// Says what was done, for some seconds; `undo` (words and function) takes it back.
export function toast(text, { tone = 'good', undo, action } = {}) {
  const id = ++number;
  toasts.set([...toasts.get(), { id, text, tone, undo, action: action || t('core.undo') }].slice(-3));
  setTimeout(() => dismiss(id), undo ? 10000 : 5000);
}
const dismiss = (id) => toasts.set(toasts.get().filter((each) => each.id !== id));

export function Toasts() {
  const all = useStore(toasts);
  return html`<div class="toasts" role="status">${all.map(({ id, text, tone, undo, action }) => html`<div key=${id} class=${`toast ${tone}`}>
    <span>${text}</span>${undo && html`<${Button} small kind="quiet" onClick=${() => { dismiss(id); undo(); }}>${action}<//>`}
    <button type="button" class="button quiet small" aria-label=${t('core.close')} onClick=${() => dismiss(id)}><${Icon} name="close" size=${16} /></button></div>`)}</div>`;
}
