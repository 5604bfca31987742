// Makes an API key, with chosen permissions and an end. It is shown once.
import { html, useLoad, useState } from '../../dom.js';
import { call } from '../../api.js';
import { t } from '../../i18n.js';
import { navigate, useRoute } from '../../router.js';
import { session } from '../../session.js';
import { Button, Card, Field, Form, PageHead, SecretOnce, Select, useForm } from '../../components/index.js';
import { Awaited, dayEnd, dayOf, today } from '../organization/parts.js';
import { PermissionGrid } from '../organization/permission_grid.js';

const kMost = 64;  // permissions of a key

// Who may not read the permissions is offered their own, which is what a key can hold.
async function offered() {
  const mine = session.get().permissions;
  return [...mine].map((name) => ({ name, resource: name.split(':')[0], action: name.split(':')[1], grantable: true }));
}

function Maker({ permissions }) {
  // A page that wants a certain key leads here with its name, its owner and its permissions.
  const { query } = useRoute();
  const asked = (query.permissions || '').split(',').filter((name) => permissions.some((each) => each.name === name));
  const [chosen, choose] = useState(new Set(asked));
  const [made, set] = useState(null);
  const form = useForm({
    initial: { name: query.name || '', owner: query.owner === 'organization' ? 'organization' : 'member', until: dayOf(Date.now() / 1000 + 90 * 86400), permissions: null },
    fields: { expires_at: 'until' },
    check: ({ name }) => ({ ...(!name.trim() && { name: t('organization.name_missing') }),
      ...(chosen.size === 0 && { permissions: t('developer.choose_permissions') }), ...(chosen.size > kMost && { permissions: t('developer.too_many_permissions', { count: kMost }) }) }),
    submit: async ({ name, owner, until }, key) => {
      const body = { name: name.trim(), owner, permissions: [...chosen], ...(until && { expires_at: dayEnd(until) }) };
      set((await call('POST', '/api/v1/api-keys', { body, idempotent: key })).data);
    },
  });
  return html`<${Card}><${Form} form=${form} label=${t('developer.make_key')} wide extra=${html`<${Button} href="/app/api-keys">${t('core.cancel')}<//>`}>
      <div class="columns"><${Field} name="name" label=${t('organization.name')} hint=${t('developer.key_name_hint')} maxlength="100" />
      <${Select} name="owner" label=${t('developer.owner')} hint=${t(`developer.owner_hint_${form.values.owner}`)} options=${['member', 'organization'].map((name) => [name, t(`developer.owner_${name}`)])} />
      <${Field} name="until" type="date" label=${t('developer.until')} optional hint=${t('developer.until_hint')} min=${today()} /></div>
      <p class="grid-head">${t('organization.permissions')} <span class="soft" role="status">${t('organization.chosen', { count: chosen.size })}</span></p>
      ${form.errors.permissions && html`<p class="hint bad" role="alert">${form.errors.permissions}</p>`}
      <${PermissionGrid} label=${t('organization.permissions')} permissions=${permissions} chosen=${chosen} onChange=${choose} /><//><//>
    ${made && html`<${SecretOnce} title=${t('developer.key_made', { name: made.name })} value=${made.key} onClose=${() => navigate('/app/api-keys')}>${t('developer.key_once')}<//>`}`;
}

export default function NewKey() {
  const load = useLoad(offered);
  return html`<${PageHead} title=${t('developer.new_key')} lead=${t('developer.new_key_lead')} /><${Awaited} load=${load}>${(permissions) => html`<${Maker} permissions=${permissions} />`}<//>`;
}
