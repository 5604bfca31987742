// OAuth clients of the service's own, and those that registered themselves.
import { html } from '../../dom.js';
import List from '../developer/clients.js';

const kOwn = { path: '/api/v1/admin/oauth/clients', page: '/app/operator/oauth-clients', lead: 'oauth.own_clients_lead', title: 'oauth.own_clients' };

export default function OwnClients() {
  return html`<${List} of=${kOwn} />`;
}
