// One purchase request: its lines, what can be done next, and who did what.
import { html, useLoad, useState } from '../../dom.js';
import { call } from '../../api.js';
import { date, dateTime, number, t } from '../../i18n.js';
import { navigate, to } from '../../router.js';
import { can, useSession } from '../../session.js';
import { Banner, Button, Card, Confirm, Dialog, ErrorBox, Facts, Form, Loading, PageHead, TextArea, toast, useForm } from '../../components/index.js';
import { Amount, Newer, Person, price, selfApproval, State, usePeople, useWarehouses } from './parts.js';
import { Receive } from './receive.js';

// What `who` can do with it next, as the service would allow.
function steps(request, who, selfDecided) {
  const own = request.requested_by === who.user.id || request.history.some((step) => step.status === 'submitted' && step.user_id === who.user.id);
  const made = request.requested_by === who.user.id;
  const { status } = request;
  const decides = status === 'submitted' && can('purchase_requests:approve');
  return {
    edit: status === 'draft' && can('purchase_requests:update'),
    submit: status === 'draft' && can('purchase_requests:submit'),
    remove: status === 'draft' && made && can('purchase_requests:create'),
    withdraw: status === 'submitted' && made && can('purchase_requests:submit'),
    decide: decides && (!own || selfDecided),
    own: decides && own && !selfDecided,
    receive: ['approved', 'partially_received'].includes(status) && can('stock:create'),
  };
}

// Approve with a remark, reject for a reason.
function Decide({ approve, act, again, onClose }) {
  const form = useForm({
    initial: { reason: '' },
    check: ({ reason }) => (approve || reason.trim() ? {} : { reason: t('work.reason_missing') }),
    submit: async ({ reason }, key) => {
      await act(approve ? 'approve' : 'reject', reason.trim() ? { reason: reason.trim() } : {}, key);
      onClose();
    },
  });
  return html`<${Dialog} title=${t(approve ? 'work.approve_title' : 'work.reject_title')} onClose=${onClose}><p>${t(approve ? 'work.approve_lead' : 'work.reject_lead')}</p>
    <${Form} form=${form} label=${t(approve ? 'work.approve' : 'work.reject')} kind=${approve ? 'primary' : 'danger'} extra=${html`<${Button} onClick=${onClose}>${t('core.cancel')}<//>`}><${Newer} problem=${form.problem} again=${again} />
      <${TextArea} name="reason" label=${t(approve ? 'work.remark' : 'work.reason')} optional=${approve} rows="3" maxlength="2000" /><//><//>`;
}

function Lines({ request }) {
  const came = ['approved', 'partially_received', 'received'].includes(request.status);
  return html`<${Card} title=${t('work.lines')}><div class="table-box"><table aria-label=${t('work.lines')}><thead><tr><th scope="col">${t('work.product_one')}</th><th scope="col">${t('work.sku')}</th><th scope="col" class="end">${t('work.quantity')}</th>
      ${came && html`<th scope="col" class="end">${t('work.received')}</th>`}<th scope="col" class="end">${t('work.unit_price')}</th><th scope="col" class="end">${t('work.sum')}</th></tr></thead>
    <tbody>${request.lines.map((line, at) => html`<tr key=${at}><td class="main" dir="auto">${line.name}</td><td data-label=${t('work.sku')}><code>${line.sku}</code></td>
      <td class="end" data-label=${t('work.quantity')}><${Amount} quantity=${line.quantity} unit=${line.unit} /></td>
      ${came && html`<td class="end" data-label=${t('work.received')}>${number(line.received_quantity)}</td>`}
      <td class="end" data-label=${t('work.unit_price')}>${price(line.unit_price_minor, request.currency)}</td><td class="end" data-label=${t('work.sum')}>${price(line.total_minor, request.currency)}</td></tr>`)}</tbody></table></div>
    <p class="sum">${t('work.total')}: <strong>${price(request.total_minor, request.currency)}</strong></p>
    ${request.unpriced_lines > 0 && html`<p class="soft">${t('work.unpriced', { count: request.unpriced_lines })}</p>`}<//>`;
}

const History = ({ request, names }) => html`<${Card} title=${t('work.history')}><ol class="history">${request.history.map((step, at) => html`<li key=${at}>
  <p><${State} of="purchase_status" name=${step.status} /> <${Person} id=${step.user_id} names=${names} />${step.acted_by && html` <span class="soft">(${t('work.acted_by')} <${Person} id=${step.acted_by} names=${names} />)</span>`}
    <span class="soft"> · </span><time class="soft" datetime=${new Date(1000 * step.created_at).toISOString()}>${dateTime(step.created_at)}</time></p>
  ${step.reason && html`<blockquote dir="auto">${step.reason}</blockquote>`}</li>`)}</ol><//>`;

