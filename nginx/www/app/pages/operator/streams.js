// Streams of the whole system.
import { html } from '../../dom.js';
import List from '../developer/streams.js';

const kOfSystem = { path: '/api/v1/admin/streams', page: '/app/operator/streams', lead: 'streams.system_lead', title: 'streams.system_title' };

export default function SystemStreams() {
  return html`<${List} of=${kOfSystem} />`;
}
