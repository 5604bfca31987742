// The first call, with this service's address and this organization filled in; and whether it has arrived.
import { html, useEffect, useState } from '../../dom.js';
import { call } from '../../api.js';
import { t } from '../../i18n.js';
import { can, useSession } from '../../session.js';
import { Banner, Button, Card, Facts, PageHead } from '../../components/index.js';
import { Code, Codes } from './code.js';

const kEvery = 3000;  // ms between looks at the keys
const kLooks = 200;

const curl = (base) => `curl ${base}/api/v1/members -H "X-Api-Key: $KEY"\n`;

const typescript = (base) => `const reply = await fetch('${base}/api/v1/members', {
  headers: { 'X-Api-Key': process.env.KEY! },
});
if (!reply.ok) throw new Error((await reply.json()).detail);
for (const member of (await reply.json()).items) console.log(member.email, member.role);
`;

const python = (base) => `import json, os, urllib.request

request = urllib.request.Request("${base}/api/v1/members",
                                 headers={"X-Api-Key": os.environ["KEY"]})
with urllib.request.urlopen(request) as reply:
    for member in json.load(reply)["items"]:
        print(member["email"], member["role"])
`;

// Waits until a key has been used after this page was opened. The service notes a use once in a minute.
function Listening() {
  const [{ used, looks, problem }, set] = useState({ looks: 0 });
  const [since] = useState(() => Math.floor(Date.now() / 1000));
  useEffect(() => {
    if (used || problem || looks >= kLooks) return undefined;
    let live = true;
    const timer = setTimeout(async () => {
      if (document.hidden) return live && set({ looks: looks + 0.001 });
      try {
        const { data } = await call('GET', '/api/v1/api-keys', { query: { limit: 200 } });
        const found = data.items.find((each) => each.last_used_at >= since - 60);
        return live && set({ used: found, looks: looks + 1 });
      } catch (refusal) {
        return live && set({ problem: refusal, looks });
      }
    }, looks ? kEvery : 0);
    return () => {
      live = false;
      clearTimeout(timer);
    };
  }, [used, looks, problem]);
  if (problem || looks >= kLooks) return html`<${Banner} tone="warn" action=${html`<${Button} small onClick=${() => set({ looks: 0 })}>${t('core.again')}<//>`}>${t('developer.not_listening')}<//>`;
  return used ? html`<${Banner} tone="good" alert>${t('developer.received', { name: used.name })}<//>`
    : html`<div class="loading" role="status"><span class="spinner" aria-hidden="true"></span>${t('developer.listening')}</div>`;
}

export default function FirstCall() {
  const { organization } = useSession();
  const base = location.origin;
  const keys = can('api_keys:manage');
  return html`<${PageHead} title=${t('developer.first_call')} lead=${t('developer.first_call_lead')} />
    <${Card} title=${t('developer.yours')}><${Facts} items=${[[t('developer.base'), html`<code>${base}</code>`], [t('core.organization'), html`<bdi>${organization.name}</bdi>`],
      [t('developer.organization_id'), html`<code>${organization.id}</code>`]]} /><//>
    <${Card} title=${t('developer.step_key')} lead=${t(keys ? 'developer.step_key_lead' : 'developer.step_key_ask')}>
      ${keys && html`<div class="actions"><${Button} kind="primary" icon="key" href="/app/api-keys/new">${t('developer.new_key')}<//></div>`}
      <${Code} text=${'export KEY=...'} label=${t('developer.step_key')} /><//>
    <${Card} title=${t('developer.step_call')} lead=${t('developer.step_call_lead', { organization: organization.name })}>
      <${Codes} items=${{ curl: curl(base), TypeScript: typescript(base), Python: python(base) }} />${keys && html`<${Listening} />`}<//>
    <${Card} title=${t('developer.further')}><ul class="plain-list"><li><a href="/api/v1/docs">${t('developer.docs')}</a></li><li><a href="/guide/">${t('developer.guide')}</a></li><li><a href="/api/v1/openapi.json">${t('developer.openapi')}</a></li></ul><//>`;
}
