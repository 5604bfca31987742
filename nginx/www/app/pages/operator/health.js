// How the service's parts are, and what to do about one that is not well. `readHealth()` also understands the refusal by
// which the service says that a part has failed.
import { html } from '../../dom.js';
import { call } from '../../api.js';
import { ago, bytes, duration, hasText, number, t } from '../../i18n.js';
import { Link } from '../../router.js';
import { Badge } from '../../components/index.js';

const kParts = ['database', 'outbox', 'webhooks', 'storage', 'disk', 'sweeper', 'courier', 'keys', 'hosts', 'redis'];
const kTones = { ok: 'good', degraded: 'warn', failed: 'bad', unknown: '' };
const kWorse = ['unknown', 'ok', 'degraded', 'failed'];

// The text operator.PREFIX_NAME, or the service's own word.
export const said = (prefix, name) => (hasText(`operator.${prefix}_${name}`) ? t(`operator.${prefix}_${name}`) : String(name));

// {status, parts: [{name, state, facts}], facts}. A part that has failed comes with its name alone.
export async function readHealth() {
  try {
    const { data } = await call('GET', '/health/detailed');
    return { status: data.status, data, parts: kParts.filter((name) => data[name]).map((name) => ({ name, state: data[name].state, facts: data[name] })) };
  } catch (problem) {
    const named = (problem.errors || []).map(({ pointer, detail }) => [String(pointer).slice(1), String(detail)]).filter(([name]) => kParts.includes(name));
    if (problem.status !== 503 || !named.length) throw problem;
    const states = Object.fromEntries(named);
    return { status: 'failed', data: null, parts: kParts.filter((name) => name !== 'redis' || states.redis).map((name) => ({ name, state: states[name] || 'ok', facts: null })) };
  }
}

// The worst first: those want something done.
export const byNeed = (parts) => [...parts].sort((a, b) => kWorse.indexOf(b.state) - kWorse.indexOf(a.state));

const kFacts = {
  database: ({ latency_us: us, connections, max_connections: most, version }) =>
    t('operator.fact_database', { ms: Math.max(1, Math.round(us / 1000)), connections, most, version }),
  outbox: ({ pending, dead }) => t('operator.fact_queue', { pending, dead }),
  webhooks: ({ pending, dead }) => t('operator.fact_queue', { pending, dead }),
  storage: ({ folders }) => folders.map(({ use, usable }) => `${said('folder', use)}: ${t(usable ? 'operator.usable' : 'operator.unusable')}`).join(', '),
  disk: ({ folders }) => folders.map(({ use, free_bytes: free, free_percent: share }) => (free === null ? `${said('folder', use)}: –`
    : `${said('folder', use)}: ${t('operator.fact_free', { free: bytes(free), share })}`)).join(', '),
  sweeper: ({ last_run_at: at }) => (at === null ? t('operator.fact_never') : t('operator.fact_ran', { ago: ago(at) })),
  courier: ({ reachable }) => t(reachable ? 'operator.fact_hears' : 'operator.fact_deaf'),
  keys: ({ age_seconds: age, verifying }) => t('operator.fact_keys', { age: age === null ? '–' : duration(Math.max(60, age - (age % 60))), verifying }),
  hosts: ({ items }) => items.map(({ name, version, alive }) => `${name} ${version} (${t(alive ? 'operator.alive' : 'operator.silent')})`).join(', '),
  redis: ({ latency_us: us }) => (us === null ? '–' : t('operator.fact_redis', { us: number(us) })),
};

export function Parts({ parts }) {
  return html`<ul class="parts">${byNeed(parts).map(({ name, state, facts }) => html`<li key=${name}>
    <div class="part-head"><strong>${t(`operator.part_${name}`)}</strong><${Badge} tone=${kTones[state]}>${said('state', state)}<//></div>
    ${facts && html`<p class="soft">${kFacts[name](facts)}</p>`}
    ${state !== 'ok' && html`<p>${t(`operator.do_${name}`)}${['outbox', 'webhooks'].includes(name) ? html` <${Link} href="/app/operator/mail">${t('operator.see_mail')}<//>` : ''}</p>`}</li>`)}</ul>`;
}
