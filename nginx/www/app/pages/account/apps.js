// The OAuth clients that the account lets in, and no more.
import { html, useLoad, useState } from '../../dom.js';
import { call } from '../../api.js';
import { t } from '../../i18n.js';
import { to } from '../../router.js';
import { Button, Card, Confirm, EmptyState, PageHead, toast, When } from '../../components/index.js';
import { scopeWords } from '../entry/authorize.js';
import { Awaited } from '../organization/parts.js';

export default function Apps() {
  const load = useLoad(() => call('GET', '/api/v1/oauth/consents').then(({ data }) => data.items));
  const [ending, end] = useState(null);
  const remove = async () => {
    await call('DELETE', to`/api/v1/oauth/consents/${ending.client_id}`);
    toast(t('oauth.taken_back', { client: ending.name }));
    end(null);
    load.again();
  };
  return html`<${PageHead} title=${t('oauth.apps')} lead=${t('oauth.apps_lead')} /><${Awaited} load=${load}>${(items) => (items.length === 0
    ? html`<${EmptyState} icon="globe" title=${t('oauth.no_apps')}>${t('oauth.no_apps_text')}<//>`
    : items.map((item) => html`<${Card} key=${item.client_id} title=${item.name} lead=${item.organization ? t('oauth.of_organization', { organization: item.organization }) : t('oauth.of_service')}
        actions=${html`<${Button} small kind="danger" onClick=${() => end(item)}>${t('oauth.take_back_act')}<//>`}>
      <ul class="plain-list">${item.scopes.map((scope) => html`<li key=${scope}>${scopeWords(scope)}</li>`)}</ul>
      <p class="hint">${t('oauth.since')} <${When} at=${item.created_at} /></p><//>`))}<//>
    ${ending && html`<${Confirm} title=${t('oauth.take_back_act')} action=${t('oauth.take_back_act')} onConfirm=${remove} onClose=${() => end(null)}><p>${t('oauth.take_back_lead', { client: ending.name })}</p><//>`}`;
}
