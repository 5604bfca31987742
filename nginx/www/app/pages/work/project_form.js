// A project begun or changed.
import { html } from '../../dom.js';
import { call } from '../../api.js';
import { t } from '../../i18n.js';
import { can } from '../../session.js';
import { Button, Field, Form, Select, TextArea, toast, useForm } from '../../components/index.js';
import { choices, dayOf, Newer, projectStates, sameDay, tagsOf } from './parts.js';
import { MemberPicker } from './picker.js';

// `given`: {data, etag} of a project that there is; owner: {id, label} or null.
export function ProjectForm({ given, owner, again, onSaved, onCancel }) {
  const row = given ? given.data : {};
  const form = useForm({
    initial: { name: row.name || '', description: row.description || '', status: row.status || 'planned', owner, starts_at: dayOf(row.starts_at), ends_at: dayOf(row.ends_at), tags: (row.tags || []).join(', ') },
    fields: { owner_id: 'owner', 'tags/0': 'tags' },
    check: ({ name, starts_at: from, ends_at: until }) => ({
      ...(!name.trim() && { name: t('work.name_missing') }), ...(from && until && until < from && { ends_at: t('work.ends_early') }),
    }),
    submit: async (values, key) => {
      const body = { name: values.name.trim(), description: values.description, status: values.status, owner_id: values.owner ? values.owner.id : null,
        starts_at: sameDay(values.starts_at, row.starts_at), ends_at: sameDay(values.ends_at, row.ends_at), tags: tagsOf(values.tags) };
      const reply = given ? await call('PUT', `/api/v1/projects/${row.id}`, { body, etag: given.etag }) : await call('POST', '/api/v1/projects', { body, idempotent: key });
      toast(t('work.saved'));
      onSaved(reply);
    },
  });
  return html`<${Form} form=${form} wide label=${t(given ? 'work.save' : 'work.project_make')} extra=${html`<${Button} onClick=${onCancel}>${t('core.cancel')}<//>`}><${Newer} problem=${form.problem} again=${again} />
    <${Field} name="name" label=${t('work.name')} maxlength="200" /><${TextArea} name="description" label=${t('work.description')} optional maxlength="10000" />
    <div class="columns"><${Select} name="status" label=${t('work.status')} options=${choices('project_status', projectStates)} />
      ${can('users:read') && html`<${MemberPicker} label=${t('work.owner')} optional value=${form.values.owner} error=${form.errors.owner} onInput=${(value) => form.set('owner', value)} />`}</div>
    <div class="columns"><${Field} name="starts_at" type="date" label=${t('work.starts')} optional /><${Field} name="ends_at" type="date" label=${t('work.ends')} optional /></div>
    <${Field} name="tags" label=${t('work.tags')} hint=${t('work.tags_hint')} optional /><//>`;
}
