// How many come, and how many are active, a day; the largest organizations.
import { html, useLoad } from '../../dom.js';
import { call } from '../../api.js';
import { number, t } from '../../i18n.js';
import { Link, setQuery, to, useRoute } from '../../router.js';
import { Card, Chart, EmptyState, ErrorBox, Loading, PageHead, Select } from '../../components/index.js';

const kDay = 86400;
const kSpans = ['30', '90', '365'];

function Charts({ days }) {
  const { data, problem, again } = useLoad(() => call('GET', '/api/v1/admin/analytics/growth', { query: { from_time: Math.floor(Date.now() / 1000) - (days - 1) * kDay } })
    .then((reply) => reply.data.items), [days]);
  if (problem) return html`<${ErrorBox} problem=${problem} retry=${again} />`;
  if (!data) return html`<${Loading} />`;
  const times = data.map(({ day }) => Date.parse(day) / 1000);
  const of = (name) => data.map((item) => item[name]);
  const sum = (name) => of(name).reduce((all, each) => all + each, 0);
  return html`<${Card} title=${t('operator.active_users')} lead=${t('operator.active_lead')}>
      <${Chart} label=${t('operator.a_day')} times=${times} series=${[{ label: t('operator.active_users'), values: of('active_users') }]} /><//>
    <${Card} title=${t('operator.made')} lead=${t('operator.made_lead', { users: sum('sign_ups'), tenants: sum('tenants') })}>
      <${Chart} label=${t('operator.a_day')} times=${times} series=${[{ label: t('operator.new_accounts'), values: of('sign_ups') }, { label: t('operator.new_tenants'), values: of('tenants') }]} /><//>`;
}

function Largest() {
  const { data, problem, again } = useLoad(() => call('GET', '/api/v1/tenants/stats').then((reply) => reply.data));
  return html`<${Card} title=${t('operator.largest')} lead=${data && t('operator.largest_lead', { members: data.members.active, tenants: data.tenants.active })}>
    <${ErrorBox} problem=${problem} retry=${again} />${!data && !problem && html`<${Loading} />`}
    ${data && (data.largest.length ? html`<div class="table-box"><table><thead><tr><th scope="col">${t('operator.name')}</th><th scope="col">${t('operator.slug')}</th><th scope="col" class="end">${t('operator.members')}</th></tr></thead>
      <tbody>${data.largest.map((each) => html`<tr key=${each.id}><td class="main" dir="auto"><${Link} href=${to`/app/operator/tenants/${each.id}`}>${each.name}<//></td>
        <td data-label=${t('operator.slug')}><code>${each.slug}</code></td><td class="end" data-label=${t('operator.members')}>${number(each.members)}</td></tr>`)}</tbody></table></div>`
      : html`<${EmptyState} icon="building" title=${t('operator.no_tenants')} />`)}<//>`;
}

export default function Growth() {
  const { query } = useRoute();
  const days = kSpans.includes(query.days) ? query.days : '30';
  return html`<${PageHead} title=${t('operator.growth')} lead=${t('operator.growth_lead')} />
    <div class="filters"><${Select} name="days" label=${t('operator.span')} value=${days} options=${kSpans.map((each) => [each, t('operator.days', { count: Number(each) })])}
      onInput=${(next) => setQuery({ days: next === '30' ? '' : next })} /></div>
    <${Charts} days=${Number(days)} /><${Largest} />`;
}
