// One project with its documents.
import { html, useLoad, useState } from '../../dom.js';
import { call } from '../../api.js';
import { date, t } from '../../i18n.js';
import { navigate, to } from '../../router.js';
import { can } from '../../session.js';
import { Button, Card, Checkbox, ConfirmByName, Dialog, ErrorBox, Facts, Loading, PageHead, toast } from '../../components/index.js';
import { DocumentList } from './document_list.js';
import { Person, State, usePeople } from './parts.js';
import { ProjectForm } from './project_form.js';
import { Tags } from './tags.js';
import { Uploads } from './uploads.js';

function Remove({ project, onClose }) {
  const [documents, set] = useState(false);
  const remove = async () => {
    await call('DELETE', to`/api/v1/projects/${project.id}`, { query: documents ? { with_documents: true } : {} });
    toast(t('work.removed', { name: project.name }));
    navigate('/app/projects', { replace: true });
  };
  return html`<${ConfirmByName} title=${t('work.project_remove')} name=${project.name} action=${t('work.remove')} onConfirm=${remove} onClose=${onClose}><p>${t('work.project_remove_lead')}</p>
    <${Checkbox} name="with_documents" label=${t('work.with_documents')} hint=${t('work.with_documents_hint')} value=${documents} onInput=${set} /><//>`;
}

export default function Project({ params }) {
  const names = usePeople();
  const { data, problem, loading, again } = useLoad(() => call('GET', to`/api/v1/projects/${params.id}`), [params.id]);
  const [asked, ask] = useState(null);
  const [version, next] = useState(0);
  if (!data) return html`<${PageHead} title=${t('work.project')} />${loading ? html`<${Loading} />` : html`<${ErrorBox} problem=${problem} retry=${again} />`}`;
  const project = data.data;
  const saved = () => {
    ask(null);
    again();
  };
  return html`<${PageHead} title=${html`<bdi>${project.name}</bdi>`} lead=${html`<${State} of="project_status" name=${project.status} />`}>
      ${can('projects:update') && html`<${Button} icon="settings" onClick=${() => ask('edit')}>${t('work.edit')}<//>`}
      ${can('projects:delete') && html`<${Button} kind="danger" icon="trash" onClick=${() => ask('remove')}>${t('work.remove')}<//>`}<//>
    <${Card}>${project.description && html`<p class="lines" dir="auto">${project.description}</p>`}
      <${Facts} items=${[[t('work.owner'), html`<${Person} id=${project.owner_id} names=${names} />`], [t('work.starts'), date(project.starts_at)], [t('work.ends'), date(project.ends_at)], [t('work.tags'), html`<${Tags} tags=${project.tags} />`]]} /><//>
    ${can('documents:create') && html`<${Uploads} project=${project.id} onStored=${() => next((n) => n + 1)} />`}
    ${can('documents:read') && html`<${Card} title=${t('work.documents')}><${DocumentList} project=${project.id} version=${version} /><//>`}
    ${asked === 'edit' && html`<${Dialog} wide title=${t('work.project_edit')} onClose=${() => ask(null)}><${ProjectForm} key=${data.etag} given=${data} owner=${project.owner_id ? { id: project.owner_id, label: names[project.owner_id] || t('work.somebody') } : null}
      again=${again} onSaved=${saved} onCancel=${() => ask(null)} /><//>`}
    ${asked === 'remove' && html`<${Remove} project=${project} onClose=${() => ask(null)} />`}`;
}
