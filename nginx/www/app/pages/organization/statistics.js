// The organization in numbers: who joined when, who holds which role, projects and documents.
import { html, useLoad } from '../../dom.js';
import { call } from '../../api.js';
import { bytes, number, t } from '../../i18n.js';
import { setQuery, useRoute } from '../../router.js';
import { can } from '../../session.js';
import { Card, Chart, EmptyState, ErrorBox, Facts, Loading, PageHead, Select, Usage } from '../../components/index.js';
import { roleName } from './parts.js';

const kDay = 86400;

// A number for each day of the span, also for those on which nothing happened.
function daily(list, from, to) {
  const known = new Map(list.map(({ day, users }) => [day, users]));
  const times = [];
  for (let at = from - (from % kDay); at <= to; at += kDay) times.push(at);
  return { times, values: times.map((at) => known.get(new Date(1000 * at).toISOString().slice(0, 10)) || 0) };
}

function People({ days }) {
  const to = Math.floor(Date.now() / 1000);
  const from = to - days * kDay;
  const { data, problem, again } = useLoad(async () => {
    const [all, span] = await Promise.all([call('GET', '/api/v1/users/stats'), call('GET', '/api/v1/users/stats', { query: { from_time: from, to_time: to } })]);
    return { all: all.data, ...daily(span.data.by_day, from, to) };
  }, [days]);
  if (!data) return problem ? html`<${ErrorBox} problem=${problem} retry=${again} />` : html`<${Loading} />`;
  const { all, times, values } = data;
  const joined = values.reduce((sum, each) => sum + each, 0);
  let sum = all.total - joined;
  const totals = values.map((each) => (sum += each));
  return html`<div class="cards"><${Card} title=${t('organization.people')}><${Facts} items=${[[t('organization.in_all'), number(all.total)],
      [t('organization.status_active'), number(all.by_status.active)], [t('organization.status_inactive'), number(all.by_status.inactive)], [t('organization.joined_span'), number(joined)]]} /><//>
    <${Card} title=${t('organization.by_role')}>${all.by_role.length ? all.by_role.map(({ role, users }) => html`<${Usage} key=${role} label=${html`<bdi>${roleName(role)}</bdi>`} used=${users} limit=${null} />`)
      : html`<${EmptyState} title=${t('core.empty')} />`}<//></div>
    <div class="after"><${Card}><${Chart} label=${t('organization.members_over_time')} times=${times} series=${[{ label: t('organization.members'), values: totals }]} /><//>
    <${Card}><${Chart} label=${t('organization.joined_by_day')} times=${times} series=${[{ label: t('organization.joined'), values }]} /><//></div>`;
}

function Projects() {
  const { data, problem, again } = useLoad(() => call('GET', '/api/v1/projects/stats').then((reply) => reply.data));
  if (!data) return problem ? html`<${ErrorBox} problem=${problem} retry=${again} />` : html`<${Loading} />`;
  return html`<div class="after"><${Card} title=${t('organization.projects_documents')}>
    <${Usage} label=${t('organization.projects_used')} used=${data.projects.total} limit=${data.projects.limit} />
    <${Usage} label=${t('organization.storage_used')} used=${data.storage.bytes} limit=${data.storage.limit} show=${bytes} />
    <div class="after"><${Facts} items=${[...Object.entries(data.projects.by_status).map(([name, count]) => [t(`organization.project_${name}`), number(count)]),
      data.documents && [t('organization.documents'), number(data.documents.total)]]} /></div><//></div>`;
}

export default function Statistics() {
  const { query } = useRoute();
  const days = [30, 90, 365].includes(Number(query.days)) ? Number(query.days) : 30;
  return html`<${PageHead} title=${t('organization.statistics')} lead=${t('organization.statistics_lead')}>
      <${Select} name="days" label=${t('organization.span')} value=${String(days)} onInput=${(next) => setQuery({ days: next })} options=${[30, 90, 365].map((each) => [String(each), t('organization.days', { count: each })])} /><//>
    <${People} days=${days} />${can('projects:read') && html`<${Projects} />`}`;
}
