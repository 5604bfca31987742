// What waits for whoever looks: purchases to decide and to receive, own drafts and what others have to decide, low stock.
import { html, useLoad } from '../../dom.js';
import { call } from '../../api.js';
import { number, t } from '../../i18n.js';
import { Link, to } from '../../router.js';
import { can, useSession } from '../../session.js';
import { Badge, Button, Card, EmptyState, ErrorBox, Loading, PageHead, When } from '../../components/index.js';
import { all, Amount, Person, price, selfApproval, State, usePeople } from './parts.js';

const kShown = 10;
const requests = (query) => all('/api/v1/purchase-requests', query);

// What there is to show, each only for who can do something about it.
async function load(me) {
  const reads = can('purchase_requests:read');
  const [submitted, drafts, approved, arriving, low, selfDecided] = await Promise.all([
    reads ? requests({ status: 'submitted' }) : [],
    reads && can('purchase_requests:create') ? requests({ status: 'draft', requested_by: 'me' }) : [],
    reads && can('stock:create') ? requests({ status: 'approved' }) : [],
    reads && can('stock:create') ? requests({ status: 'partially_received' }) : [],
    can('stock:read') ? call('GET', '/api/v1/stock-movements/low-stock', { query: { limit: kShown, include_total: true } }).then(({ data }) => data) : { items: [] },
    can('purchase_requests:approve') && selfApproval(),
  ]);
  const own = submitted.filter((each) => each.requested_by === me.user.id);
  const decides = can('purchase_requests:approve');
  return {
    decide: decides ? submitted.filter((each) => selfDecided || each.requested_by !== me.user.id) : [],
    waiting: decides && selfDecided ? [] : own, drafts, receive: [...arriving, ...approved], low,
  };
}

function Requests({ title, lead, items, names, more, state }) {
  if (!items.length) return null;
  return html`<${Card} title=${html`${title} <${Badge} tone="info">${number(items.length)}<//>`} lead=${lead} actions=${items.length > kShown && html`<${Button} small href=${more}>${t('work.see_all')}<//>`}>
    <ul class="entries">${items.slice(0, kShown).map((each) => html`<li key=${each.id}><div><${Link} href=${to`/app/purchase-requests/${each.id}`}><strong dir="auto">${each.title}</strong><//>
      <span class="soft">${t('work.number', { number: String(each.number) })} · <${Person} id=${each.requested_by} names=${names} /> · <${When} at=${each.submitted_at || each.updated_at} /></span></div>
      <span class="entry-end">${state && html`<${State} of="purchase_status" name=${each.status} />`}<strong>${price(each.total_minor, each.currency)}</strong></span></li>`)}</ul><//>`;
}

export default function Inbox() {
  const me = useSession();
  const names = usePeople();
  const { data, problem, loading, again } = useLoad(() => load(me));
  const nothing = data && ![data.decide, data.waiting, data.drafts, data.receive, data.low.items].some((each) => each.length);
  const list = (status) => `/app/purchase-requests?status=${status}`;
  return html`<${PageHead} title=${t('work.inbox')} lead=${t('work.inbox_lead')}><${Button} icon="refresh" busy=${loading} onClick=${again}>${t('work.refresh')}<//><//>
    <${ErrorBox} problem=${problem} retry=${again} />
    ${!data && loading && html`<${Loading} />`}
    ${nothing && html`<${Card}><${EmptyState} icon="check" title=${t('work.inbox_empty')}
      action=${can('purchase_requests:create') && html`<${Button} icon="plus" href="/app/purchase-requests/new">${t('work.request_new')}<//>`}>${t('work.inbox_empty_text')}<//><//>`}
    ${data && html`<${Requests} title=${t('work.to_decide')} lead=${t('work.to_decide_lead')} items=${data.decide} names=${names} more=${list('submitted')} />
      <${Requests} title=${t('work.to_receive')} lead=${t('work.to_receive_lead')} items=${data.receive} names=${names} more=${list('approved')} state />
      ${data.low.items.length > 0 && html`<${Card} title=${html`${t('work.low_stock')} <${Badge} tone="warn">${number(data.low.total ?? data.low.items.length)}${data.low.total_is_exact === false ? '+' : ''}<//>`} lead=${t('work.low_stock_lead')}
        actions=${can('products:read') && html`<${Button} small href="/app/products?low=true">${t('work.see_all')}<//>`}>
        <ul class="entries">${data.low.items.map((each) => html`<li key=${each.id}><div>${can('products:read') ? html`<${Link} href=${to`/app/products/${each.id}`}><strong dir="auto">${each.name}</strong><//>` : html`<strong dir="auto">${each.name}</strong>`}
          <span class="soft"><code>${each.sku}</code></span></div><span class="entry-end"><span>${t('work.left_of', { level: each.reorder_level })} <strong><${Amount} quantity=${each.quantity} unit=${each.unit} /></strong></span>
          ${can('purchase_requests:create') && html`<${Button} small href=${`/app/purchase-requests/new?product=${each.id}`}>${t('work.reorder')}<//>`}</span></li>`)}</ul><//>`}
      <${Requests} title=${t('work.waiting')} lead=${t('work.waiting_lead')} items=${data.waiting} names=${names} more=${`${list('submitted')}&requested_by=me`} />
      <${Requests} title=${t('work.drafts')} lead=${t('work.drafts_lead')} items=${data.drafts} names=${names} more=${`${list('draft')}&requested_by=me`} />`}`;
}
