// Lists whose entries are a name and some words more, which are made and changed in a dialog: suppliers, warehouses.
//   name: of the list in addresses and permissions; fields: [{name, label, type, rows, max, optional}], the first is its name
import { html, useState } from '../../dom.js';
import { call } from '../../api.js';
import { t } from '../../i18n.js';
import { can } from '../../session.js';
import { Button, ConfirmByName, DataTable, Dialog, EmptyState, Field, Form, Menu, PageHead, TextArea, toast, sentence, useForm } from '../../components/index.js';
import { Newer } from './parts.js';

function Editor({ path, words, fields, given, again, onDone, onClose }) {
  const row = given ? given.data : {};
  const form = useForm({
    initial: Object.fromEntries(fields.map(({ name }) => [name, row[name] ?? ''])),
    check: (values) => (values.name.trim() ? {} : { name: t('work.name_missing') }),
    submit: async (values, key) => {
      const body = Object.fromEntries(fields.map(({ name }) => [name, values[name].trim() || null]));
      if (given) await call('PUT', `${path}/${row.id}`, { body, etag: given.etag });
      else await call('POST', path, { body, idempotent: key });
      toast(t('work.saved'));
      onDone();
    },
  });
  return html`<${Dialog} title=${t(`work.${words}_${given ? 'edit' : 'new'}`)} onClose=${onClose}>
    <${Form} form=${form} label=${t('work.save')} extra=${html`<${Button} onClick=${onClose}>${t('core.cancel')}<//>`}><${Newer} problem=${form.problem} again=${again} />
    ${fields.map(({ rows, max, ...each }) => (rows ? html`<${TextArea} key=${each.name} rows=${rows} maxlength=${max} ...${each} />` : html`<${Field} key=${each.name} maxlength=${max} ...${each} />`))}<//><//>`;
}

// words: the singular, by which the texts are named.
export function SimpleList({ name, words, icon, fields, columns, more = () => [] }) {
  const path = `/api/v1/${name}`;
  const [version, next] = useState(0);
  const [open, show] = useState(null);
  const done = () => {
    show(null);
    next((n) => n + 1);
  };
  const edit = (row) => call('GET', `${path}/${row.id}`).then((given) => show({ given }), (problem) => toast(sentence(problem), { tone: 'bad' }));
  const remove = async () => {
    await call('DELETE', `${path}/${open.remove.id}`);
    toast(t('work.removed', { name: open.remove.name }));
    next((n) => n + 1);
  };
  const make = can(`${name}:create`) && html`<${Button} kind="primary" icon="plus" onClick=${() => show({})}>${t(`work.${words}_new`)}<//>`;
  const acts = (row) => [...more(row), can(`${name}:update`) && { label: t('work.edit'), icon: 'settings', onClick: () => edit(row) },
    can(`${name}:delete`) && { label: t('work.remove'), icon: 'trash', danger: true, onClick: () => show({ remove: row }) }].filter(Boolean);
  return html`<${PageHead} title=${t(`work.${name}`)} lead=${t(`work.${name}_lead`)}>${make}<//>
    <${DataTable} label=${t(`work.${name}`)} path=${path} version=${version} columns=${columns} filters=${[{ name: 'q', label: t('core.search') }]}
      actions=${(row) => acts(row).length > 0 && html`<${Menu} label=${t('work.acts_of', { name: row.name })} items=${acts(row)} />`}
      empty=${html`<${EmptyState} icon=${icon} title=${t(`work.no_${name}`)} action=${make}>${t(`work.no_${name}_text`)}<//>`} />
    ${open && !open.remove && html`<${Editor} key=${open.given ? open.given.etag : 'new'} path=${path} words=${words} fields=${fields} given=${open.given} again=${() => edit(open.given.data)} onDone=${done} onClose=${() => show(null)} />`}
    ${open && open.remove && html`<${ConfirmByName} title=${t(`work.${words}_remove`)} name=${open.remove.name} action=${t('work.remove')} onConfirm=${remove} onClose=${() => show(null)}><p>${t(`work.${words}_remove_lead`)}</p><//>`}`;
}
