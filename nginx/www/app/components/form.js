// Forms. `useForm({initial, submit})` holds the values, sends them by submit(values, key), and puts the service's refusal
// beside the fields that it names. `key` is one for all presses that send the same, so that a lost reply books nothing twice. `<Form form label>` draws fields (Field, PasswordField, Select, TextArea, Checkbox),
// which find their values by `name`.
import { createContext, html, useContext, useEffect, useId, useRef, useState } from '../dom.js';
import { uniqueKey } from '../api.js';
import { t } from '../i18n.js';
import { Button } from './basic.js';
import { ErrorBox, sentence } from './error.js';

const FormContext = createContext(null);

// Whether the service has said what became of an act. Else nobody knows, and the next press is the same act once more.
export const wasJudged = (refusal) => refusal.status >= 400 && refusal.status < 500 && refusal.code !== 'idempotency_in_progress';

// check(values) → {name: text} of what cannot be sent. `fields`: names of the API's pointers that differ from the form's.
export function useForm({ initial = {}, submit, check = () => ({}), fields = {} }) {
  const [values, setValues] = useState(initial);
  const [errors, setErrors] = useState({});
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  const element = useRef(null);
  const running = useRef(false);
  const key = useRef(null);

  useEffect(() => {
    const first = element.current && element.current.querySelector('[aria-invalid=true]');
    if (first) first.focus();
    if (first && first.type === 'password') first.select();  // typing replaces the refused one
  }, [errors]);

  const set = (name, value) => {
    key.current = null;
    setValues((last) => ({ ...last, [name]: value }));
    if (errors[name]) setErrors(({ [name]: _, ...rest }) => rest);
  };

  // What the service says of each field; the rest stays with the problem.
  const refuse = (refusal) => {
    const found = {};
    for (const error of refusal.errors || []) {
      const name = (error.pointer || '').replace(/^\//, '');
      const own = fields[name] || fields[refusal.code] || name;
      if (Object.hasOwn(values, own)) found[own] = found[own] ? `${found[own]} ${error.detail}` : error.detail;
    }
    if (fields[refusal.code] && !Object.keys(found).length) found[fields[refusal.code]] = sentence(refusal);
    setErrors(found);
    setProblem(Object.keys(found).length ? null : refusal);
  };

  const onSubmit = async (event) => {
    if (event) event.preventDefault();
    if (running.current) return;
    const wrong = check(values);
    setProblem(null);
    setErrors(wrong);
    if (Object.keys(wrong).length) return;
    running.current = true;
    setBusy(true);
    key.current = key.current || uniqueKey();
    try {
      await submit(values, key.current);
      key.current = null;
    } catch (refusal) {
      if (wasJudged(refusal)) key.current = null;
      refuse(refusal);
    }
    running.current = false;
    setBusy(false);
  };
  const reset = (next = initial) => {
    setValues(next);
    setErrors({});
    setProblem(null);
  };
  return { values, set, errors, setErrors, problem, setProblem, busy, onSubmit, reset, element };
}

// label: the words of the button; `kind` of the button; `extra`: further buttons beside it.
export function Form({ form, label, kind = 'primary', icon, extra, children, wide, foot = true }) {
  return html`<${FormContext.Provider} value=${form}><form class=${wide ? 'form wide' : 'form'} novalidate ref=${form.element} onSubmit=${form.onSubmit}>
    ${form.problem && html`<${ErrorBox} problem=${form.problem} />`}
    ${children}
    ${foot && html`<div class="form-foot"><${Button} type="submit" kind=${kind} icon=${icon} busy=${form.busy}>${label}<//>${extra}
      <span class="status" role="status">${form.busy ? t('core.working') : ''}</span></div>`}
  </form><//>`;
}

// Value, error and change of the field `name`, from the form around it or from its own props.
function useField({ name, value, error, onInput }) {
  const form = useContext(FormContext);
  return {
    id: useId(name),
    value: value !== undefined || !form ? value : form.values[name],
    error: error || (form && form.errors[name]),
    change: onInput || ((next) => form.set(name, next)),
  };
}

function Frame({ field, label, hint, optional, children }) {
  return html`<div class="field"><label for=${field.id}>${label}${optional && html`<span class="soft optional"> ${t('core.optional')}</span>`}</label>
    ${children}
    ${(field.error || hint) && html`<p class=${field.error ? 'hint bad' : 'hint'} id=${`${field.id}-hint`}>${field.error || hint}</p>`}</div>`;
}

const aria = (field, hint) => ({
  id: field.id,
  'aria-invalid': field.error ? 'true' : null,
  'aria-describedby': field.error || hint ? `${field.id}-hint` : null,
});

// The browser heeds `autofocus` once for a whole document; a field that comes later asks for the focus itself.
function useFocus(wanted) {
  const element = useRef(null);
  useEffect(() => { if (wanted) element.current.focus(); }, []);
  return element;
}

// type as of <input>; further props go to the input.
export function Field({ name, label, hint, error, optional, type = 'text', value, onInput, suffix, autofocus, ...rest }) {
  const field = useField({ name, value, error, onInput });
  const element = useFocus(autofocus);
  return html`<${Frame} field=${field} label=${label} hint=${hint} optional=${optional}><div class="input">
    <input ref=${element} ...${aria(field, hint)} name=${name} type=${type} value=${field.value ?? ''} dir=${['email', 'url'].includes(type) ? 'ltr' : 'auto'}
      onInput=${(event) => field.change(event.target.value)} ...${rest} />${suffix}</div><//>`;
}

// A code or an address: no capitals and no spelling by the browser.
export const Plain = { autocapitalize: 'none', autocorrect: 'off', spellcheck: false };

export function PasswordField({ name, label, hint, error, fresh, value, onInput, autofocus, ...rest }) {
  const field = useField({ name, value, error, onInput });
  const element = useFocus(autofocus);
  const [shown, show] = useState(false);
  return html`<${Frame} field=${field} label=${label} hint=${hint}><div class="input">
    <input ref=${element} ...${aria(field, hint)} ...${Plain} name=${name} type=${shown ? 'text' : 'password'} dir="ltr" value=${field.value ?? ''}
      autocomplete=${fresh ? 'new-password' : 'current-password'} onInput=${(event) => field.change(event.target.value)} ...${rest} />
    <button type="button" class="button plain toggle" aria-controls=${field.id} aria-label=${t(shown ? 'core.hide_password' : 'core.show_password')}
      onClick=${() => show(!shown)}>${t(shown ? 'core.hide' : 'core.show')}</button></div><//>`;
}

// options: [value] or [[value, words]].
export function Select({ name, label, hint, error, optional, options, value, onInput, ...rest }) {
  const field = useField({ name, value, error, onInput });
  return html`<${Frame} field=${field} label=${label} hint=${hint} optional=${optional}><div class="input">
    <select ...${aria(field, hint)} name=${name} onChange=${(event) => field.change(event.target.value)} ...${rest}>
      ${options.map((each) => (Array.isArray(each) ? each : [each, each])).map(([key, words]) =>
        html`<option key=${key} value=${key} selected=${String(field.value ?? '') === String(key)}>${words}</option>`)}</select></div><//>`;
}

export function TextArea({ name, label, hint, error, optional, rows = 4, value, onInput, ...rest }) {
  const field = useField({ name, value, error, onInput });
  return html`<${Frame} field=${field} label=${label} hint=${hint} optional=${optional}><div class="input">
    <textarea ...${aria(field, hint)} name=${name} rows=${rows} dir="auto" value=${field.value ?? ''} onInput=${(event) => field.change(event.target.value)} ...${rest}></textarea></div><//>`;
}

export function Checkbox({ name, label, hint, value, onInput, error, ...rest }) {
  const field = useField({ name, value, error, onInput });
  return html`<div class="field check"><label for=${field.id}><input type="checkbox" ...${aria(field, hint)} name=${name} checked=${Boolean(field.value)}
    onChange=${(event) => field.change(event.target.checked)} ...${rest} /><span>${label}</span></label>
    ${(field.error || hint) && html`<p class=${field.error ? 'hint bad' : 'hint'} id=${`${field.id}-hint`}>${field.error || hint}</p>`}</div>`;
}