const kSaid = { submit: 'work.submitted', withdraw: 'work.withdrawn', approve: 'work.approved', reject: 'work.rejected', receive: 'work.received_all' };

export default function Request({ params }) {
  const me = useSession();
  const names = usePeople();
  const warehouses = useWarehouses();
  const { data: selfDecided } = useLoad(selfApproval);
  const loaded = useLoad(() => call('GET', to`/api/v1/purchase-requests/${params.id}`).then(({ data, etag }) => ({ ...data, etag })), [params.id]);
  const [newer, set] = useState(null);
  const [asked, ask] = useState(null);
  const [problem, fail] = useState(null);
  const [busy, work] = useState('');
  const request = newer || loaded.data;
  // What is decided is what was read: who changed it meanwhile is before.
  const act = async (step, body, key = true) => {
    const { data, etag } = await call('POST', `${to`/api/v1/purchase-requests/${params.id}`}/${step}`,
                                      { body, idempotent: key, etag: request.etag });
    set({ ...data, etag });
    fail(null);
    toast(t(step === 'receive' && data.status !== 'received' ? 'work.received_part' : kSaid[step]));
  };
  // What needs no further question.
  const press = (step) => async () => {
    work(step);
    await act(step).catch(fail);
    work('');
  };
  const again = () => {
    set(null);
    fail(null);
    loaded.again();
  };
  const remove = async () => {
    await call('DELETE', to`/api/v1/purchase-requests/${params.id}`, { etag: request.etag });
    toast(t('work.draft_removed'));
    navigate('/app/purchase-requests', { replace: true });
  };
  if (!request) return html`<${PageHead} title=${t('work.request')} />${loaded.loading ? html`<${Loading} />` : html`<${ErrorBox} problem=${loaded.problem} retry=${loaded.again} />`}`;
  const may = steps(request, me, selfDecided);
  const place = warehouses.find((each) => each.id === request.warehouse_id);
  return html`<${PageHead} title=${html`<bdi>${request.title}</bdi>`} lead=${html`${t('work.number', { number: String(request.number) })} <${State} of="purchase_status" name=${request.status} />`}>
      ${may.submit && html`<${Button} kind="primary" busy=${busy === 'submit'} onClick=${press('submit')}>${t('work.submit')}<//>`}
      ${may.edit && html`<${Button} href=${to`/app/purchase-requests/${request.id}/edit`}>${t('work.edit')}<//>`}
      ${may.decide && html`<${Button} kind="primary" icon="check" onClick=${() => ask('approve')}>${t('work.approve')}<//><${Button} kind="danger" onClick=${() => ask('reject')}>${t('work.reject')}<//>`}
      ${may.receive && html`<${Button} kind="primary" icon="box" onClick=${() => ask('receive')}>${t('work.receive')}<//>`}
      ${may.withdraw && html`<${Button} busy=${busy === 'withdraw'} onClick=${press('withdraw')}>${t('work.withdraw')}<//>`}
      ${may.remove && html`<${Button} kind="danger" icon="trash" onClick=${() => ask('remove')}>${t('work.remove_draft')}<//>`}<//>
    <${ErrorBox} problem=${problem} retry=${problem && problem.code === 'invalid_transition' ? again : null} />
    ${may.own && html`<${Banner}>${t('work.own_request')}<//>`}
    ${request.status === 'draft' && html`<${Banner}>${t('work.draft_note')}<//>`}
    <${Card}><${Facts} items=${[[t('work.requested_by'), html`<${Person} id=${request.requested_by} names=${names} />`], [t('work.made'), date(request.created_at)],
      [t('work.receive_at'), request.warehouse_id ? html`<span dir="auto">${place ? place.name : request.warehouse_id}</span>` : t('work.asked_on_receipt')],
      request.note && [t('work.note'), html`<span dir="auto" class="lines">${request.note}</span>`]]} /><//>
    <${Lines} request=${request} /><${History} request=${request} names=${names} />
    ${['approve', 'reject'].includes(asked) && html`<${Decide} approve=${asked === 'approve'} act=${act} again=${() => { ask(null); again(); }} onClose=${() => ask(null)} />`}
    ${asked === 'receive' && html`<${Receive} request=${request} act=${act} onClose=${() => ask(null)} />`}
    ${asked === 'remove' && html`<${Confirm} title=${t('work.remove_draft_title')} action=${t('work.remove_draft')} onConfirm=${remove} onClose=${() => ask(null)}><p>${t('work.remove_draft_lead')}</p><//>`}`;
}
