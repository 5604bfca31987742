// Makes a stream of the whole system.
import { html } from '../../dom.js';
import New from '../developer/new_stream.js';

const kOfSystem = { path: '/api/v1/admin/streams', page: '/app/operator/streams', lead: 'streams.new_system_lead' };

export default function NewSystemStream() {
  return html`<${New} of=${kOfSystem} />`;
}
