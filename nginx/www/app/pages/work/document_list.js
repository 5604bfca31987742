// Documents, of one project or of all: fetched, changed, removed.
import { html, useState } from '../../dom.js';
import { call, saveFile } from '../../api.js';
import { bytes, t } from '../../i18n.js';
import { Link, to } from '../../router.js';
import { can } from '../../session.js';
import { Button, Confirm, DataTable, Dialog, EmptyState, Field, Form, Menu, TextArea, toast, sentence, useForm, When } from '../../components/index.js';
import { choices, Newer, State, tagsOf } from './parts.js';
import { Tags } from './tags.js';

const path = '/api/v1/projects/documents';

function Editor({ given, project, again, onDone, onClose }) {
  const row = given ? given.data : {};
  const form = useForm({
    initial: { name: row.name || '', description: row.description || '', tags: (row.tags || []).join(', ') },
    fields: { 'tags/0': 'tags' },
    check: ({ name }) => (name.trim() ? {} : { name: t('work.name_missing') }),
    submit: async (values, key) => {
      const body = { name: values.name.trim(), description: values.description, tags: tagsOf(values.tags) };
      if (given) await call('PUT', `${path}/${row.id}`, { body, etag: given.etag });
      else await call('POST', to`/api/v1/projects/${project}/documents`, { body, idempotent: key });
      toast(t('work.saved'));
      onDone();
    },
  });
  return html`<${Dialog} title=${t(given ? 'work.document_edit' : 'work.document_new')} onClose=${onClose}><${Form} form=${form} label=${t('work.save')} extra=${html`<${Button} onClick=${onClose}>${t('core.cancel')}<//>`}><${Newer} problem=${form.problem} again=${again} />
    <${Field} name="name" label=${t('work.name')} maxlength="300" /><${TextArea} name="description" label=${t('work.description')} optional rows="5" maxlength="10000" />
    <${Field} name="tags" label=${t('work.tags')} hint=${t('work.tags_hint')} optional /><//><//>`;
}

export async function fetchFile(row) {
  const { data } = await call('GET', `${path}/${row.id}/download`, { blob: true, follow: true, signal: new AbortController().signal, headers: { Accept: '*/*' } });
  saveFile(data, row.name);
}

const columns = (one) => [
  { key: 'name', label: t('work.name'), main: true, render: (row) => html`${row.name}${row.description && html`<span class="under cut" dir="auto">${row.description}</span>`}` },
  { key: 'status', label: t('work.file'), render: (row) => (row.status === 'stored' ? bytes(row.size) : html`<${State} of="document_status" name=${row.status} />`) },
  { key: 'tags', label: t('work.tags'), render: (row) => html`<${Tags} tags=${row.tags} />` },
  ...(one ? [] : [{ key: 'project_id', label: t('work.project'), render: (row) => html`<${Link} href=${to`/app/projects/${row.project_id}`}>${t('work.open')}<//>` }]),
  { key: 'created_at', label: t('work.made'), render: (row) => html`<${When} at=${row.uploaded_at || row.created_at} />` },
];

export function DocumentList({ project, version }) {
  const [own, next] = useState(0);
  const [open, show] = useState(null);
  const [fetching, fetches] = useState(null);
  const done = () => {
    show(null);
    next((n) => n + 1);
  };
  const refused = (problem) => toast(sentence(problem), { tone: 'bad' });
  const edit = (row) => call('GET', `${path}/${row.id}`).then((given) => show({ given }), refused);
  const remove = async () => {
    await call('DELETE', `${path}/${open.remove.id}`);
    toast(t('work.removed', { name: open.remove.name }));
    next((n) => n + 1);
  };
  const save = async (row) => {
    fetches(row.id);
    await fetchFile(row).catch(refused);
    fetches(null);
  };
  const write = project && can('documents:create') && html`<${Button} small icon="plus" onClick=${() => show({})}>${t('work.document_new')}<//>`;
  const acts = (row) => [can('documents:update') && { label: t('work.edit'), icon: 'settings', onClick: () => edit(row) },
    can('documents:delete') && { label: t('work.remove'), icon: 'trash', danger: true, onClick: () => show({ remove: row }) }].filter(Boolean);
  return html`${write && html`<div class="actions above">${write}</div>`}
    <${DataTable} label=${t('work.documents')} path=${path} query=${project ? { project_id: project } : {}} version=${`${version} ${own}`} columns=${columns(project)}
      filters=${[{ name: 'q', label: t('core.search') }, { name: 'status', label: t('work.file'), type: 'select', options: choices('document_status', ['stored', 'announced', 'none']) }, { name: 'tag', label: t('work.tag') }]}
      actions=${(row) => html`<div class="actions end-actions">${row.status === 'stored' && can('documents:download') && html`<${Button} small icon="download" busy=${fetching === row.id} aria-label=${t('work.download_of', { name: row.name })} onClick=${() => save(row)}>${t('work.download')}<//>`}
        ${acts(row).length > 0 && html`<${Menu} label=${t('work.acts_of', { name: row.name })} items=${acts(row)} />`}</div>`}
      empty=${html`<${EmptyState} icon="file" title=${t('work.no_documents')}>${t(project ? 'work.no_documents_text' : 'work.no_documents_all')}<//>`} />
    ${open && !open.remove && html`<${Editor} key=${open.given ? open.given.etag : 'new'} given=${open.given} project=${project} again=${() => edit(open.given.data)} onDone=${done} onClose=${() => show(null)} />`}
    ${open && open.remove && html`<${Confirm} title=${t('work.document_remove')} action=${t('work.remove')} onConfirm=${remove} onClose=${() => show(null)}><p>${t('work.document_remove_lead', { name: open.remove.name })}</p><//>`}`;
}
