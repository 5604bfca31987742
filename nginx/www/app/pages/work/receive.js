// What of a purchase request has arrived: all of it, or a part of each line.
import { html } from '../../dom.js';
import { number, t } from '../../i18n.js';
import { can } from '../../session.js';
import { Button, Dialog, Field, Form, useForm } from '../../components/index.js';
import { wholeOf } from './parts.js';
import { WarehousePicker } from './picker.js';

// Lines that name the same product count together, as the service takes them.
function missing(request) {
  const products = new Map();
  for (const line of request.lines) {
    const known = products.get(line.product_id) || { ...line, open: 0 };
    known.open += line.quantity - line.received_quantity;
    products.set(line.product_id, known);
  }
  return [...products.values()].filter(({ open }) => open > 0);
}

export function Receive({ request, act, onClose }) {
  const open = missing(request);
  const form = useForm({
    initial: { warehouse_id: null, ...Object.fromEntries(open.map((line) => [line.product_id, String(line.open)])) },
    check: (values) => {
      const wrong = {};
      if (!request.warehouse_id && !values.warehouse_id) wrong.warehouse_id = t('work.warehouse_missing');
      for (const line of open) {
        const quantity = wholeOf(values[line.product_id]);
        if (Number.isNaN(quantity)) wrong[line.product_id] = t('work.quantity_wrong');
        else if (quantity > line.open) wrong[line.product_id] = t('work.too_many', { count: line.open });
      }
      if (!Object.keys(wrong).length && open.every((line) => !wholeOf(values[line.product_id]))) wrong[open[0].product_id] = t('work.nothing_arrived');
      return wrong;
    },
    submit: async (values) => {
      await act('receive', {
        ...(!request.warehouse_id && { warehouse_id: values.warehouse_id.id }),
        lines: open.map((line) => ({ product_id: line.product_id, quantity: wholeOf(values[line.product_id]) || 0 })).filter(({ quantity }) => quantity > 0),
      });
      onClose();
    },
  });
  return html`<${Dialog} title=${t('work.receive_title')} onClose=${onClose}><p>${t('work.receive_lead')}</p>
    <${Form} form=${form} label=${t('work.receive_act')} extra=${html`<${Button} onClick=${onClose}>${t('core.cancel')}<//>`}>
      ${!request.warehouse_id && can('warehouses:read') && html`<${WarehousePicker} label=${t('work.receive_at')} value=${form.values.warehouse_id} error=${form.errors.warehouse_id} onInput=${(value) => form.set('warehouse_id', value)} />`}
      ${open.map((line) => html`<${Field} key=${line.product_id} name=${line.product_id} inputmode="numeric" autocomplete="off" label=${html`<bdi>${line.name}</bdi>`} hint=${t('work.still_open', { open: number(line.open), unit: line.unit })} />`)}<//><//>`;
}
