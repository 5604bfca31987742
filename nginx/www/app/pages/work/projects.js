// Projects: found and begun.
import { html, useState } from '../../dom.js';
import { date, t } from '../../i18n.js';
import { navigate, to } from '../../router.js';
import { can, session } from '../../session.js';
import { Button, DataTable, Dialog, EmptyState, PageHead } from '../../components/index.js';
import { choices, Person, projectStates, State, usePeople } from './parts.js';
import { ProjectForm } from './project_form.js';
import { Tags } from './tags.js';

const columns = (names) => [
  { key: 'name', label: t('work.name'), main: true },
  { key: 'status', label: t('work.status'), render: (row) => html`<${State} of="project_status" name=${row.status} />` },
  { key: 'owner_id', label: t('work.owner'), render: (row) => html`<${Person} id=${row.owner_id} names=${names} />` },
  { key: 'ends_at', label: t('work.ends'), render: (row) => date(row.ends_at) },
  { key: 'tags', label: t('work.tags'), render: (row) => html`<${Tags} tags=${row.tags} />` },
];

export default function Projects() {
  const names = usePeople();
  const [making, make] = useState(false);
  const begin = can('projects:create') && html`<${Button} kind="primary" icon="plus" onClick=${() => make(true)}>${t('work.project_new')}<//>`;
  return html`<${PageHead} title=${t('work.projects')} lead=${t('work.projects_lead')}>${begin}<${Button} icon="search" href="/app/search">${t('work.search')}<//><//>
    <${DataTable} label=${t('work.projects')} path="/api/v1/projects" columns=${columns(names)} href=${(row) => to`/app/projects/${row.id}`}
      filters=${[{ name: 'q', label: t('core.search') }, { name: 'status', label: t('work.status'), type: 'select', options: choices('project_status', projectStates) },
        { name: 'owner_id', label: t('work.owner'), type: 'select', options: [[session.get().user.id, t('work.me')]] }, { name: 'tag', label: t('work.tag') }]}
      empty=${html`<${EmptyState} icon="folder" title=${t('work.no_projects')} action=${begin}>${t('work.no_projects_text')}<//>`} />
    ${making && html`<${Dialog} wide title=${t('work.project_new')} onClose=${() => make(false)}><${ProjectForm} owner=${{ id: session.get().user.id, label: session.get().user.email }}
      onCancel=${() => make(false)} onSaved=${({ data }) => navigate(to`/app/projects/${data.id}`)} /><//>`}`;
}
